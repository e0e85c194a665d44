"""The newest validation predictions of a training run in progress, and a few images to watch.

`live.npz`, written by the trainer before its first epoch:

    labels          int32 (n,), of the validation images whose predictions are recorded in `epochs.bin`
    classes         int32 (), the number of classes
    shown, pictures int32 (m,) and uint8 (m, height, width, channels): positions of stored images, and these images

Each record of `epochs.bin` has the number of an epoch and the probabilities (n, classes) in the same order, so the
newest ones are at its end. Once the training is over they are the last ones of `epochs.npz`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from imgcls.errors import DamagedFile, RunError
from imgcls.runs.predictions import epoch_predictions, validation_predictions
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, Array, read_npz

NAME = "live.npz"
SHOWN = 12
MOST_CLASSES = 10_000
"""A confusion matrix of more would not fit into memory."""
ARRAYS = {
    "labels": Array(INTEGERS, ("n",), np.int64),
    "classes": Array(INTEGERS, ()),
    "shown": Array(INTEGERS, ("m",), np.int64),
    "pictures": Array("u", ("m", None, None, None)),
}


@dataclass(frozen=True, eq=False)
class LivePredictions:
    """What to watch (as in the file), and the newest predictions: `probabilities` float32 (n, classes) after `epoch`,
    and the classes `before` (n,) predicted one record earlier. Before the first epoch, `epoch` is 0 and both are None.
    """

    labels: np.ndarray
    num_classes: int
    shown: np.ndarray
    images: np.ndarray
    epoch: int = 0
    probabilities: np.ndarray | None = None
    before: np.ndarray | None = None

    @property
    def confusion(self) -> np.ndarray:
        """How many images of each class (row) were predicted as each class (column), int64 (classes, classes)."""
        counts = np.zeros((self.num_classes, self.num_classes), np.int64)
        if self.probabilities is not None:
            np.add.at(counts, (self.labels, self.probabilities.argmax(1)), 1)
        return counts


def record_type(count: int, num_classes: int) -> np.dtype:
    """The type of a record in `epochs.bin`."""
    return np.dtype([("epoch", "<i4"), ("answers", "<f2", (count, num_classes))])


def choice(labels: np.ndarray, most: int = SHOWN) -> np.ndarray:
    """Positions of images to watch, int64 ascending: as many classes as possible, then second images of them."""
    turns = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        (places,) = np.nonzero(labels == label)
        turns[places] = np.arange(len(places))
    order = np.lexsort((labels, turns))
    return np.sort(order[:most])


def write(run: Run, labels: ArrayLike, num_classes: int, shown: ArrayLike, images: ArrayLike) -> None:
    """Replaces the file."""
    with atomic.replacing(run.folder / NAME) as aside:
        np.savez_compressed(
            aside,
            labels=np.asarray(labels, np.int32),
            classes=np.int32(num_classes),
            shown=np.asarray(shown, np.int32),
            pictures=np.asarray(images, np.uint8),
        )


def read(run: Run, epoch: int | None = None) -> LivePredictions | None:
    """The newest predictions, or those after an `epoch`; None if there are none, as with several labels an image.

    Long training runs do not keep those of every epoch: then the newest ones up to it.

    Raises:
        RunError: a file is damaged.
    """
    try:
        stored = read_npz(run.folder / NAME, ARRAYS)
    except FileNotFoundError:
        return None
    except DamagedFile as error:
        raise RunError(epoch_predictions.DAMAGED) from error
    labels, classes, shown = stored["labels"], int(stored["classes"]), stored["shown"]
    are_few = 0 < classes <= MOST_CLASSES and 0 < len(labels) <= validation_predictions.MOST
    if not are_few or labels.min() < 0 or labels.max() >= classes:
        raise RunError(epoch_predictions.DAMAGED)
    if not _are_within(shown, len(labels)):
        raise RunError(epoch_predictions.DAMAGED)
    newest = LivePredictions(labels, classes, shown, stored["pictures"])
    records = _newest_records(run, newest) if epoch is None else _records_until(run, newest, epoch)
    if not len(records):
        return newest
    before = records["answers"][-2].argmax(1) if len(records) > 1 else None
    probabilities = records["answers"][-1].astype(np.float32)
    return LivePredictions(labels, classes, shown, newest.images, int(records["epoch"][-1]), probabilities, before)


def _are_within(positions: np.ndarray, count: int) -> bool:
    return not len(positions) or (positions.min() >= 0 and positions.max() < count)


def _newest_records(run: Run, of: LivePredictions) -> np.ndarray:
    """At most two complete records, the newest last."""
    kind = record_type(len(of.labels), of.num_classes)
    try:
        with (run.folder / epoch_predictions.RECORDS).open("rb") as file:
            whole = file.seek(0, 2) // kind.itemsize
            first = max(0, whole - 2)
            file.seek(first * kind.itemsize)
            return np.frombuffer(file.read((whole - first) * kind.itemsize), kind)
    except FileNotFoundError:
        return _packed(run, of)[-2:]


def _records_until(run: Run, of: LivePredictions, epoch: int) -> np.ndarray:
    """At most two records of a run that has ended, that of the epoch last; the newest ones if none is so old."""
    records = _packed(run, of)
    count = int(np.count_nonzero(records["epoch"] <= epoch))
    return records[max(0, count - 2) : count] if count else _newest_records(run, of)


def _packed(run: Run, of: LivePredictions) -> np.ndarray:
    """All records that were kept at the end of the training."""
    kind = record_type(len(of.labels), of.num_classes)
    packed = epoch_predictions.read(run)
    if packed is None or packed.probabilities.shape[1:] != (len(of.labels), of.num_classes):
        return np.zeros(0, kind)
    records = np.zeros(len(packed.epochs), kind)
    records["epoch"], records["answers"] = packed.epochs, packed.probabilities
    return records
