"""A fix of the coach as a new run: its settings, the record that it is one, its undo, and whether it helped.

coach.json    {"version": 1, "of": run ID, "rule": NAME, "action": text, "excluded": [rows]}    in the new run's folder
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgcls import runs
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.evaluation.coach.finding import Finding
from imgcls.evaluation.metrics import significance
from imgcls.evaluation.metrics.significance import Comparison
from imgcls.runs import Run
from imgcls.runs.predictions import validation_predictions
from imgcls.system import atomic, json_files

NAME = "coach.json"
VERSION = 1
TEXT_LENGTH = 200
PREFIX = "model."


@dataclass(frozen=True)
class Attempt:
    """The content of the file: which run was to be improved, by which rule, and which images were excluded for it."""

    of: str
    rule: str
    action: str
    excluded: tuple[int, ...] = ()


def changed(config: Config, finding: Finding) -> Config:
    """The settings of the new run.

    Raises:
        SettingError: the changes are not valid together with the other settings.
    """
    own = {name.removeprefix(PREFIX): value for name, value in finding.changes.items() if name.startswith(PREFIX)}
    others: dict[str, Any] = {name: value for name, value in finding.changes.items() if not name.startswith(PREFIX)}
    return config.changed(**others, model_settings={**config.model_settings, **own})


def record(run: Run, original: Run, finding: Finding) -> None:
    """Notes in the new run what it is for."""
    rows: Sequence[int] = () if finding.excluded is None else finding.excluded.tolist()
    content = {"version": VERSION, "of": original.id, "rule": finding.rule, "action": finding.action}
    atomic.write_json(run.folder / NAME, {**content, "excluded": list(rows)})


def read(run: Run) -> Attempt | None:
    """What the run was to improve; None if it was not started by the coach, or the file is damaged."""
    with contextlib.suppress(OSError, ValueError):
        found = json_files.read_object(run.folder / NAME)
        texts = [text for name in ("of", "rule", "action") if isinstance(text := found.get(name), str)]
        rows = found.get("excluded")
        if (
            found.get("version") == VERSION
            and len(texts) == 3
            and max(map(len, texts)) <= TEXT_LENGTH
            and isinstance(rows, list)
            and all(json_files.is_integer(row, 0) for row in rows)
            and runs.exists(texts[0])
        ):
            return Attempt(texts[0], texts[1], texts[2], tuple(rows))
    return None


def verdict(run: Run, original: Run) -> Comparison | None:
    """The new run against the original, image by image, on the validation images of both; None if they share none.

    The test set is left alone, because trying one fix after another is a choice.
    """
    try:
        before, after = validation_predictions.read(original), validation_predictions.read(run)
    except UserError:
        return None
    if before is None or after is None or before.labels.ndim != 1 or after.labels.ndim != 1:
        return None
    _, first, second = np.intersect1d(before.rows, after.rows, return_indices=True)
    if not len(first) or (before.labels[first] != after.labels[second]).any():
        return None
    is_right = [
        found.probabilities[at].argmax(1) == found.labels[at] for found, at in ((before, first), (after, second))
    ]
    return significance.compare(*is_right)
