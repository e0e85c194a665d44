"""Pictures on their way to the network: in an order of their own each epoch, augmented, the next batch made ahead."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from imgcls.config import Config
from imgcls.datasets.augmentation import Augmentation
from imgcls.datasets.augmentation.epoch import Epoch


@dataclass(frozen=True)
class Part:
    """Some of the pictures of a data set: `rows` of its uint8 pictures (n, height, width, channels), and their classes,
    int32 (rows,), or 0 and 1 for each label in (rows, classes) where a picture may have several.

    The pictures stay where they are, in a file that is mapped into memory: data larger than memory are no problem.
    """

    images: np.ndarray
    rows: np.ndarray
    labels: np.ndarray

    @classmethod
    def of(cls, images: np.ndarray, labels: np.ndarray, rows: np.ndarray | None = None) -> "Part":
        """`rows` of a data set, or all; `labels` belong to all of its pictures."""
        rows = np.arange(len(images)) if rows is None else rows
        return cls(images, rows, np.asarray(labels)[rows].astype(np.int32))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_multilabel(self) -> bool:
        """Whether a picture may have several labels."""
        return self.labels.ndim == 2

    def of_epoch(self, epoch: int) -> "Part":
        """What is looked at in this epoch, counted from 1: here the same in each."""
        return self

    def taken(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pictures and labels at these places of the part."""
        return self.images[self.rows[places]], self.labels[places]

    def sample(self, most: int) -> np.ndarray:
        """At most `most` pictures, evenly from the whole part."""
        return self.images[self.rows[:: -(-len(self) // most)]]


def batches(
    part: Part, epoch: int, size: int, seed: int, augmentation: Augmentation, first: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The epoch's batches from number `first` on, the next one being made while the present one is learnt.

    `epoch` is counted from 1. What is in them is decided by `imgcls.datasets.augmentation.epoch`.
    """
    part = part.of_epoch(epoch)
    planned = Epoch(epoch, len(part), size, seed, augmentation)

    def batch(start: int) -> tuple[np.ndarray, np.ndarray]:
        images, labels = part.taken(planned.places(start))
        return planned.batch(images, start), labels

    with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
        coming = None
        for start in range(first * size, len(part), size):
            ready = coming or pool.submit(batch, start)
            coming = pool.submit(batch, start + size) if start + size < len(part) else None
            yield ready.result()


def endless(
    part: Part, config: Config, augmentation: Augmentation | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The batches of a training with these settings, epoch after epoch; `augmentation` takes the place of theirs."""
    augmentation = Augmentation.of(config) if augmentation is None else augmentation
    for epoch in itertools.count(1):
        yield from batches(part, epoch, config.batch_size, config.seed, augmentation)
