"""One pass over all images of a dataset, in blocks, so that memory does not grow with their number.

The results are small, so pages load them instantly.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from imgcls.datasets.analysis import duplicates, perceptual_hash
from imgcls.datasets.analysis.embedding import PrincipalComponents, outlier_scores
from imgcls.datasets.store import Dataset
from imgcls.system.arrays import map_npy

BLOCK_BYTES = 4_000_000
MEAN_SIDE = 64
PCA_IMAGES = 4_000
"""Principal components are computed from this many random training images."""
MAP_IMAGES = 2_500
MAX_OUTLIERS = 1_000
MAX_EXACT = 20_000
MAX_NEAR = 10_000

Progress = Callable[[float, str], None]  # fraction done from 0 to 1, and what is being done


def survey(dataset: Dataset, folder: Path, progress: Progress = lambda fraction, text: None) -> dict[str, np.ndarray]:
    """Everything that the Data page shows about the images of a dataset.

    Positions count the training images first, then the test images. `folder` is for temporary files.

    Returns:
        means           uint8 (classes, height, width, channels), mean training image of each class or label
        brightness      float32 (n,), mean pixel value of each image
        contrast        float32 (n,), its standard deviation
        members, groups exact duplicates, see `duplicates.exact_groups`; `members_found`: their total number
        pairs, likeness near-duplicates, see `duplicates.near_pairs`; `pairs_found`: their total number
        unlike, unusual, nearest    outliers among the training images, highest first: row, score and nearest class,
                        see `embedding.outlier_scores`
        map_rows, map_points        some training images and their principal components, float32 (m, components)

    In a multi-label dataset, all images count as one class for near-duplicates and outliers: a set of labels often
    occurs only once, and the mean of a single image says nothing.
    """
    train = dataset.x_train
    labels, num_classes = np.concatenate([dataset.y_train, dataset.y_test]), dataset.facts.num_classes
    count = len(labels)
    if dataset.facts.is_multilabel:
        labels, num_classes = np.zeros(count, np.int64), 1
    with tempfile.TemporaryDirectory(prefix=".work-", dir=folder, ignore_cleanup_errors=True) as work:
        stats = _scan(dataset, Path(work) / "copies.npy", lambda fraction, text: progress(0.7 * fraction, text))
        copies = map_npy(Path(work) / "copies.npy")

        progress(0.7, "Finding duplicates")
        members, groups = duplicates.exact_groups(stats["digests"])
        is_copy = np.zeros(count, bool)
        is_copy[members[1:][groups[1:] == groups[:-1]]] = True
        usable = ~is_copy & (stats["contrast"] >= perceptual_hash.MIN_CONTRAST)
        pairs, similarity = duplicates.near_pairs(
            stats["hashes"],
            copies,
            labels,
            _means(copies, labels, num_classes),
            usable,
            lambda fraction: progress(0.7 + 0.15 * fraction, "Finding near-duplicates"),
        )

        progress(0.85, "Computing principal components")
        generator = np.random.default_rng(0)
        fitted = np.sort(generator.choice(len(train), min(PCA_IMAGES, len(train)), replace=False))
        space = PrincipalComponents.of(copies[fitted])
        points = np.empty((len(train), len(space.directions)), np.float32)
        for start in range(0, len(train), 8192):
            points[start : start + 8192] = space.points(copies[start : min(start + 8192, len(train))])
        del copies
    unusual, nearest = outlier_scores(points, labels[: len(train)], space.deviations, num_classes)
    unlike = np.argsort(-unusual, kind="stable")[:MAX_OUTLIERS]
    map_rows = np.sort(generator.choice(len(train), min(MAP_IMAGES, len(train)), replace=False))
    return {
        "means": stats["means"],
        "brightness": stats["brightness"],
        "contrast": stats["contrast"],
        "members": members[:MAX_EXACT],
        "groups": groups[:MAX_EXACT],
        "members_found": np.array(len(members)),
        "pairs": pairs[:MAX_NEAR],
        "likeness": similarity[:MAX_NEAR],
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


def _scan(dataset: Dataset, copies_file: Path, progress: Progress) -> dict[str, np.ndarray]:
    """The single pass over the pixels: statistics of each image; the downscaled copies go to a file."""
    train, test = dataset.x_train, dataset.x_test
    count, classes = len(train) + len(test), dataset.facts.num_classes
    labels, is_multilabel = np.asarray(dataset.y_train), dataset.facts.is_multilabel
    height, width, channels = train.shape[1:]
    values = min(height, perceptual_hash.COPY_SIDE) * min(width, perceptual_hash.COPY_SIDE) * channels
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
        copy = perceptual_hash.downscaled(images)
        hashes[place] = perceptual_hash.hashes(copy)
        copies[place] = np.rint(copy).reshape(len(images), -1)
        if rows is not None:
            some = labels[rows]
            belongs = some.T > 0 if is_multilabel else some == np.arange(classes)[:, None]
            belongs = belongs.astype(np.float32)
            sums += belongs @ perceptual_hash.downscaled(images, MEAN_SIDE).reshape(len(images), -1)
        progress(place.stop / count, f"Analysing image {place.stop:,} of {count:,}")
    copies.flush()
    there = np.maximum(dataset.facts.counted(labels), 1)[:, None]
    means = np.rint(sums / there).astype(np.uint8).reshape(classes, *shape)
    return {"means": means, "brightness": brightness, "contrast": contrast, "digests": digests, "hashes": hashes}


def _blocks(train: np.ndarray, test: np.ndarray):
    """Yields (positions, rows of the training images or None, uint8 images) for all images."""
    size = max(16, BLOCK_BYTES // train[0].size)
    for offset, part, is_training in ((0, train, True), (len(train), test, False)):
        for start in range(0, len(part), size):
            stop = min(start + size, len(part))
            rows = slice(start, stop)
            yield slice(offset + start, offset + stop), rows if is_training else None, np.array(part[rows])
