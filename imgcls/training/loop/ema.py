"""A running mean of the weights, which scores better than the last step's (Polyak and Juditsky 1992)."""

import contextlib
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf


class RunningMean:
    """An exponential mean of `weights`; `share` of it stays at each step, less in the first steps."""

    def __init__(self, weights: Sequence[keras.Variable], fraction: float):
        self._weights = list(weights)
        self._means = [tf.Variable(weight.value) for weight in self._weights]
        self._fraction = fraction
        self._count = 0

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def add(stays):
            for mean, weight in zip(self._means, self._weights, strict=True):
                mean.assign_add((1 - stays) * (tf.convert_to_tensor(weight.value) - mean))

        self._add = add

    def add(self) -> None:
        """Takes the present weights in."""
        self._count += 1
        self._add(tf.constant(min(self._fraction, self._count / (self._count + 9)), tf.float32))

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Within, the model has the mean in place of its weights."""
        before = [weight.numpy() for weight in self._weights]
        for weight, mean in zip(self._weights, self._means, strict=True):
            weight.assign(mean)
        try:
            yield
        finally:
            for weight, value in zip(self._weights, before, strict=True):
                weight.assign(value)

    def arrays(self) -> list[np.ndarray]:
        """The state, for a checkpoint."""
        return [np.array(self._count), *(np.asarray(mean.numpy()) for mean in self._means)]

    def set_arrays(self, arrays: Sequence[np.ndarray]) -> None:
        """Goes back to a state from `arrays`."""
        self._count = int(arrays[0])
        for mean, value in zip(self._means, arrays[1:], strict=True):
            mean.assign(value)
