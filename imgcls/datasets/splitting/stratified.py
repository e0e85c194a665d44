"""Split the training images into a training and a validation set.

Both the images that are used and the validation set are stratified: each class keeps its proportion, rounded by the
largest-remainder method. The test set is not touched, and never used to choose anything.
"""

import numpy as np

from imgcls.datasets.splitting import multilabel
from imgcls.errors import DatasetError


def split(
    labels: np.ndarray, images: int, validation_fraction: float, seed: int, num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training images (shuffled by the seed) and of the validation images (ascending).

    Args:
        labels: int (n,), or for multi-label datasets a 0/1 matrix (n, classes), see `splitting.multilabel`. Excluded
            images have a negative label and end up in neither set.
        images: how many labelled images to use, 0 for all.
        validation_fraction: fraction of those held out for validation, from 0 to below 1. Every class keeps at least
            one training image.
        seed: the same seed gives the same split on every machine.

    Raises:
        DatasetError: the request cannot be met.
    """
    if labels.ndim == 2:
        _check_fraction(validation_fraction)
        return multilabel.split(np.asarray(labels), images, validation_fraction, seed)
    train_counts, validation_counts = split_counts(labels, images, validation_fraction, num_classes)
    random = np.random.default_rng(seed)
    training, validation = [], []
    for label in range(num_classes):
        of_class = random.permutation(np.flatnonzero(labels == label))
        held_out, used = validation_counts[label], validation_counts[label] + train_counts[label]
        validation.append(of_class[:held_out])
        training.append(of_class[held_out:used])
    return random.permutation(np.concatenate(training)), np.sort(np.concatenate(validation))


def split_counts(
    labels: np.ndarray, images: int, validation_fraction: float, num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of training and validation images per class that `split` returns. Raises DatasetError."""
    if num_classes < 2:
        raise DatasetError("A classifier needs at least two classes. Choose another dataset.")
    available = np.bincount(labels[labels >= 0], minlength=num_classes)
    if np.count_nonzero(available) < 2:
        raise DatasetError("All images belong to one class, but a classifier needs at least two. Add images of others.")
    _check_fraction(validation_fraction)
    total = int(available.sum())
    used = min(images, total) if images else total
    if used < 2 * num_classes:
        raise DatasetError(
            f"{used} images are too few for {num_classes} classes. Use at least {2 * num_classes}, two per class."
        )
    taken = _apportion(available, used, least=np.minimum(available, 1))
    held_out = max(1, round(validation_fraction * used)) if validation_fraction else 0
    validation = np.minimum(_apportion(taken, held_out, least=np.zeros_like(taken)), np.maximum(taken - 1, 0))
    return taken - validation, validation


def _check_fraction(validation_fraction: float) -> None:
    if not 0 <= validation_fraction < 1:
        raise DatasetError(
            f"The validation fraction is {validation_fraction:g}, but it must be at least 0 and less than 1, e.g. 0.1."
        )


def _apportion(counts: np.ndarray, seats: int, least: np.ndarray) -> np.ndarray:
    """Distributes `seats` in proportion to `counts` by the largest-remainder method, each getting at least `least`."""
    total = int(counts.sum())
    exact = counts.astype(np.int64) * seats  # in units of 1/total, so that no rounding error decides
    given = np.maximum(exact // total, least)
    never = np.iinfo(np.int64).max
    while given.sum() < seats:
        given[np.argmin(np.where(given < counts, given * total - exact, never))] += 1
    while given.sum() > seats:
        given[np.argmin(np.where(given > least, exact - given * total, never))] -= 1
    return given
