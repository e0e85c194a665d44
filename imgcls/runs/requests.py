"""Requests to a training run: `request.json`, written by pages and read by the trainer after every batch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from imgcls import sharing
from imgcls.config import PARAMS
from imgcls.runs import assignments
from imgcls.sharing import Action
from imgcls.system import atomic

NAME = "request.json"
LEARNING_RATES = next(param.bounds for param in PARAMS if param.name == "learning_rate")


@dataclass(frozen=True)
class RunRequest:
    """`learning_rate` and `early_stopping` are None if the settings of the run still apply.

    `rate_number` counts the requests for a learning rate, because the same one may be requested again after a schedule
    has reduced it.
    """

    stop: bool = False
    pause: bool = False
    learning_rate: float | None = None
    rate_number: int = 0
    early_stopping: bool | None = None

    @classmethod
    def of(cls, values: Any) -> "RunRequest":
        """The valid part of a file's content; the rest is ignored."""
        if not isinstance(values, dict):
            return cls()
        rate, early, number = (values.get(name) for name in ("learning_rate", "early_stopping", "rate_number"))
        return cls(
            stop=values.get("stop") is True,
            pause=values.get("pause") is True,
            learning_rate=_learning_rate(rate),
            rate_number=number if isinstance(number, int) and not isinstance(number, bool) else 0,
            early_stopping=early if isinstance(early, bool) else None,
        )

    @property
    def halts(self) -> bool:
        """Whether training should halt, temporarily or for good."""
        return self.stop or self.pause

    def changed(self, **values: Any) -> "RunRequest":
        return replace(self, **values)

    def write(self, folder: Path) -> None:
        """Writes the request to a run's folder."""
        atomic.write_json(folder / NAME, asdict(self))


def action(changes: Mapping[str, Any]) -> Action:
    """What a person does who changes a request in this way."""
    if changes.get("stop"):
        return Action.STOP_RUN
    if changes.get("pause"):
        return Action.PAUSE_RUN
    return Action.RESUME_RUN if changes.keys() <= {"stop", "pause"} else Action.TUNE_RUN


def require(changes: Mapping[str, Any], folder: Path) -> None:
    """Stop here if the present visitor may not request this of a run.

    Raises:
        NotAllowed: it is not theirs.
        RunError: the assignment of the run fixes the setting.
    """
    sharing.require(action(changes), folder)
    assignments.check_change(folder, changes)


def stamp(folder: Path) -> tuple[int, ...]:
    """A value that changes with every new request, whatever the clock says: each request is a new file."""
    try:
        facts = (folder / NAME).stat()
    except OSError:
        return ()
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


def _learning_rate(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # also False for NaN
    return float(value) if LEARNING_RATES.low <= value <= LEARNING_RATES.high else None
