"""`assignment.json`: the assignment of a class that a run is an attempt at, and which settings are fixed. Written once.

    {"version": 1, "assignment": "KTMPAB", "fixed": ["data", "epochs"]}

Such a run is not evaluated on the test set: the best one of each person is, when the teacher closes the assignment.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgcls.errors import RunError
from imgcls.params import LABELS
from imgcls.system import json_files

NAME = "assignment.json"
VERSION = 1
NOT_TESTED = (
    "This run is an attempt at an assignment, so it was not evaluated on the test set: the best attempt of each person "
    "is, when the teacher closes the assignment."
)


@dataclass(frozen=True)
class AssignmentRecord:
    """The content of the file: the code of the assignment, and the names of the settings that it fixes."""

    code: str
    fixed: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"version": VERSION, "assignment": self.code, "fixed": list(self.fixed)}


def read(folder: Path) -> AssignmentRecord | None:
    """The record in the folder of a run; None if the run belongs to no assignment, or the file is damaged."""
    with contextlib.suppress(OSError, ValueError):
        found = json_files.read_object(folder / NAME)
        code, fixed = found.get("assignment"), found.get("fixed")
        if isinstance(code, str) and isinstance(fixed, list):
            return AssignmentRecord(code, tuple(name for name in fixed if isinstance(name, str)))
    return None


def exists(folder: Path) -> bool:
    """Whether a run is an attempt. A damaged record counts: a test set that was spared must not be used by accident."""
    return (folder / NAME).exists()


def check_change(folder: Path, names: Iterable[str]) -> None:
    """Stop here if one of these settings may not be changed during training.

    Raises:
        RunError: the assignment fixes it.
    """
    record = read(folder)
    for name in names:
        if record is not None and name in record.fixed:
            label = LABELS.get(name) or name.replace("_", " ").capitalize()
            raise RunError(f"{label} is fixed by the assignment, so it cannot be changed during training.")
