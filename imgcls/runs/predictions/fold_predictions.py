"""Out-of-fold predictions of a run with cross-validation, `folds.npz`: each by a model that never saw the image.

probabilities   float32 (n, classes)
labels          int32 (n,), or (n, classes) of 0 and 1 if images can have several labels
rows            int32 (n,), the images' positions in the training part of the dataset, ascending
folds           int32 (n,), the fold of each image, from 0
fingerprint     of the dataset
"""

from dataclasses import dataclass

import numpy as np

from imgcls.errors import DamagedFile, RunError
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, NUMBERS, TEXT, Array, read_npz

NAME = "folds.npz"


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """The content of the file, as above."""

    probabilities: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    folds: np.ndarray
    fingerprint: str


def write(run: Run, found: OutOfFold) -> None:
    """Replaces the file."""
    with atomic.replacing(run.folder / NAME) as aside:
        np.savez_compressed(
            aside,
            probabilities=np.asarray(found.probabilities, np.float32),
            labels=np.asarray(found.labels, np.int32),
            rows=np.asarray(found.rows, np.int32),
            folds=np.asarray(found.folds, np.int32),
            fingerprint=np.array(found.fingerprint),
        )


def read(run: Run) -> OutOfFold | None:
    """The predictions, or None if the run was trained without cross-validation.

    Raises:
        RunError: they are damaged, or do not match the run's classes.
    """
    classes, is_multilabel = len(run.card.classes), run.card.is_multilabel
    spec = {
        "probabilities": Array(NUMBERS, ("n", classes), np.float32),
        "labels": Array("biu", ("n", classes) if is_multilabel else ("n",), np.int64),
        "rows": Array(INTEGERS, ("n",), np.int64),
        "folds": Array(INTEGERS, ("n",), np.int64),
        "fingerprint": Array(TEXT, ()),
    }
    try:
        stored = read_npz(run.folder / NAME, spec)
    except FileNotFoundError:
        return None
    except DamagedFile as error:
        raise RunError("The out-of-fold predictions of this run are damaged. Train it again.") from error
    labels = stored["labels"]
    if not len(labels) or labels.min() < 0 or labels.max() > (1 if is_multilabel else classes - 1):
        raise RunError("The out-of-fold predictions of this run are damaged. Train it again.")
    return OutOfFold(stored["probabilities"], labels, stored["rows"], stored["folds"], str(stored["fingerprint"]))
