"""Evaluates the model on a subset of the images."""

from collections.abc import Callable
from typing import Any

import numpy as np

from imgcls.training.loop.batches import Subset
from imgcls.training.loop.running_metrics import RunningMeans

LARGEST_IN_FULL_BATCH = 224
"""Pixels of a side of the largest images that are evaluated in full batches."""
SMALLEST_BATCH = 8


def batch_size(input_shape: tuple[int | None, ...], most: int) -> int:
    """Images evaluated at once: fewer than `most` if they are large, because their activations have to fit into memory.

    `input_shape` is the model's: (None, height, width, channels), or (None, features).
    """
    pixels = (input_shape[1] or 1) * (input_shape[2] or 1) if len(input_shape) == 4 else 1
    return max(SMALLEST_BATCH, min(most, most * LARGEST_IN_FULL_BATCH**2 // pixels))


def evaluate(
    eval_step: Callable,
    subset: Subset,
    batch_size: int,
    on_predictions: Callable[[int, Any], object],
    should_stop: Callable[[], bool],
) -> tuple[float, float] | None:
    """Mean loss and accuracy on `subset`; None if `should_stop` returns True between two batches.

    Args:
        eval_step: From `steps.compile_steps`.
        on_predictions: Called after each batch with the position of its first image and the probabilities.
    """
    means = RunningMeans(2)
    for start in range(0, len(subset), batch_size):
        images, labels = subset.take(np.arange(start, min(start + batch_size, len(subset))))
        loss, accuracy, probabilities = eval_step(images, labels)
        means.add((loss, accuracy), len(labels))
        on_predictions(start, probabilities)
        if should_stop():
            return None
    (loss, accuracy), _ = means.take()
    return loss, accuracy
