"""Mean loss, accuracy and speed over batches, computed without making the training wait."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class BatchMeans:
    """Means over the latest batches of a training run, and how long they took.

    Attributes:
        images: The number of images that the means are over.
        timed_images: The number of images processed in `seconds`, without the first batch of a training run.
    """

    loss: float
    accuracy: float
    gradient_norm: float
    images: int
    timed_images: int
    seconds: float

    @property
    def images_per_second(self) -> float:
        return self.timed_images / max(self.seconds, 1e-6)


class BatchMeter:
    """Measures the batches of a training run between two lines of its metrics log."""

    def __init__(self) -> None:
        self._graph_is_built = False
        self.start()

    def start(self) -> None:
        """Starts over: at the beginning of an epoch and after a pause."""
        self._means = RunningMeans(3)
        self._timed_images, self._since = 0, time.monotonic()

    def add(self, values: Sequence[Any], count: int) -> None:
        """Adds loss, accuracy and gradient norm of a batch of `count` images, as tensors."""
        self._means.add(values, count)
        if self._graph_is_built:
            self._timed_images += count
        else:
            # The first step builds the graph for a second or more, so it does not count for the speed.
            float(values[0])
            self._graph_is_built, self._since = True, time.monotonic()

    def take(self) -> BatchMeans:
        """What was measured since the last call."""
        (loss, accuracy, norm), images = self._means.take()  # waits for the last step
        now = time.monotonic()
        timed_images, seconds = self._timed_images, now - self._since
        self._timed_images, self._since = 0, now
        return BatchMeans(loss, accuracy, norm, images, timed_images, seconds)
