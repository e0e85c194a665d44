"""What a rule of the coach returns, and changes that several rules suggest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.params import Value

WIDTHS = ("units", "filters", "width")
TIMES = 4


@dataclass(frozen=True)
class Finding:
    """What a rule found.

    `evidence` is a sentence with numbers, `action` the label of the button. `changes` are settings of the new run,
    those of the model family as "model.NAME"; `excluded` are positions of training images to leave out. `rule`, `title`
    and `why` are filled in by `coach.findings`.
    """

    evidence: str
    action: str
    changes: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    excluded: np.ndarray | None = None
    rule: str = ""
    title: str = ""
    why: str = ""


def larger(evidence: Evidence) -> dict[str, Value]:
    """Changes that give the network more capacity; more epochs if its family has no such setting."""
    changes: dict[str, Value] = {}
    for name in WIDTHS:
        width = evidence.setting(name)
        if isinstance(width, int):
            changes[f"model.{name}"] = evidence.limited(name, TIMES * width)
            break
    dropout = evidence.setting("dropout")
    if isinstance(dropout, float | int) and dropout > 0.2:
        changes["model.dropout"] = 0.2
    return changes or {"epochs": 2 * evidence.config.epochs}
