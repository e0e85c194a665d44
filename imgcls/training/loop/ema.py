"""Exponential moving average of the weights, which scores better than the weights of the last step (Polyak and Juditsky
1992)."""

import contextlib
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf


class WeightAverage:
    """The moving average of `weights`. `decay` is the fraction kept per step; the first steps use less."""

    def __init__(self, weights: Sequence[keras.Variable], decay: float):
        self._weights = list(weights)
        self._averages = [tf.Variable(weight.value) for weight in self._weights]
        self._decay = decay
        self._count = 0

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def update(decay):
            for average, weight in zip(self._averages, self._weights, strict=True):
                average.assign_add((1 - decay) * (tf.convert_to_tensor(weight.value) - average))

        self._update = update

    def add(self) -> None:
        """Includes the current weights."""
        self._count += 1
        self._update(tf.constant(min(self._decay, self._count / (self._count + 9)), tf.float32))

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Inside this context the model has the averages as its weights."""
        before = [weight.numpy() for weight in self._weights]
        for weight, average in zip(self._weights, self._averages, strict=True):
            weight.assign(average)
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
