"""One look at every picture of a data set, in blocks, so that two hundred thousand take no more memory than a few.

What is kept is small: a page reads it at once.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from imgcls.datasets import Dataset
from imgcls.datasets.analysis import duplicates
from imgcls.datasets.analysis import perceptual_hash as small
from imgcls.datasets.analysis.embedding import PrincipalComponents, outlier_scores
from imgcls.system.arrays import map_npy

BLOCK_BYTES = 4_000_000
MEAN_SIDE = 64
FITTED = 4_000
"""The principal components are those of so many training pictures, drawn by chance."""
ON_MAP = 2_500
MOST_UNLIKE = 1_000
MOST_MEMBERS = 20_000
MOST_SHOWN_PAIRS = 10_000

Tell = Callable[[float, str], None]  # share done from 0 to 1, and what is being done


def survey(dataset: Dataset, folder: Path, tell: Tell = lambda fraction, text: None) -> dict[str, np.ndarray]:
    """Everything that a page shows about the pictures of a data set.

    Pictures are counted through: first those for training, then those for the test. `folder` takes temporary files.

    Returns:
        means           uint8 (classes, height, width, channels), the mean training picture of each class or label
        brightness      float32 (n,), mean of a picture's values
        contrast        float32 (n,), their deviation
        members, groups exact duplicates, as `duplicates.exact_groups`, and `members_found`, how many there are in all
        pairs, likeness near duplicates, as `duplicates.near_pairs`, and `pairs_found`
        unlike, unusual, nearest    training pictures far from their class, the farthest first, as `outlier_scores`
        map_rows, map_points        some training pictures and their principal components, float32 (m, components)

    Where a picture may have several labels, all pictures are one class for near duplicates and for `unlike`: a set of
    labels is often that of a single picture, of which no mean tells anything.
    """
    train = dataset.x_train
    labels, num_classes = np.concatenate([dataset.y_train, dataset.y_test]), dataset.facts.num_classes
    count = len(labels)
    if dataset.facts.is_multilabel:
        labels, num_classes = np.zeros(count, np.int64), 1
    with tempfile.TemporaryDirectory(prefix=".work-", dir=folder, ignore_cleanup_errors=True) as work:
        seen = _looked_at_all(dataset, Path(work) / "copies.npy", lambda fraction, text: tell(0.7 * fraction, text))
        copies = map_npy(Path(work) / "copies.npy")

        tell(0.7, "Looking for duplicates")
        members, groups = duplicates.exact_groups(seen["digests"])
        is_again = np.zeros(count, bool)
        is_again[members[1:][groups[1:] == groups[:-1]]] = True
        usable = ~is_again & (seen["contrast"] >= small.FLATTEST)
        pairs, likeness = duplicates.near_pairs(
            seen["hashes"],
            copies,
            labels,
            _means(copies, labels, num_classes),
            usable,
            lambda fraction: tell(0.7 + 0.15 * fraction, "Looking for near duplicates"),
        )

        tell(0.85, "Placing the pictures on a map")
        generator = np.random.default_rng(0)
        fitted = np.sort(generator.choice(len(train), min(FITTED, len(train)), replace=False))
        space = PrincipalComponents.of(copies[fitted])
        points = np.empty((len(train), len(space.directions)), np.float32)
        for start in range(0, len(train), 8192):
            points[start : start + 8192] = space.points(copies[start : min(start + 8192, len(train))])
        del copies
    unusual, nearest = outlier_scores(points, labels[: len(train)], space.deviations, num_classes)
    unlike = np.argsort(-unusual, kind="stable")[:MOST_UNLIKE]
    map_rows = np.sort(generator.choice(len(train), min(ON_MAP, len(train)), replace=False))
    return {
        "means": seen["means"],
        "brightness": seen["brightness"],
        "contrast": seen["contrast"],
        "members": members[:MOST_MEMBERS],
        "groups": groups[:MOST_MEMBERS],
        "members_found": np.array(len(members)),
        "pairs": pairs[:MOST_SHOWN_PAIRS],
        "likeness": likeness[:MOST_SHOWN_PAIRS],
        "pairs_found": np.array(len(pairs)),
        "unlike": unlike,
        "unusual": unusual[unlike],
        "nearest": nearest[unlike],
        "map_rows": map_rows,
        "map_points": points[map_rows],
    }


def _means(copies: np.ndarray, labels: np.ndarray, num_classes: int) -> np.ndarray:
    """The mean copy of each class: float32 (classes, values)."""
    sums = np.zeros((num_classes, copies.shape[1]))
    for start in range(0, len(labels), 8192):
        some = slice(start, start + 8192)
        sums += (labels[some] == np.arange(num_classes)[:, None]).astype(np.float32) @ copies[some].astype(np.float32)
    return (sums / np.maximum(np.bincount(labels, minlength=num_classes), 1)[:, None]).astype(np.float32)


def _looked_at_all(dataset: Dataset, copies_file: Path, tell: Tell) -> dict[str, np.ndarray]:
    """The one pass over the pixels: what is known of each picture, and the small copies in a file."""
    train, test = dataset.x_train, dataset.x_test
    count, classes = len(train) + len(test), dataset.facts.num_classes
    labels, is_multilabel = np.asarray(dataset.y_train), dataset.facts.is_multilabel
    height, width, channels = train.shape[1:]
    values = min(height, small.COPY_SIDE) * min(width, small.COPY_SIDE) * channels
    copies = np.lib.format.open_memmap(copies_file, "w+", np.uint8, (count, values))
    shape = min(height, MEAN_SIDE), min(width, MEAN_SIDE), channels
    sums = np.zeros((classes, int(np.prod(shape))))
    brightness, contrast = np.empty((2, count), np.float32)
    digests, hashes = np.empty(count, "V16"), np.empty(count, np.uint64)
    for place, rows, images in _blocks(train, test):
        flat = images.reshape(len(images), -1).astype(np.float32)
        brightness[place] = flat.mean(1)
        contrast[place] = flat.std(1)
        digests[place] = duplicates.digests(images)
        copy = small.reduced(images)
        hashes[place] = small.hashed(copy)
        copies[place] = np.rint(copy).reshape(len(images), -1)
        if rows is not None:
            some = labels[rows]
            belongs = some.T > 0 if is_multilabel else some == np.arange(classes)[:, None]
            belongs = belongs.astype(np.float32)
            sums += belongs @ small.reduced(images, MEAN_SIDE).reshape(len(images), -1)
        tell(place.stop / count, f"Looking at picture {place.stop:,} of {count:,}")
    copies.flush()
    there = np.maximum(dataset.facts.counted(labels), 1)[:, None]
    means = np.rint(sums / there).astype(np.uint8).reshape(classes, *shape)
    return {"means": means, "brightness": brightness, "contrast": contrast, "digests": digests, "hashes": hashes}


def _blocks(train: np.ndarray, test: np.ndarray):
    """(place among all pictures, rows of the training pictures or None, uint8 pictures) until all have been there."""
    size = max(16, BLOCK_BYTES // train[0].size)
    for offset, part, is_training in ((0, train, True), (len(train), test, False)):
        for start in range(0, len(part), size):
            stop = min(start + size, len(part))
            rows = slice(start, stop)
            yield slice(offset + start, offset + stop), rows if is_training else None, np.array(part[rows])
