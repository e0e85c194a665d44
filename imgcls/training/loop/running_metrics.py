"""Means over pictures that do not make the training wait."""

from collections.abc import Sequence


class Means:
    """Means of `width` values, added lazily: TensorFlow is only waited for when they are taken."""

    def __init__(self, width: int):
        self._width = width
        self._batches: list = []

    def add(self, values: Sequence, count: int) -> None:
        """Values of a batch of `count` pictures, each a mean over them."""
        self._batches.append((values, count))

    def taken(self) -> tuple[tuple[float, ...], int]:
        """(means, pictures) since the last time; NaN if there were none."""
        batches, self._batches = self._batches, []
        count = sum(number for _, number in batches)
        if not count:
            return (float("nan"),) * self._width, 0
        sums = (sum(float(values[place]) * number for values, number in batches) for place in range(self._width))
        return tuple(total / count for total in sums), count
