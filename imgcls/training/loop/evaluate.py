"""A look at a part of the pictures from which nothing is learnt."""

from collections.abc import Callable
from typing import Any

import numpy as np

from imgcls.training.loop.batches import Part
from imgcls.training.loop.running_metrics import Means


def judged(
    judge: Callable, part: Part, size: int, see: Callable[[int, Any], object], ends: Callable[[], bool]
) -> tuple[float, float] | None:
    """Mean loss and accuracy on `part`, asked `size` pictures at a time; None if `ends` says so in between.

    `judge` is the one of `steps.compiled`. `see(start, probabilities)` gets the answers to each batch as they come.
    """
    means = Means(2)
    for start in range(0, len(part), size):
        images, labels = part.taken(np.arange(start, min(start + size, len(part))))
        loss, accuracy, probabilities = judge(images, labels)
        means.add((loss, accuracy), len(labels))
        see(start, probabilities)
        if ends():
            return None
    return means.taken()[0]
