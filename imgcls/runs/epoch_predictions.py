"""What a model answered after each epoch of its training, to validation pictures: `epochs.npz`, written by the trainer.

    epochs          int32 (e,), ascending; a long training keeps every second one, or every third ...
    probabilities   float16 (e, n, classes)
    labels          int32 (n,)
    rows            int32 (n,), the pictures' places in the training part of the data set
    shown, pictures int32 (m,) and uint8 (m, height, width, channels): which of them can be shown, and those

They are validation pictures, not test pictures: epochs are compared here, and what is compared gets chosen by.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from imgcls.errors import DamagedFile, RunError
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, Array, read_npz

NAME = "epochs.npz"
RECORDS = "epochs.bin"
DAMAGED = "The predictions of this run's epochs are damaged. Train it again to get them."
ARRAYS = {
    "epochs": Array(INTEGERS, ("e",)),
    "probabilities": Array("f", ("e", "n", None)),
    "labels": Array(INTEGERS, ("n",), np.int64),
    "rows": Array(INTEGERS, ("n",)),
    "shown": Array(INTEGERS, ("m",)),
    "pictures": Array("u", ("m", None, None, None)),
}
LATE = 2 / 3
"""What is learnt in the last third of a training is learnt late."""


@dataclass(frozen=True, eq=False)
class Epochs:
    """As in the file; `row_of` (n,) is the place of each picture among `pictures`, or -1."""

    epochs: np.ndarray
    probabilities: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    images: np.ndarray
    row_of: np.ndarray

    @cached_property
    def predicted(self) -> np.ndarray:
        """The answer to each picture after each epoch, int64 (e, n)."""
        return self.probabilities.argmax(2)

    @cached_property
    def is_right(self) -> np.ndarray:
        """Whether it was right, bool (e, n)."""
        return self.predicted == self.labels

    @cached_property
    def learnt_at(self) -> np.ndarray:
        """From which kept epoch on (its place) each picture was read rightly until the end, int64 (n,); e if never."""
        wrong = ~self.is_right
        last_wrong = len(wrong) - 1 - wrong[::-1].argmax(0)
        return np.where(wrong.any(0), last_wrong + 1, 0)

    @cached_property
    def lists(self) -> dict[str, np.ndarray]:
        """Pictures by how they were learnt: name -> places (m,).

        "Never learned" was wrong after every epoch, "Forgotten" was right once and is wrong at the end, "Learned late"
        was right for good only in the last third. After Toneva, M. et al. (2019), "An empirical study of example
        forgetting during deep neural network learning", ICLR.
        """
        ever, at_end = self.is_right.any(0), self.is_right[-1]
        late = at_end & (self.learnt_at >= LATE * len(self.epochs)) & (self.learnt_at > 0)
        return {
            "Never learned": np.flatnonzero(~ever),
            "Forgotten": np.flatnonzero(ever & ~at_end),
            "Learned late": np.flatnonzero(late),
        }


def write(run: Run, epochs, probabilities, labels, rows, shown, images) -> None:
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


def read(run: Run) -> Epochs | None:
    """The answers of all kept epochs, or None where there are none.

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
    return Epochs(stored["epochs"], stored["probabilities"], labels, stored["rows"], images, row_of)
