"""Which images must stay together in every split: groups of the source, exact duplicates, and near duplicates."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.datasets.analysis import duplicates, perceptual_hash
from imgcls.datasets.store.records import NONE


@dataclass(frozen=True)
class Units:
    """`numbers` int32 (n, 2): the group and the unit of each image, see `datasets.store.records.Records`."""

    numbers: np.ndarray
    group_names: list[str]

    @property
    def largest(self) -> int:
        """The number of images of the largest unit."""
        units = self.numbers[:, 1]
        return int(np.bincount(units[units >= 0]).max(initial=1))


def units_of(
    groups: Sequence[str],
    digests: Sequence[bytes],
    pairs: np.ndarray,
    earlier: np.ndarray | None = None,
    *,
    keep_groups: bool = True,
) -> Units | None:
    """The units of images with these groups ("" for none); None if there are no groups and no pairs.

    Args:
        groups: the group of each image.
        digests: a digest of the pixels of each image. Identical images are in one unit.
        pairs: positions of near duplicates, int (p, 2).
        earlier: the units that the first images have already, int (m,), -1 for none.
        keep_groups: whether groups are units. If not, they only serve to report results.
    """
    if not any(groups) and not len(pairs) and (earlier is None or (earlier < 0).all()):
        return None
    names = sorted(set(groups) - {""})
    number = {name: place for place, name in enumerate(names)}
    group = np.array([number.get(name, NONE) for name in groups], np.int32)
    links = [*_links(digests), *map(tuple, pairs.tolist())]
    if keep_groups:
        links += _links(group.tolist())
    if earlier is not None:
        links += _links(earlier.tolist())
    of = _joined(len(groups), links)
    members = np.bincount(of, minlength=len(groups))
    unit = np.full(len(groups), NONE, np.int32)
    has_unit = (members[of] > 1) | ((group >= 0) & keep_groups)
    unit[has_unit] = np.unique(of[has_unit], return_inverse=True)[1].reshape(-1)
    return Units(np.column_stack([group, unit]).astype(np.int32), names)


def can_divide(labels: Sequence[str], groups: Sequence[str]) -> bool:
    """Whether a group or an image without one can be held out as a test set, so that no class loses all its images."""
    if not groups or not labels:
        return True
    units_of_class, classes_of_group = defaultdict(set), defaultdict(set)
    for place, (label, group) in enumerate(zip(labels, groups, strict=True)):
        units_of_class[label].add(group or place)
        classes_of_group[group or place].add(label)
    return any(all(len(units_of_class[label]) > 1 for label in found) for found in classes_of_group.values())


def near_duplicates(chunks: Iterable[np.ndarray], labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Pairs of images that look alike, as the Data page finds them: positions int (p, 2).

    Args:
        chunks: all images, uint8 (k, height, width, channels) each.
        labels: the class of each image, int (n,); all 0 if images have several labels.
        num_classes: the number of classes.
    """
    hashes, copies, has_contrast = (np.concatenate(parts) for parts in zip(*_described(chunks), strict=True))
    sums = np.zeros((num_classes, copies.shape[1]))
    for label in range(num_classes):
        if (labels == label).any():
            sums[label] = copies[labels == label].mean(0)
    pairs, _ = duplicates.near_pairs(hashes, copies, labels, sums.astype(np.float32), has_contrast)
    return pairs


def _described(chunks: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    for images in chunks:
        copies = perceptual_hash.downscaled(images)
        contrast = images.reshape(len(images), -1).std(1)
        flat = np.rint(copies).astype(np.uint8).reshape(len(images), -1)
        yield perceptual_hash.hashes(copies), flat, contrast >= perceptual_hash.MIN_CONTRAST


def _links(keys: Sequence) -> list[tuple[int, int]]:
    """Each position with the first one of the same key; negative numbers are no keys."""
    first: dict = {}
    found = []
    for place, key in enumerate(keys):
        if isinstance(key, int) and key < 0:
            continue
        start = first.setdefault(key, place)
        if start != place:
            found.append((start, place))
    return found


def _joined(count: int, links: Iterable[tuple[int, int]]) -> np.ndarray:
    """The connected component of each of `count` positions, as its smallest position: int64 (count,)."""
    root = list(range(count))

    def top(place: int) -> int:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    for one, other in links:
        one, other = top(one), top(other)
        root[max(one, other)] = min(one, other)
    return np.array([top(place) for place in range(count)], np.int64)
