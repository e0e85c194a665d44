"""Splits that never cut a unit: images of one patient, plot, writer or video, or near duplicates of each other.

A model that has seen one image of a patient recognises the others, so a split that separates them gives a score that
new patients will not confirm. Whole units are held out, chosen so that every class keeps about its proportion. Labels
are int (n,), or 0/1 matrices (n, classes); the row of an excluded image is negative.
"""

import numpy as np

from imgcls.errors import DatasetError

ALONE = -1
"""The unit of an image that is a unit of its own."""


def completed(units: np.ndarray | None, count: int) -> np.ndarray:
    """The unit of each image, int64 (n,), from 0 without gaps; images without a unit get one of their own."""
    if units is None:
        return np.arange(count)
    units = np.array(units, np.int64)
    alone = units < 0
    units[alone] = units.max(initial=ALONE) + 1 + np.arange(int(alone.sum()))
    return np.unique(units, return_inverse=True)[1].reshape(-1)


def held_out(
    labels: np.ndarray, units: np.ndarray, number: int, random: np.random.Generator, *, stratified: bool = True
) -> np.ndarray:
    """Which images to hold out: bool (n,).

    Units are considered in the order of their size, the largest first, because small ones can still fill the rest;
    equal ones in random order. A unit is held out if that brings the number of held-out images of each class closer to
    its fraction of `number`. A class never loses all of its images.

    Args:
        labels: int (n,) or a 0/1 matrix (n, classes), no image excluded.
        units: the unit of each image, int (n,), from `completed`.
        number: how many images to hold out, about.
        random: decides between units that serve equally well.
        stratified: whether classes keep their proportions; otherwise only the number of images counts.
    """
    counts = _counts(labels, units)
    sizes = np.bincount(units, minlength=len(counts))
    total = counts.sum(0)
    wanted = np.append(total * (number / max(1, len(labels))), number)
    if not stratified:
        wanted[:-1] = 0
    # The number of images counts as much as all classes together, so that images without a label are not forgotten.
    gains = np.column_stack([counts if stratified else np.zeros_like(counts), sizes]).astype(float)
    chosen = np.zeros(len(counts), bool)
    remaining = total.copy()
    order = random.permutation(len(counts))
    order = order[np.argsort(-sizes[order], kind="stable")]
    is_quick = (sizes == 1) & (labels.ndim == 1)
    for unit in order[~is_quick[order]]:
        after = wanted - gains[unit]
        is_last_of_a_class = bool(((remaining - counts[unit] <= 0) & (counts[unit] > 0)).any())
        if not is_last_of_a_class and (after**2).sum() < (wanted**2).sum():
            chosen[unit], wanted = True, after
            remaining = remaining - counts[unit]
    if not chosen.any() and not is_quick.any() and number:
        # Every unit is larger than what should be held out: the smallest one comes closest.
        return _smallest(labels, units)
    # Tens of thousands of single images need no loop.
    single = order[is_quick[order]]
    of_class = counts[single].argmax(1)
    if not stratified:
        is_next = np.arange(len(single)) < round(max(0.0, wanted[-1]))
        wanted = np.append(np.bincount(of_class[is_next], minlength=counts.shape[1]), 0.0)
    for label in range(counts.shape[1]):
        members = single[of_class == label]
        most = max(0, min(len(members), int(remaining[label]) - 1))
        chosen[members[: min(most, round(max(0.0, wanted[label])))]] = True
    return chosen[units]


def split(
    labels: np.ndarray, units: np.ndarray, images: int, number: int, seed: int, num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the training images (shuffled by the seed) and of about `number` validation images (ascending).

    Args:
        labels: int (n,) or a matrix (n, classes); excluded images are negative and end up in neither set.
        units: the unit of each image, int (n,), -1 if it is one of its own.
        images: how many images to use, 0 for all. Whole units are used as long as possible.
        number: how many of them to hold out for validation.
        seed: the same seed gives the same split on every machine.
        num_classes: the number of classes.

    Raises:
        DatasetError: there are too few images or groups.
    """
    included = np.flatnonzero(labels >= 0 if labels.ndim == 1 else (labels >= 0).all(1))
    random = np.random.default_rng(seed)
    if images and images < len(included):
        every = completed(np.asarray(units)[included], len(included))
        included = included[~held_out(labels[included], every, len(included) - images, random)]
    if len(included) < 2 * num_classes:
        raise DatasetError(
            f"{len(included)} images are too few for {num_classes} classes. Use at least {2 * num_classes}, two per "
            "class."
        )
    every = completed(np.asarray(units)[included], len(included))
    is_held_out = np.zeros(len(included), bool)
    if number:
        is_held_out = held_out(labels[included], every, number, random)
        if not is_held_out.any():
            raise DatasetError(
                "No group can be held out for validation, because each has all images of a class. Import images of "
                "more groups, or import them again with “Keep groups together” switched off."
            )
    return random.permutation(included[~is_held_out]), included[is_held_out]


def folds(labels: np.ndarray, units: np.ndarray | None, count: int, seed: int) -> np.ndarray:
    """The fold of each image, int (n,) from 0 to count - 1, balanced over the classes; -1 for excluded images.

    Units are dealt out one by one, the largest first, each to the fold that lacks most of its classes.

    Raises:
        DatasetError: there are fewer units than folds.
    """
    fold_of = np.full(len(labels), -1)
    included = np.flatnonzero(labels >= 0 if labels.ndim == 1 else (labels >= 0).all(1))
    every = completed(None if units is None else np.asarray(units)[included], len(included))
    counts = _counts(labels[included], every)
    if len(counts) < count:
        raise DatasetError(f"There are {len(counts)} groups, too few for {count} folds. Use fewer folds.")
    sizes = np.bincount(every, minlength=len(counts))
    share = np.maximum(counts.sum(0), 1)
    filled, images = np.zeros((count, counts.shape[1])), np.zeros(count)
    random = np.random.default_rng(seed)
    order = random.permutation(len(counts))
    of_unit = np.empty(len(counts), np.int64)
    for unit in order[np.argsort(-sizes[order], kind="stable")]:
        load = filled @ ((counts[unit] > 0) / share) + images / len(included)
        fold = int(load.argmin())
        of_unit[unit] = fold
        filled[fold] += counts[unit]
        images[fold] += sizes[unit]
    fold_of[included] = of_unit[every]
    return fold_of


def _counts(labels: np.ndarray, units: np.ndarray) -> np.ndarray:
    """The images of each class in each unit, int64 (units, classes)."""
    count = int(units.max(initial=-1)) + 1
    if labels.ndim == 2:
        found = np.zeros((count, labels.shape[1]), np.int64)
        np.add.at(found, units, (labels > 0).astype(np.int64))
        return found
    found = np.zeros((count, int(labels.max(initial=-1)) + 1), np.int64)
    np.add.at(found, (units, labels), 1)
    return found


def _smallest(labels: np.ndarray, units: np.ndarray) -> np.ndarray:
    """The smallest unit that leaves every class an image: bool (n,); no image if there is none."""
    counts, sizes = _counts(labels, units), np.bincount(units)
    leaves_all = ~((counts.sum(0) - counts <= 0) & (counts > 0)).any(1)
    if not leaves_all.any():
        return np.zeros(len(units), bool)
    return units == int(np.argmin(np.where(leaves_all, sizes, sizes + len(units))))
