"""Which image comes when in an epoch, and how it is augmented: for the trainer and for previews.

Order and amounts depend only on seed, epoch, batch and image, not on what happened before. So training can resume in
the middle of an epoch, and a page can show what an epoch will look like.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from imgcls.datasets.augmentation import Augmentation, apply, flipped_first, random_amounts


@dataclass(frozen=True)
class Epoch:
    """Epoch `number` (from 1) over `count` training images in batches of `size`."""

    number: int
    count: int
    size: int
    seed: int
    augmentation: Augmentation

    @cached_property
    def order(self) -> np.ndarray:
        """Positions in the training set, in the order of this epoch."""
        return np.random.default_rng([self.seed, self.number]).permutation(self.count)

    @cached_property
    def _mirrored(self) -> np.ndarray | None:
        if not self.augmentation.flip:
            return None
        return flipped_first(self.count, self.seed) ^ (self.number % 2 == 0)

    def places(self, start: int) -> np.ndarray:
        """Positions in the training set of the batch that starts at `start` in the order."""
        return self.order[start : start + self.size]

    def batch(self, images: np.ndarray, start: int) -> np.ndarray:
        """The augmented images of that batch. `images` are its originals, in its order."""
        if not self.augmentation:
            return images
        return apply(images, self.augmentation, self._amounts(start), self._mirrors(self.places(start)))

    def one(self, image: np.ndarray, place: int) -> np.ndarray:
        """The image (height, width, channels) at one position in the training set, augmented as in this epoch."""
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
    """The image at one position in the training set, augmented as in epoch 1, 2, 3 and so on."""
    return [Epoch(number, count, size, seed, augmentation).one(image, place) for number in range(1, epochs + 1)]
