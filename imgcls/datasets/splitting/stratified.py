"""Training, validation and test are three parts: this cuts the validation part out of the training pictures.

Both the pictures that are used and the validation part are stratified: each class keeps its share, rounded by largest
remainder. The test pictures are no part of it; nothing is ever chosen by them.
"""

import numpy as np

from imgcls.datasets.splitting import multilabel
from imgcls.errors import DatasetError


def split(
    labels: np.ndarray, images: int, validation_fraction: float, seed: int, num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training pictures (shuffled by the seed) and of the validation pictures (ascending).

    `pictures` of the labelled ones are used, 0 for all, and `validation_share` (0 up to, not with, 1) of those is set
    aside. No class loses its last training picture. Those with a negative label, which are thrown out, are in no part.
    The same seed gives the same split, on every machine. Raises DatasetError where the request cannot be met.
    A matrix of labels (n, classes), where a picture may have several, is divided as `_stratified` says.
    """
    if labels.ndim == 2:
        _check_fraction(validation_fraction)
        return multilabel.split(np.asarray(labels), images, validation_fraction, seed)
    training, validation = split_counts(labels, images, validation_fraction, num_classes)
    random = np.random.default_rng(seed)
    learn, check = [], []
    for label in range(num_classes):
        of_class = random.permutation(np.flatnonzero(labels == label))
        aside, used = validation[label], validation[label] + training[label]
        check.append(of_class[:aside])
        learn.append(of_class[aside:used])
    return random.permutation(np.concatenate(learn)), np.sort(np.concatenate(check))


def split_counts(
    labels: np.ndarray, images: int, validation_fraction: float, num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of training and of validation pictures of each class that `split` realises."""
    if num_classes < 2:
        raise DatasetError("One class is nothing to tell apart: choose a data set with two classes or more.")
    there = np.bincount(labels[labels >= 0], minlength=num_classes)
    if np.count_nonzero(there) < 2:
        raise DatasetError(
            "All pictures are of one class: there is nothing to tell apart. Use pictures of two or more."
        )
    _check_fraction(validation_fraction)
    total = int(there.sum())
    used = min(images, total) if images else total
    if used < 2 * num_classes:
        raise DatasetError(
            f"{used} pictures are too few for {num_classes} classes: use {2 * num_classes} or more, two for each class."
        )
    taken = _apportion(there, used, least=np.minimum(there, 1))
    aside = max(1, round(validation_fraction * used)) if validation_fraction else 0
    validation = np.minimum(_apportion(taken, aside, least=np.zeros_like(taken)), np.maximum(taken - 1, 0))
    return taken - validation, validation


def _check_fraction(validation_fraction: float) -> None:
    if not 0 <= validation_fraction < 1:
        raise DatasetError(
            f"The validation share is {validation_fraction:g}, but it must be 0 or more and less than 1, as in 0.1."
        )


def _apportion(counts: np.ndarray, parts: int, least: np.ndarray) -> np.ndarray:
    """Shares `parts` out in proportion to `counts` by largest remainder, giving each at least `least`."""
    total = int(counts.sum())
    exact = counts.astype(np.int64) * parts  # in units of 1/total, so that no rounding error decides
    given = np.maximum(exact // total, least)
    never = np.iinfo(np.int64).max
    while given.sum() < parts:
        given[np.argmin(np.where(given < counts, given * total - exact, never))] += 1
    while given.sum() > parts:
        given[np.argmin(np.where(given > least, exact - given * total, never))] -= 1
    return given
