"""Hard test images: those that a model misclassifies, and correct ones with the lowest confidence."""

from dataclasses import dataclass

import numpy as np

COUNT = 20
POOL = 3
"""Correct predictions are drawn from this many times as many images as needed, so that a second game differs."""


@dataclass(frozen=True, eq=False)
class HardExamples:
    """Positions of test images in random order, and how many of them the model misclassifies."""

    rows: np.ndarray
    wrong: int


def choose(
    labels: np.ndarray,
    predicted: np.ndarray,
    confidence: np.ndarray,
    available: np.ndarray,
    seed: int,
    count: int = COUNT,
) -> HardExamples:
    """Up to `count` hard images among the `available` ones (a mask), half of them misclassified if there are enough.

    Labels, predicted classes and confidences have one entry per test image. The same seed gives the same images in the
    same order. There are fewer, or none, if the run has stored fewer images.
    """
    generator = np.random.default_rng(seed)
    usable = np.flatnonzero(available)
    is_wrong = predicted[usable] != labels[usable]
    wrong, right = usable[is_wrong], usable[~is_wrong]
    right = right[np.argsort(confidence[right], kind="stable")]
    num_wrong = min(len(wrong), max(count // 2, count - len(right)))
    num_right = min(len(right), count - num_wrong)
    chosen = [
        generator.choice(wrong, num_wrong, replace=False),
        generator.choice(right[: POOL * num_right], num_right, replace=False),
    ]
    return HardExamples(generator.permutation(np.concatenate(chosen)), num_wrong)
