"""`trial.json`: which study a run belongs to, as which trial, and which settings were varied. Written with the run.

    {"version": 1, "study": "study-20260102-030405-ab12", "number": 3, "params": {"learning_rate": 0.001}}

A trial is an ordinary run with one difference: it is not evaluated on the test set. Only the winner of a study is,
once, when nothing is left to choose.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imgcls.params import Value
from imgcls.runs import assignments
from imgcls.runs.run import Run
from imgcls.system import json_files

NAME = "trial.json"
VERSION = 1
MOST = 10_000
"""More trials than any study has."""
NOT_TESTED = (
    "This run is a trial of a study, so it was not evaluated on the test set: only the trial with the best validation "
    "score is, when the study ends. Train it again as a run of its own to see its test results."
)


@dataclass(frozen=True)
class TrialRecord:
    """The content of the file."""

    study: str
    number: int
    params: Mapping[str, Value]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"version": VERSION, "study": self.study, "number": self.number, "params": dict(self.params)}


def read(run: Run) -> TrialRecord | None:
    """The record of a trial; None for a run that belongs to no study, or whose file is damaged."""
    with contextlib.suppress(OSError, ValueError):
        found = json_files.read_object(run.folder / NAME)
        study, number, params = found.get("study"), found.get("number"), found.get("params")
        if isinstance(study, str) and json_files.is_integer(number, 0, MOST) and isinstance(params, dict):
            sound = {name: value for name, value in params.items() if isinstance(value, int | float | bool | str)}
            return TrialRecord(study, number, sound)
    return None


def exists(run: Run) -> bool:
    """Whether a run is a trial. A damaged record counts: a test set that was spared must not be used by accident."""
    return (run.folder / NAME).exists()


def is_spared(run: Run) -> bool:
    """Whether the trainer does not evaluate a run on the test set: trials, and attempts at an assignment."""
    return exists(run) or assignments.exists(run.folder)


def why_spared(run: Run) -> str:
    """Why a run has no test results; "" if it is not spared."""
    return NOT_TESTED if exists(run) else assignments.NOT_TESTED if assignments.exists(run.folder) else ""
