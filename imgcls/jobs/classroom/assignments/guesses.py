"""What people predicted before their first attempt, what came out, and how well calibrated the class was."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments import attempts, closing
from imgcls.jobs.classroom.assignments.assignment import Assignment
from imgcls.jobs.classroom.assignments.attempts import Guess
from imgcls.runs import Run
from imgcls.runs.predictions import validation_predictions
from imgcls.system import file_times

CLOSE = 0.02
"""A prediction of the accuracy within so much counts as close."""


@dataclass(frozen=True)
class Outcome:
    """One person's prediction and result, accuracies from 0 to 1; `confused` is None if nothing was confused, or it is
    not known."""

    name: str
    run: str
    guess: Guess
    accuracy: float
    confused: tuple[str, str] | None

    @property
    def is_pair_right(self) -> bool:
        """Whether the two classes are those that the model confuses most."""
        return self.confused is not None and set(self.confused) == set(self.guess.confused)


@dataclass(frozen=True)
class Calibration:
    """How well a class predicts: the mean of prediction minus result and of its size, 0 to 1, and how many were close
    and had the right pair."""

    people: int
    bias: float
    error: float
    close: int
    right_pairs: int


def outcomes(assignment: Assignment) -> list[Outcome]:
    """The predictions whose run has ended, in the order of their start."""
    ended = {
        one.run.id: one
        for one in closing.works(assignment)
        if one.state in ("finished", "stopped") and one.val_accuracy is not None
    }
    return [
        Outcome(one.owner_name, attempt.run, attempt.guess, one.val_accuracy or 0.0, most_confused(one.run))
        for attempt in attempts.of(assignment)
        if attempt.guess is not None and (one := ended.get(attempt.run)) is not None
    ]


def calibration(found: Sequence[Outcome]) -> Calibration | None:
    """The class as a whole; None without outcomes."""
    if not found:
        return None
    differences = [outcome.guess.accuracy - outcome.accuracy for outcome in found]
    return Calibration(
        len(found),
        fmean(differences),
        fmean(map(abs, differences)),
        sum(abs(difference) <= CLOSE for difference in differences),
        sum(outcome.is_pair_right for outcome in found),
    )


_pairs: dict[str, tuple[float, tuple[str, str] | None]] = {}


def most_confused(run: Run) -> tuple[str, str] | None:
    """The two classes that the model confuses most often on its validation images, in either direction."""
    stamp = file_times.modified(run.folder / validation_predictions.NAME) or 0.0
    known = _pairs.get(str(run.folder))
    if known is None or known[0] != stamp:
        _pairs[str(run.folder)] = known = stamp, _most_confused(run)
    return known[1]


def _most_confused(run: Run) -> tuple[str, str] | None:
    try:
        found = validation_predictions.read(run)
        classes = run.card.classes
    except UserError:
        return None
    if found is None or found.labels.ndim != 1:
        return None
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (found.labels, found.probabilities.argmax(1)), 1)
    both = np.triu(counts + counts.T, 1)
    if not both.any():
        return None
    first, second = np.unravel_index(both.argmax(), both.shape)
    return classes[first], classes[second]
