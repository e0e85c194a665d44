"""A run's predictions for validation images, `validation.npz`. Choices are based on them, never on the test set.

    probabilities   float32 (n, classes)
    labels          int32 (n,), or (n, classes) of 0 and 1 if images can have several labels
    rows            int32 (n,), the images' positions in the training part of the dataset

The trainer writes the file at its end; `imgcls.evaluation.predictions.validation_set` makes it for older runs.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.errors import DamagedFile, RunError
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, NUMBERS, Array, read_npz

NAME = "validation.npz"
MOST = 2000
"""So many images, evenly spaced over the validation part, are enough to fit a temperature."""
DAMAGED = "The validation predictions of this run are damaged. Create them again."


@dataclass(frozen=True, eq=False)
class ValidationPredictions:
    """Predictions for validation images, as in the file."""

    probabilities: np.ndarray
    labels: np.ndarray
    rows: np.ndarray


def positions(count: int, most: int = MOST) -> np.ndarray:
    """At most `most` evenly spaced positions out of `count`, int64 ascending."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.int64)


def write(run: Run, probabilities: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> None:
    """Replaces the file."""
    with atomic.replacing(run.folder / NAME) as aside:
        np.savez_compressed(
            aside,
            probabilities=np.asarray(probabilities, np.float32),
            labels=np.asarray(labels, np.int32),
            rows=np.asarray(rows, np.int32),
        )


def read(run: Run) -> ValidationPredictions | None:
    """The predictions, or None if there are none.

    Raises:
        RunError: they are damaged, or do not match the run's classes.
    """
    classes, is_multilabel = len(run.card.classes), run.card.is_multilabel
    spec = {
        "probabilities": Array(NUMBERS, ("n", classes)),
        "labels": Array("biu", ("n", classes) if is_multilabel else ("n",), np.int64),
        "rows": Array(INTEGERS, ("n",), np.int64),
    }
    try:
        stored = read_npz(run.folder / NAME, spec)
    except FileNotFoundError:
        return None
    except DamagedFile as error:
        raise RunError(DAMAGED) from error
    labels = stored["labels"]
    if not len(labels) or labels.min() < 0 or labels.max() > (1 if is_multilabel else classes - 1):
        raise RunError(DAMAGED)
    return ValidationPredictions(stored["probabilities"], labels, stored["rows"])
