"""Validation predictions after each epoch of a training run: `epochs.npz`, written by the trainer.

    epochs          int32 (e,), ascending; long training runs keep every second epoch, or every third …
    probabilities   float16 (e, n, classes)
    labels          int32 (n,)
    rows            int32 (n,), the images' positions in the training part of the dataset
    shown, pictures int32 (m,) and uint8 (m, height, width, channels): positions of stored images, and these images

They are for validation images because comparing epochs leads to selecting one, which must not use the test set.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from imgcls.errors import DamagedFile, RunError
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, Array, read_npz

NAME = "epochs.npz"
RECORDS = "epochs.bin"
DAMAGED = "The predictions of this run's epochs are damaged. Train it again to get them."
ARRAYS = {
    "epochs": Array(INTEGERS, ("e",)),
    "probabilities": Array("f", ("e", "n", None), may_be_nan=True),
    "labels": Array(INTEGERS, ("n",), np.int64),
    "rows": Array(INTEGERS, ("n",)),
    "shown": Array(INTEGERS, ("m",)),
    "pictures": Array("u", ("m", None, None, None)),
}
LATE = 2 / 3
"""Images learned in the last third of the training count as learned late."""


@dataclass(frozen=True, eq=False)
class EpochPredictions:
    """As in the file; `row_of` (n,) is the position of each image in `images`, or -1."""

    epochs: np.ndarray
    probabilities: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    images: np.ndarray
    row_of: np.ndarray

    @cached_property
    def predicted(self) -> np.ndarray:
        """The predicted class of each image after each epoch, int64 (e, n)."""
        return self.probabilities.argmax(2)

    @cached_property
    def is_right(self) -> np.ndarray:
        """Whether each prediction was correct, bool (e, n)."""
        return self.predicted == self.labels

    @cached_property
    def learned_at(self) -> np.ndarray:
        """The position of the stored epoch from which on an image was always classified correctly, int64 (n,); e if
        never."""
        wrong = ~self.is_right
        last_wrong = len(wrong) - 1 - wrong[::-1].argmax(0)
        return np.where(wrong.any(0), last_wrong + 1, 0)

    @cached_property
    def lists(self) -> dict[str, np.ndarray]:
        """Images by how they were learned: name -> positions (m,).

        "Never learned": incorrect after every epoch. "Forgotten": correct at some point, incorrect at the end. "Learned
        late": correct for good only in the last third. After Toneva, M. et al. (2019), "An empirical study of example
        forgetting during deep neural network learning", ICLR.
        """
        ever, at_end = self.is_right.any(0), self.is_right[-1]
        late = at_end & (self.learned_at >= LATE * len(self.epochs)) & (self.learned_at > 0)
        return {
            "Never learned": np.flatnonzero(~ever),
            "Forgotten": np.flatnonzero(ever & ~at_end),
            "Learned late": np.flatnonzero(late),
        }


def write(
    run: Run,
    epochs: ArrayLike,
    probabilities: ArrayLike,
    labels: ArrayLike,
    rows: ArrayLike,
    shown: ArrayLike,
    images: ArrayLike,
) -> None:
    """Replaces the file."""
    with atomic.replacing(run.folder / NAME) as aside:
        np.savez_compressed(
            aside,
            epochs=np.asarray(epochs, np.int32),
            probabilities=np.asarray(probabilities, np.float16),
            labels=np.asarray(labels, np.int32),
            rows=np.asarray(rows, np.int32),
            shown=np.asarray(shown, np.int32),
            pictures=np.asarray(images, np.uint8),
        )


def read(run: Run) -> EpochPredictions | None:
    """The predictions of all stored epochs, or None if there are none.

    Raises:
        RunError: the file is damaged.
    """
    try:
        stored = read_npz(run.folder / NAME, ARRAYS)
    except FileNotFoundError:
        return None
    except DamagedFile as error:
        raise RunError(DAMAGED) from error
    labels, shown, images = stored["labels"], stored["shown"], stored["pictures"]
    e, n, k = stored["probabilities"].shape
    if not e or not n or labels.min() < 0 or labels.max() >= k:
        raise RunError(DAMAGED)
    if len(shown) and not 0 <= shown.min() <= shown.max() < n:
        raise RunError(DAMAGED)
    row_of = np.full(n, -1)
    row_of[shown] = np.arange(len(images))
    return EpochPredictions(stored["epochs"], stored["probabilities"], labels, stored["rows"], images, row_of)
