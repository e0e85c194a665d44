"""Evaluates the model on a subset of the images."""

from collections.abc import Callable
from typing import Any

import numpy as np

from imgcls.training.loop.batches import Subset
from imgcls.training.loop.running_metrics import RunningMeans


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
