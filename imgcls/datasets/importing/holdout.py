"""Hold out a test set if the source has none.

20% of each class, chosen by a hash of the pixels: the same images are split the same way in whatever order they arrive,
and exact duplicates stay in the same split, so that nothing in the test set was trained on.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from imgcls.datasets.splitting.multilabel import stratified_holdout

FRACTION = 0.2


def choose_test(
    labels: Sequence[int], digests: Sequence[bytes], known: Mapping[bytes, bool] | None = None
) -> np.ndarray:
    """Which images are for the test: bool (n,).

    Each class keeps at least two training images. Duplicates in several classes are used for training, because one of
    their labels would be an error in the test set.

    Args:
        labels: the class of each image.
        digests: a digest of the pixels of each image.
        known: digest -> whether it is in the test set, for images of an existing dataset.
    """
    known = known or {}
    of_class: dict[int, Counter] = defaultdict(Counter)
    classes_of: dict[bytes, set[int]] = defaultdict(set)
    for label, digest in zip(labels, digests, strict=True):
        of_class[label][digest] += 1
        classes_of[digest].add(label)
    is_test = dict(known)
    for label in sorted(of_class):
        copies = of_class[label]
        total = sum(copies.values())
        wanted = min(max(1, round(FRACTION * total)), total - 2)
        taken = sum(count for digest, count in copies.items() if is_test.get(digest))
        for digest in sorted(copies):
            if digest in is_test:
                continue
            is_test[digest] = len(classes_of[digest]) == 1 and taken + copies[digest] <= wanted
            taken += copies[digest] if is_test[digest] else 0
    return np.array([is_test[digest] for digest in digests], bool)


def choose_test_multilabel(
    labels: np.ndarray, digests: Sequence[bytes], known: Mapping[bytes, bool] | None = None
) -> np.ndarray:
    """As `choose_test`, for a 0/1 matrix of labels (n, classes): about 20% of each label.

    Duplicates with different labels are used for training.
    """
    is_test = dict(known or {})
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    for row, digest in enumerate(digests):
        rows_of[digest].append(row)
    new = []
    for digest in sorted(rows_of):
        rows = rows_of[digest]
        if digest in is_test:
            continue
        if (labels[rows] == labels[rows[0]]).all():
            new.append(digest)
        else:
            is_test[digest] = False
    if new:
        firsts = labels[[rows_of[digest][0] for digest in new]]
        held_out = stratified_holdout(firsts, round(FRACTION * len(new)), np.arange(len(new)))
        is_test.update(zip(new, held_out.tolist(), strict=True))
    return np.array([is_test[digest] for digest in digests], bool)


def count_duplicates(labels: Sequence, digests: Sequence[bytes], test: np.ndarray) -> tuple[int, int, int]:
    """Exact duplicates: copies of earlier images, images with conflicting labels, and test images also in training."""
    labels_of: dict[bytes, set] = defaultdict(set)
    for label, digest in zip(labels, digests, strict=True):
        labels_of[digest].add(label)
    training = {digest for digest, is_test in zip(digests, test, strict=True) if not is_test}
    leaked = sum(1 for digest, is_test in zip(digests, test, strict=True) if is_test and digest in training)
    conflicting = sum(1 for digest in digests if len(labels_of[digest]) > 1)
    return len(digests) - len(labels_of), conflicting, leaked
