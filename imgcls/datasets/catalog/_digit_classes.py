"""Shared by the datasets of handwritten digits."""

import numpy as np

from imgcls.datasets.splitting.stratified import split

CLASSES = tuple("0123456789")

AVOID = {
    "flip": "Mirrored digits are not valid: a mirrored 2 is not a digit, and a mirrored 5 looks like a 2.",
    "rotation": "Beyond 30° digits become ambiguous: an upside-down 6 is a 9, a slanted 1 looks like a 7.",
}


def with_test_set(images: np.ndarray, labels: np.ndarray, counts: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """The four arrays, from images without a test set: a stratified, shuffled split that is always the same."""
    train, test = split(labels, 0, counts[1] / len(labels), seed=0, num_classes=len(CLASSES))
    test = np.random.default_rng(0).permutation(test)
    return images[train], labels[train], images[test], labels[test]
