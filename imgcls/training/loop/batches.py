"""Batches for training: shuffled and augmented each epoch, with the next batch prepared in the background."""

import itertools
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from imgcls.config import Config
from imgcls.datasets.augmentation import Augmentation
from imgcls.datasets.augmentation.epoch import Epoch

Batch = tuple[np.ndarray, np.ndarray]
"""Images, or their features, and labels."""


@dataclass(frozen=True)
class Subset:
    """Some images of a dataset. The images stay in a memory-mapped file, so the data may be larger than memory.

    Attributes:
        images: All uint8 images of the dataset (n, height, width, channels).
        rows: Which of them belong to the subset.
        labels: Their classes, int32 (rows,); for a multi-label dataset 0 or 1 for each label, int32 (rows, classes).
    """

    images: np.ndarray
    rows: np.ndarray
    labels: np.ndarray

    @classmethod
    def of(cls, images: np.ndarray, labels: np.ndarray, rows: np.ndarray | None = None) -> "Subset":
        """The given rows of a dataset, or all; `labels` belong to all of its images."""
        rows = np.arange(len(images)) if rows is None else rows
        return cls(images, rows, np.asarray(labels)[rows].astype(np.int32))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_multilabel(self) -> bool:
        """Whether an image can have several labels."""
        return self.labels.ndim == 2

    def in_epoch(self, epoch: int) -> "Subset":
        """The subset to use in this epoch, counted from 1: the same one unless a subclass varies it."""
        return self

    def take(self, positions: np.ndarray) -> Batch:
        """Images and labels at these positions of the subset."""
        return self.images[self.rows[positions]], self.labels[positions]

    def sample(self, count: int) -> np.ndarray:
        """At most `count` images, evenly spaced over the subset."""
        return self.images[self.rows[:: -(-len(self) // count)]]


def batches(
    subset: Subset, epoch: int, size: int, seed: int, augmentation: Augmentation, first: int = 0
) -> Iterator[Batch]:
    """The batches of an epoch, counted from 1, from batch number `first` on.

    The next batch of images is prepared while the current one is used; features need no preparation.
    `imgcls.datasets.augmentation.epoch` determines order and augmentation.
    """
    subset = subset.in_epoch(epoch)
    plan = Epoch(epoch, len(subset), size, seed, augmentation)

    def batch(start: int) -> Batch:
        images, labels = subset.take(plan.places(start))
        return plan.batch(images, start), labels

    if subset.images.ndim == 2:
        yield from map(batch, range(first * size, len(subset), size))
        return
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
        upcoming: Future[Batch] | None = None
        for start in range(first * size, len(subset), size):
            current = upcoming or pool.submit(batch, start)
            upcoming = pool.submit(batch, start + size) if start + size < len(subset) else None
            yield current.result()


def endless(subset: Subset, config: Config, augmentation: Augmentation | None = None) -> Iterator[Batch]:
    """The batches of a training run with these settings, epoch after epoch.

    `augmentation` replaces that of the settings.
    """
    augmentation = Augmentation.of(config) if augmentation is None else augmentation
    for epoch in itertools.count(1):
        yield from batches(subset, epoch, config.batch_size, config.seed, augmentation)
