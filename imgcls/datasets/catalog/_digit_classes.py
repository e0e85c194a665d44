"""What all sets of handwritten digits share."""

import numpy as np

from imgcls.datasets.splitting.stratified import split

CLASSES = tuple("0123456789")

AVOID = {
    "flip": "A mirrored digit is no digit at all: a mirrored 2 is read by nobody, and a mirrored 5 looks like a 2.",
    "rotation": "Beyond 30 degrees digits turn into each other: a 6 on its head is a 9, and a leaning 1 is a 7.",
}


def part_for_test(images: np.ndarray, labels: np.ndarray, counts: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """The four arrays, from pictures that come without a test part: stratified, shuffled, always the same."""
    train, test = split(labels, 0, counts[1] / len(labels), seed=0, num_classes=len(CLASSES))
    test = np.random.default_rng(0).permutation(test)
    return images[train], labels[train], images[test], labels[test]
