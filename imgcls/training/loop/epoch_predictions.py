"""Answers to some validation pictures after each epoch, for the time machine. See `imgcls.runs.epoch_predictions` for who reads them.

They come from the look at the validation part that each epoch ends with, so they cost no computation of their own. In
the meantime they lie in `epochs.bin`, a record an epoch: a killed trainer loses none, and its last torn record is no
whole one. At the end they are packed into `epochs.npz`.
"""

import contextlib
from typing import Any

import numpy as np

from imgcls.errors import RunError
from imgcls.runs import epoch_predictions, validation_predictions
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.training.loop.batches import Part

MOST_RECORDS = 64
"""A longer training keeps every second epoch, or every third ..., so that the file stays some megabytes."""
MOST_VALUES = 80_000
IMAGE_BYTES = 2_000_000
"""The pictures that are kept with the answers, before compression: those whose answers moved most."""


class Snapshots:
    """Answers to at most `validation.MOST` pictures of a part, spread evenly; fewer where there are many classes."""

    def __init__(self, run: Run, part: Part, num_classes: int, epochs_planned: int):
        most = min(validation_predictions.MOST, max(200, MOST_VALUES // num_classes))
        self._run, self._part = run, part
        # Where a picture may have several labels, there is no answer to be right or wrong: nothing is kept.
        self._places = validation_predictions.positions(len(part) if part.labels.ndim == 1 else 0, most)
        self._every = -(-epochs_planned // MOST_RECORDS)
        self._record = np.dtype([("epoch", "<i4"), ("answers", "<f2", (len(self._places), num_classes))])
        self._path = run.folder / epoch_predictions.RECORDS
        self._seen = np.zeros((len(self._places), num_classes), np.float32)
        self._best: tuple[int, np.ndarray] | None = None

    def see(self, start: int, probabilities: Any) -> None:
        """Answers (n, classes) to the pictures of the part from `start` on."""
        first, last = np.searchsorted(self._places, (start, start + len(probabilities)))
        if first < last:
            self._seen[first:last] = np.asarray(probabilities)[self._places[first:last] - start]

    def keep(self, epoch: int, is_best: bool) -> None:
        """The answers that were seen last are those after this epoch."""
        if is_best:
            self._best = epoch, self._seen.copy()
        if not len(self._places) or (epoch - 1) % self._every:
            return
        record = np.zeros(1, self._record)
        record["epoch"], record["answers"] = epoch, self._seen
        with self._path.open("ab") as file:
            file.write(record.tobytes())

    def rewind(self, epoch: int) -> None:
        """Forgets what came after this epoch: a training goes on from there, or begins, with 0."""
        records = self._records()
        records = records[records["epoch"] <= epoch]
        if not len(records):
            packed = None
            with contextlib.suppress(RunError):  # damaged: the training goes on, the time machine begins here
                packed = epoch_predictions.read(self._run) if epoch else None
            if packed is not None and packed.probabilities.shape[1:] == self._seen.shape:
                kept = packed.epochs <= epoch
                records = np.zeros(int(kept.sum()), self._record)
                records["epoch"], records["answers"] = packed.epochs[kept], packed.probabilities[kept]
        self._path.unlink(missing_ok=True)
        (self._run.folder / epoch_predictions.NAME).unlink(missing_ok=True)
        if len(records):
            atomic.write_bytes(self._path, records.tobytes())

    def of(self, epoch: int) -> np.ndarray | None:
        """Answers after the best epoch, float32, if it is this one and this process has seen it."""
        return self._best[1] if self._best and self._best[0] == epoch else None

    def part(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pictures, labels and rows of those that are looked at."""
        return (*self._part.taken(self._places), self._part.rows[self._places])

    def pack(self) -> None:
        """Writes `epochs.npz` and removes the records; does nothing where there are none."""
        records = self._records()
        if not len(records):
            return
        images, labels, rows = self.part()
        shown = _most_moved(records["answers"], labels, max(1, IMAGE_BYTES // max(images[0].size, 1)))
        epoch_predictions.write(self._run, records["epoch"], records["answers"], labels, rows, shown, images[shown])
        self._path.unlink(missing_ok=True)

    def _records(self) -> np.ndarray:
        """Whole records, one an epoch, ascending; of an epoch that was trained twice the later one."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return np.zeros(0, self._record)
        whole = len(content) // self._record.itemsize * self._record.itemsize
        records = np.frombuffer(content[:whole], self._record)
        _, last = np.unique(records["epoch"][::-1], return_index=True)
        return records[len(records) - 1 - last]


def _most_moved(predictions: np.ndarray, labels: np.ndarray, most: int) -> np.ndarray:
    """Which pictures are kept, ascending: those whose answer turned most often or was wrong most often."""
    is_right = predictions.argmax(2) == labels
    turns = (is_right[1:] != is_right[:-1]).sum(0)
    order = np.argsort(-(2 * turns + (~is_right).sum(0)), kind="stable")
    return np.sort(order[:most])
