"""Hold out a test set if the source has none.

By default 20% of each class, chosen by a hash of the pixels: the same images are split the same way in whatever order
they arrive, and exact duplicates stay in the same split, so that nothing in the test set was trained on. If images
belong to groups, whole groups are held out.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.datasets.splitting import grouped
from imgcls.datasets.splitting.multilabel import stratified_holdout
from imgcls.errors import SettingError

FRACTION = 0.2
FRACTIONS = (0.05, 0.5)
"""The smallest and the largest fraction that can be chosen."""


@dataclass(frozen=True)
class Holdout:
    """How to hold out a test set: the fraction of the images, the seed, and whether classes keep their proportions.

    Raises:
        SettingError: a value is out of range.
    """

    fraction: float = FRACTION
    seed: int = 0
    stratified: bool = True

    def __post_init__(self):
        low, high = FRACTIONS
        if isinstance(self.fraction, bool) or not low <= self.fraction <= high:
            raise SettingError(f"The test fraction must be between {low:g} and {high:g}, not {self.fraction!r}.")
        if not isinstance(self.seed, int) or not 0 <= self.seed < 2**31:
            raise SettingError(f"The seed of the split must be a whole number from 0 to {2**31 - 1}.")

    def sentence(self, *, is_multilabel: bool = False, has_groups: bool = False) -> str:
        """What the user reads about the split."""
        share = f"{100 * self.fraction:g}%"
        if has_groups:
            return (
                f"About {share} of the images are held out as the test set. Groups and duplicates are kept in the same "
                "split."
            )
        if not self.stratified:
            what = f"{share} of the images are"
        else:
            what = f"About {share} of each label is" if is_multilabel else f"{share} of each class is"
        return f"{what} held out as the test set, chosen by content. Duplicates are kept in the same split."

    @property
    def order(self) -> Callable[[bytes], bytes]:
        """The sort key of digests: those that come first are held out."""
        if not self.seed:
            return lambda digest: digest
        key = self.seed.to_bytes(4, "little")
        return lambda digest: hashlib.blake2b(digest, digest_size=16, key=key).digest()


def choose_test(
    labels: Sequence[int],
    digests: Sequence[bytes],
    known: Mapping[bytes, bool] | None = None,
    how: Holdout = Holdout(),
) -> np.ndarray:
    """Which images are for the test: bool (n,).

    Each class keeps at least two training images. Duplicates in several classes are used for training, because one of
    their labels would be an error in the test set.

    Args:
        labels: the class of each image.
        digests: a digest of the pixels of each image.
        known: digest -> whether it is in the test set, for images of an existing dataset.
        how: the fraction, the seed, and whether classes keep their proportions.
    """
    known = known or {}
    of_class: dict[int, Counter] = defaultdict(Counter)
    classes_of: dict[bytes, set[int]] = defaultdict(set)
    for label, digest in zip(labels, digests, strict=True):
        of_class[label][digest] += 1
        classes_of[digest].add(label)
    is_test = dict(known)
    if not how.stratified:
        _fill_from_all(of_class, classes_of, is_test, how)
        return np.array([is_test[digest] for digest in digests], bool)
    for label in sorted(of_class):
        copies = of_class[label]
        total = sum(copies.values())
        wanted = min(max(1, round(how.fraction * total)), total - 2)
        taken = sum(count for digest, count in copies.items() if is_test.get(digest))
        for digest in sorted(copies, key=how.order):
            if digest in is_test:
                continue
            is_test[digest] = len(classes_of[digest]) == 1 and taken + copies[digest] <= wanted
            taken += copies[digest] if is_test[digest] else 0
    return np.array([is_test[digest] for digest in digests], bool)


def _fill_from_all(
    of_class: Mapping[int, Counter], classes_of: Mapping[bytes, set[int]], is_test: dict[bytes, bool], how: Holdout
) -> None:
    """Decides for all digests that `is_test` lacks, without regard to the proportions of the classes."""
    left = {label: sum(copies.values()) for label, copies in of_class.items()}
    wanted = round(how.fraction * sum(left.values()))
    for label, copies in of_class.items():
        for digest, count in copies.items():
            if is_test.get(digest):
                left[label] -= count
                wanted -= count
    for digest in sorted(classes_of, key=how.order):
        if digest in is_test:
            continue
        label = min(classes_of[digest])
        count = of_class[label][digest]
        is_test[digest] = len(classes_of[digest]) == 1 and count <= wanted and left[label] - count >= 2
        if is_test[digest]:
            left[label] -= count
            wanted -= count


def choose_test_multilabel(
    labels: np.ndarray,
    digests: Sequence[bytes],
    known: Mapping[bytes, bool] | None = None,
    how: Holdout = Holdout(),
) -> np.ndarray:
    """As `choose_test`, for a 0/1 matrix of labels (n, classes): about the same fraction of each label.

    Duplicates with different labels are used for training.
    """
    is_test = dict(known or {})
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    for row, digest in enumerate(digests):
        rows_of[digest].append(row)
    new = []
    for digest in sorted(rows_of, key=how.order):
        rows = rows_of[digest]
        if digest in is_test:
            continue
        if (labels[rows] == labels[rows[0]]).all():
            new.append(digest)
        else:
            is_test[digest] = False
    if new:
        firsts = labels[[rows_of[digest][0] for digest in new]]
        number = round(how.fraction * len(new))
        held_out = np.arange(len(new)) < number
        if how.stratified:
            held_out = stratified_holdout(firsts, number, np.arange(len(new)))
        is_test.update(zip(new, held_out.tolist(), strict=True))
    return np.array([is_test[digest] for digest in digests], bool)


def choose_test_groups(
    labels: np.ndarray,
    digests: Sequence[bytes],
    units: np.ndarray,
    known: np.ndarray | None = None,
    how: Holdout = Holdout(),
) -> np.ndarray:
    """As `choose_test`, but whole units are held out, see `splitting.grouped`: bool (n,).

    Units with duplicates that have different labels are used for training.

    Args:
        labels: int (n,), or a 0/1 matrix (n, classes).
        digests: a digest of the pixels of each image.
        units: the unit of each image, int (n,); -1 if it is one of its own. Identical images are in the same unit.
        known: int8 (n,): 1 if the image is in the test set of an existing dataset, 0 if it is a training image there,
            -1 if it is new. A unit follows its images of the existing dataset.
        how: the fraction, the seed, and whether classes keep their proportions.
    """
    every = grouped.completed(units, len(digests))
    # Units are numbered by their smallest digest, so that the order in which images arrive has no influence.
    smallest: dict[int, bytes] = {}
    for unit, digest in zip(every.tolist(), digests, strict=True):
        smallest[unit] = min(smallest.get(unit, digest), digest)
    number = {unit: place for place, unit in enumerate(sorted(smallest, key=lambda unit: smallest[unit]))}
    every = np.array([number[unit] for unit in every.tolist()], np.int64)
    is_test, is_decided = np.zeros(len(smallest), bool), np.zeros(len(smallest), bool)
    if known is not None:
        is_decided[every[known >= 0]] = True
        is_test[every[known == 1]] = True
        is_test[every[known == 0]] = False
    label_of: dict[bytes, bytes] = {}
    for unit, digest, label in zip(every.tolist(), digests, labels, strict=True):
        if label_of.setdefault(digest, label.tobytes()) != label.tobytes() and not is_decided[unit]:
            is_decided[unit] = True
    open_rows = np.flatnonzero(~is_decided[every])
    wanted = round(how.fraction * len(digests)) - int(is_test[every].sum())
    if len(open_rows) and wanted > 0:
        places = np.unique(every[open_rows], return_inverse=True)[1].reshape(-1)
        random = np.random.default_rng(how.seed)
        held_out = grouped.held_out(labels[open_rows], places, wanted, random, stratified=how.stratified)
        is_test[every[open_rows[held_out]]] = True
    return is_test[every]


def count_duplicates(labels: Sequence, digests: Sequence[bytes], test: np.ndarray) -> tuple[int, int, int]:
    """Exact duplicates: copies of earlier images, images with conflicting labels, and test images also in training."""
    labels_of: dict[bytes, set] = defaultdict(set)
    for label, digest in zip(labels, digests, strict=True):
        labels_of[digest].add(label)
    training = {digest for digest, is_test in zip(digests, test, strict=True) if not is_test}
    leaked = sum(1 for digest, is_test in zip(digests, test, strict=True) if is_test and digest in training)
    conflicting = sum(1 for digest in digests if len(labels_of[digest]) > 1)
    return len(digests) - len(labels_of), conflicting, leaked
