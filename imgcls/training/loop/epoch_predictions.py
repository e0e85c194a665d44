"""Records the predictions for some validation images after each epoch, for the Epoch history section.

The predictions come from the validation that ends each epoch, so they cost no extra computation. During the training
they are appended to `epochs.bin`, one record per epoch: a killed trainer loses none, and an incomplete last record is
ignored. At the end they are packed into `epochs.npz`, which `imgcls.runs.predictions.epoch_predictions` reads.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from imgcls.errors import RunError
from imgcls.runs.predictions import epoch_predictions, filters, live_predictions, probes, validation_predictions
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.training.loop.batches import Subset

MOST_RECORDS = 64
"""A longer training records every second epoch, or every third …, so that the file stays a few megabytes."""
MOST_VALUES = 80_000
IMAGE_BYTES = 2_000_000
"""Size of the images stored with the predictions, before compression: those whose predictions changed most."""


class EpochRecorder:
    """Predictions for at most `validation_predictions.MOST` images of a subset, evenly spaced; fewer with many classes.

    Records nothing for multi-label models.
    """

    def __init__(self, run: Run, subset: Subset, num_classes: int, epochs_planned: int):
        most = min(validation_predictions.MOST, max(200, MOST_VALUES // num_classes))
        self._run, self._subset = run, subset
        self._positions = validation_predictions.positions(0 if subset.is_multilabel else len(subset), most)
        self._every = -(-epochs_planned // MOST_RECORDS)
        self._record = live_predictions.record_type(len(self._positions), num_classes)
        self._num_classes = num_classes
        self._path = run.folder / epoch_predictions.RECORDS
        self._predictions = np.zeros((len(self._positions), num_classes), np.float32)
        self._best: tuple[int, np.ndarray] | None = None
        self._predict: Callable[[np.ndarray], Any] | None = None
        self._probed: tuple[list[int], np.ndarray] | None = None
        self._kernel: Callable[[], np.ndarray] | None = None

    def probe_with(self, predict: Callable[[np.ndarray], Any]) -> None:
        """From now on, also classify the probes: `predict` gives the probabilities (n, classes) of images."""
        self._predict = predict

    def store_filters(self, kernel: Callable[[], np.ndarray] | None) -> None:
        """From now on, also store the filters of the first convolution: `kernel` gives its weights."""
        self._kernel = kernel

    def record(self, start: int, probabilities: Any) -> None:
        """Probabilities (n, classes) of the images of the subset from position `start` on."""
        if not start:
            self._probe()  # here, because the model now has the weights with which it is validated
        first, last = np.searchsorted(self._positions, (start, start + len(probabilities)))
        if first < last:
            self._predictions[first:last] = np.asarray(probabilities)[self._positions[first:last] - start]

    def end_epoch(self, epoch: int, is_best: bool) -> None:
        """Stores the predictions recorded last as those after this epoch."""
        if self._probed is not None:
            probes.append(self._run, epoch, *self._probed)
            self._probed = None
        if is_best:
            self._best = epoch, self._predictions.copy()
        if (epoch - 1) % self._every:
            return
        if self._kernel is not None:
            filters.append(self._run, epoch, self._kernel())
        if not len(self._positions):
            return
        record = np.zeros(1, self._record)
        record["epoch"], record["answers"] = epoch, self._predictions
        with self._path.open("ab") as file:
            file.write(record.tobytes())

    def rewind(self, epoch: int) -> None:
        """Discards what came after this epoch, because the training continues from there, or starts (0).

        Also stores the images that pages show during the training.
        """
        probes.rewind(self._run, epoch)
        filters.rewind(self._run, epoch)
        records = self._records()
        records = records[records["epoch"] <= epoch]
        if not len(records):
            packed = None
            with contextlib.suppress(RunError):  # damaged: the epoch history starts here
                packed = epoch_predictions.read(self._run) if epoch else None
            if packed is not None and packed.probabilities.shape[1:] == self._predictions.shape:
                is_earlier = packed.epochs <= epoch
                records = np.zeros(int(is_earlier.sum()), self._record)
                records["epoch"] = packed.epochs[is_earlier]
                records["answers"] = packed.probabilities[is_earlier]
        self._path.unlink(missing_ok=True)
        (self._run.folder / epoch_predictions.NAME).unlink(missing_ok=True)
        if len(records):
            atomic.write_bytes(self._path, records.tobytes())
        if len(self._positions):
            labels = self._subset.labels[self._positions]
            shown = live_predictions.choice(labels)
            images = self._subset.take(self._positions[shown])[0]
            live_predictions.write(self._run, labels, self._num_classes, shown, images)

    def after(self, epoch: int) -> np.ndarray | None:
        """Predictions after the best epoch, float32, if it is this one and this process has trained it."""
        return self._best[1] if self._best and self._best[0] == epoch else None

    def images(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Images, labels and rows of the recorded subset."""
        return (*self._subset.take(self._positions), self._subset.rows[self._positions])

    def pack(self) -> None:
        """Writes `epochs.npz` and removes the records. Does nothing if there are none."""
        records = self._records()
        if not len(records):
            return
        images, labels, rows = self.images()
        shown = _most_changed(records["answers"], labels, max(1, IMAGE_BYTES // max(images[0].size, 1)))
        epoch_predictions.write(self._run, records["epoch"], records["answers"], labels, rows, shown, images[shown])
        self._path.unlink(missing_ok=True)

    def _probe(self) -> None:
        """Classify the probes that are pinned now. Damaged ones, or ones of another size, do not stop the run."""
        self._probed = None
        if self._predict is None or not (self._run.folder / probes.NAME).exists():
            return
        with contextlib.suppress(RunError):
            ids, images = probes.stored(self._run)
            if len(ids) and images.shape[1:] == self._subset.images.shape[1:]:
                # Always as many images, because the model is compiled for each size of a batch.
                padded = np.zeros((probes.MOST, *images.shape[1:]), np.uint8)
                padded[: len(images)] = images
                self._probed = ids.tolist(), np.asarray(self._predict(padded))[: len(ids)]

    def _records(self) -> np.ndarray:
        """Complete records, one per epoch, ascending; of an epoch that was trained twice, the later one."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return np.zeros(0, self._record)
        whole = len(content) // self._record.itemsize * self._record.itemsize
        records = np.frombuffer(content[:whole], self._record)
        _, last = np.unique(records["epoch"][::-1], return_index=True)
        return records[len(records) - 1 - last]


def _most_changed(predictions: np.ndarray, labels: np.ndarray, most: int) -> np.ndarray:
    """Indices of the images to store, ascending: those whose prediction changed or was wrong most often."""
    is_correct = predictions.argmax(2) == labels
    turns = (is_correct[1:] != is_correct[:-1]).sum(0)
    order = np.argsort(-(2 * turns + (~is_correct).sum(0)), kind="stable")
    return np.sort(order[:most])
