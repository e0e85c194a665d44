"""Splits of multi-label datasets, as balanced by label as possible.

With several labels per image, no split gives every label exactly its proportion, because an image moves all of its
labels at once. So the rarest label is distributed first, while there is still a choice (iterative stratification:
Sechidis, Tsoumakas and Vlahavas 2011, "On the stratification of multi-label data"). Labels are 0/1 matrices
(n, classes); the row of an excluded image is all -1.
"""

import numpy as np

from imgcls.errors import DatasetError


def stratified_holdout(labels: np.ndarray, number: int, order: np.ndarray) -> np.ndarray:
    """Which rows of a 0/1 matrix (n, classes) to hold out: bool (n,).

    About `number` rows, with about the same fraction of each label, but never the last image of a label. Among images
    that serve equally well, those that come first in `order`, a permutation of the rows, are taken.
    """
    has = labels > 0
    held_out = np.zeros(len(has), bool)
    wanted = has.sum(0) * (number / max(1, len(has)))
    rest = np.asarray(order)
    while True:
        remaining = has[rest].sum(0)
        if not remaining.any():
            break
        rarest = int(np.argmin(np.where(remaining > 0, remaining, len(has) + 1)))
        has_rarest = has[rest, rarest]
        members = rest[has_rarest]
        chosen = members[: int(np.clip(np.floor(wanted[rarest] + 0.5), 0, len(members)))]
        held_out[chosen] = True
        wanted -= has[chosen].sum(0)
        rest = rest[~has_rarest]
    # Images without any label make up the difference.
    held_out[rest[: max(0, number - int(held_out.sum()))]] = True
    for label in np.flatnonzero(has.any(0) & ~has[~held_out].any(0)):
        held_out[np.flatnonzero(has[:, label])[0]] = False
    return held_out


def split(labels: np.ndarray, images: int, validation_fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """As `imgcls.datasets.split`, for a label matrix. Raises DatasetError if the request cannot be met."""
    included = np.flatnonzero((labels >= 0).all(1))
    num_classes = labels.shape[1]
    if num_classes < 2 or np.count_nonzero(labels[included].any(0)) < 2:
        raise DatasetError("The images have fewer than two different labels, but a classifier needs at least two.")
    used = min(images, len(included)) if images else len(included)
    if used < 2 * num_classes:
        raise DatasetError(
            f"{used} images are too few for {num_classes} labels. Use at least {2 * num_classes}, two per label."
        )
    random = np.random.default_rng(seed)
    if used < len(included):
        left_out = stratified_holdout(labels[included], len(included) - used, random.permutation(len(included)))
        included = included[~left_out]
    held_out = np.zeros(len(included), bool)
    if validation_fraction:
        number = max(1, round(validation_fraction * len(included)))
        held_out = stratified_holdout(labels[included], number, random.permutation(len(included)))
    return random.permutation(included[~held_out]), included[held_out]
