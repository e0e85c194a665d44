"""Which picture comes when in an epoch, and how it is changed: for the trainer, and for whoever wants to see it before.

Order and amounts depend on seed, epoch, batch and picture alone, not on what happened before, so a training can go on
in the middle of an epoch, and a page can show what one will do.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from imgcls.datasets.augmentation import Augmentation, apply, flipped_first, random_amounts


@dataclass(frozen=True)
class Epoch:
    """Epoch `number` (from 1) over `count` training pictures in batches of `size`."""

    number: int
    count: int
    size: int
    seed: int
    augmentation: Augmentation

    @cached_property
    def order(self) -> np.ndarray:
        """The places of the training part in the order in which they come."""
        return np.random.default_rng([self.seed, self.number]).permutation(self.count)

    @cached_property
    def _mirrored(self) -> np.ndarray | None:
        if not self.augmentation.flip:
            return None
        return flipped_first(self.count, self.seed) ^ (self.number % 2 == 0)

    def places(self, start: int) -> np.ndarray:
        """The places of the batch that begins with picture `start` of the order."""
        return self.order[start : start + self.size]

    def batch(self, images: np.ndarray, start: int) -> np.ndarray:
        """The pictures of that batch, in its order, as the network sees them."""
        return apply(images, self.augmentation, self._amounts(start), self._mirrors(self.places(start)))

    def one(self, image: np.ndarray, place: int) -> np.ndarray:
        """The picture (height, width, channels) of one place of the training part as the network sees it."""
        found = int(np.flatnonzero(self.order == place)[0])
        start = found - found % self.size
        amounts = self._amounts(start)[:, [found - start]]
        return apply(image[None], self.augmentation, amounts, self._mirrors([place]))[0]

    def _amounts(self, start: int) -> np.ndarray:
        return random_amounts(np.random.default_rng([self.seed, self.number, start]), len(self.places(start)))

    def _mirrors(self, places) -> np.ndarray | None:
        return None if self._mirrored is None else self._mirrored[places]


def first_epochs(
    image: np.ndarray, place: int, count: int, size: int, seed: int, augmentation: Augmentation, *, epochs: int = 9
) -> list[np.ndarray]:
    """The picture of one place of the training part as the network sees it in epoch 1, 2, 3 and so on."""
    return [Epoch(number, count, size, seed, augmentation).one(image, place) for number in range(1, epochs + 1)]
