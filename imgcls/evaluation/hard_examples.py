"""Hard test pictures: those about which a model is wrong, and those about which it is right and least sure."""

from dataclasses import dataclass

import numpy as np

COUNT = 20
POOL = 3
"""The right answers are drawn from so many times the pictures that are needed, so that a second game is another one."""


@dataclass(frozen=True, eq=False)
class Hard:
    """Rows of test pictures in the order in which they are asked, and how many of them the model answers wrong."""

    rows: np.ndarray
    wrong: int


def images(
    labels: np.ndarray, predicted: np.ndarray, confidence: np.ndarray, there: np.ndarray, seed: int, count: int = COUNT
) -> Hard:
    """Up to `count` hard pictures among those that are `there` (a mask), half of them answered wrong where so many are.

    Labels, answers and certainty (the probability of the answer) have one entry a test picture. The same seed gives the
    same pictures in the same order. There are fewer, or none, where fewer pictures are kept with the run.
    """
    random = np.random.default_rng(seed)
    usable = np.flatnonzero(there)
    is_wrong = predicted[usable] != labels[usable]
    wrong, right = usable[is_wrong], usable[~is_wrong]
    right = right[np.argsort(confidence[right], kind="stable")]
    num_wrong = min(len(wrong), max(count // 2, count - len(right)))
    num_right = min(len(right), count - num_wrong)
    chosen = [
        random.choice(wrong, num_wrong, replace=False),
        random.choice(right[: POOL * num_right], num_right, replace=False),
    ]
    return Hard(random.permutation(np.concatenate(chosen)), num_wrong)
