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

from imgcls.errors import RunError
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import UNREADABLE

NAME = "epochs.npz"
RECORDS = "epochs.bin"
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
        with (run.folder / NAME).open("rb") as stored, np.load(stored, allow_pickle=False) as file:
            labels, shown, images = file["labels"].astype(np.int64), file["shown"], file["pictures"]
            row_of = np.full(len(labels), -1)
            row_of[shown] = np.arange(len(images))
            found = Epochs(file["epochs"], file["probabilities"], labels, file["rows"], images, row_of)
        e, n, k = found.probabilities.shape
        if not e or not n or len(found.epochs) != e or len(labels) != n or labels.min() < 0 or labels.max() >= k:
            raise ValueError("shapes")
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        raise RunError("The answers of this run's epochs are damaged. Train it again to have them.") from error
    return found
