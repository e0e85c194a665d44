"""Mean loss and accuracy over images, computed without making the training wait."""

from collections.abc import Sequence
from typing import Any


class RunningMeans:
    """Means of `width` values, added lazily: only `take` waits for TensorFlow."""

    def __init__(self, width: int):
        self._width = width
        self._batches: list[tuple[Sequence[Any], int]] = []

    def add(self, values: Sequence[Any], count: int) -> None:
        """Adds the means over a batch of `count` images."""
        self._batches.append((values, count))

    def take(self) -> tuple[tuple[float, ...], int]:
        """(means, number of images) since the last call. The means are NaN if there were no images."""
        batches, self._batches = self._batches, []
        count = sum(number for _, number in batches)
        if not count:
            return (float("nan"),) * self._width, 0
        sums = (sum(float(values[index]) * number for values, number in batches) for index in range(self._width))
        return tuple(total / count for total in sums), count
