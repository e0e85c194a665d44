"""Exponential moving average of the weights, which scores better than the weights of the last step (Polyak and Juditsky
1992)."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np


class WeightAverage:
    """The moving average of `weights`, which is kept in `averages`, variables with the same values.

    Args:
        decay: The fraction kept per step; the first steps use less.
        update: Moves the averages towards the weights, keeping this fraction.
    """

    def __init__(
        self, weights: Sequence[Any], averages: Sequence[Any], decay: float, update: Callable[[float], object]
    ):
        self._weights, self._averages = list(weights), list(averages)
        self._decay, self._update = decay, update
        self._count = 0

    def add(self) -> None:
        """Includes the current weights."""
        self._count += 1
        self._update(min(self._decay, self._count / (self._count + 9)))

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Inside this context the model has the averages as its weights."""
        before = [weight.numpy() for weight in self._weights]
        for weight, average in zip(self._weights, self._averages, strict=True):
            weight.assign(average.numpy())
        try:
            yield
        finally:
            for weight, value in zip(self._weights, before, strict=True):
                weight.assign(value)

    def arrays(self) -> list[np.ndarray]:
        """The state, for a checkpoint."""
        return [np.array(self._count), *(np.asarray(average.numpy()) for average in self._averages)]

    def set_arrays(self, arrays: Sequence[np.ndarray]) -> None:
        """Restores a state from `arrays`."""
        self._count = int(arrays[0])
        for average, value in zip(self._averages, arrays[1:], strict=True):
            average.assign(value)
