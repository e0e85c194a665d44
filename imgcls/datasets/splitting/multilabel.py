"""Parts of pictures that may have several labels each: as well balanced by label as it can be.

With several labels no split gives each of them exactly its share, as a picture moves all of its labels at once. So the
rarest label is served first, while there is still a choice (iterative stratification: Sechidis, Tsoumakas and Vlahavas
2011, "On the stratification of multi-label data"). Labels are matrices (n, classes) of 0 and 1; a picture that is
thrown out has -1 in its whole row.
"""

import numpy as np

from imgcls.errors import DatasetError


def stratified_holdout(labels: np.ndarray, number: int, order: np.ndarray) -> np.ndarray:
    """Which of the pictures of a matrix (n, classes) of 0 and 1 are set aside: bool (n,).

    About `number` of them, and of each label about the same share, but never the last picture of a label. Among
    pictures that serve equally well those that come first in `order`, a permutation of the rows, are taken.
    """
    has = labels > 0
    aside = np.zeros(len(has), bool)
    wanted = has.sum(0) * (number / max(1, len(has)))
    rest = np.asarray(order)
    while True:
        left = has[rest].sum(0)
        if not left.any():
            break
        rarest = int(np.argmin(np.where(left > 0, left, len(has) + 1)))
        carries = has[rest, rarest]
        members = rest[carries]
        chosen = members[: int(np.clip(np.floor(wanted[rarest] + 0.5), 0, len(members)))]
        aside[chosen] = True
        wanted -= has[chosen].sum(0)
        rest = rest[~carries]
    # Those without any label fill up what is missing.
    aside[rest[: max(0, number - int(aside.sum()))]] = True
    for label in np.flatnonzero(has.any(0) & ~has[~aside].any(0)):
        aside[np.flatnonzero(has[:, label])[0]] = False
    return aside


def split(labels: np.ndarray, images: int, validation_fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """As `imgcls.datasets.split`, for a matrix of labels. Raises DatasetError where the request cannot be met."""
    there = np.flatnonzero((labels >= 0).all(1))
    num_classes = labels.shape[1]
    if num_classes < 2 or np.count_nonzero(labels[there].any(0)) < 2:
        raise DatasetError("There are fewer than two labels on the pictures: use pictures with two or more.")
    used = min(images, len(there)) if images else len(there)
    if used < 2 * num_classes:
        raise DatasetError(
            f"{used} pictures are too few for {num_classes} labels: use {2 * num_classes} or more, two for each label."
        )
    random = np.random.default_rng(seed)
    if used < len(there):
        there = there[~stratified_holdout(labels[there], len(there) - used, random.permutation(len(there)))]
    aside = np.zeros(len(there), bool)
    if validation_fraction:
        number = max(1, round(validation_fraction * len(there)))
        aside = stratified_holdout(labels[there], number, random.permutation(len(there)))
    return random.permutation(there[~aside]), there[aside]
