"""Exact and near-duplicates in a dataset."""

import hashlib
from collections.abc import Callable

import numpy as np

BANDS = 4
WINDOW = 64
"""Within a bucket, each image is compared with the next WINDOW by hash: in most buckets, with all."""
MAX_BITS = 6
"""Hashes of near-duplicates differ in at most this many of 63 bits. Up to 3, no pair in a small bucket is missed."""
MIN_SIMILARITY = 0.97
MAX_PAIRS = 50_000
BLOCK = 4096


def digests(images: np.ndarray) -> np.ndarray:
    """A digest of the pixels of each image, 16 bytes, equal only for identical images: void (n,)."""
    found = b"".join(hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images)
    return np.frombuffer(found, "V16")


def exact_groups(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images with the same digest: positions (m,), and the group number of each, ascending."""
    values = np.ascontiguousarray(keys).view(">u8").reshape(-1, 2)
    order = np.lexsort((values[:, 1], values[:, 0]))
    ordered = values[order]
    is_first = np.r_[True, (ordered[1:] != ordered[:-1]).any(1)][: len(ordered)]
    group = np.cumsum(is_first) - 1
    members = np.bincount(group, minlength=1)[group] > 1
    places, group = order[members], group[members]
    # Groups are numbered by their first member, and members are in order.
    first = np.full(int(group.max(initial=-1)) + 1, len(keys))
    np.minimum.at(first, group, places)
    sorted_by = np.lexsort((places, first[group]))
    _, numbers = np.unique(first[group][sorted_by], return_inverse=True)
    return places[sorted_by], numbers


def near_pairs(
    hashes: np.ndarray,
    copies: np.ndarray,
    labels: np.ndarray,
    class_means: np.ndarray,
    usable: np.ndarray,
    progress: Callable[[float], None] = lambda fraction: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Near-duplicates: pairs of positions (p, 2) and their similarity (p,), most similar first.

    Locality-sensitive hashing: hashes are bucketed by each quarter of their bits in turn, so that only few pairs are
    compared and 200,000 images take seconds. A pair counts if the `similarity` of its copies is at least
    MIN_SIMILARITY.

    Args:
        hashes: uint64 (n,), from `perceptual_hash.hashes`.
        copies: uint8 (n, values), the downscaled copies; may be memory-mapped.
        labels: the class of each image, (n,).
        class_means: the mean copy of each class, float32 (classes, values).
        usable: bool (n,); others are skipped, because images without contrast all look alike.
        progress: called with the fraction done.
    """
    rows = np.flatnonzero(usable)
    found: dict[tuple[int, int], float] = {}
    for band in range(BANDS):
        rotated = _rotated(hashes[rows], 16 * band)
        order = np.argsort(rotated, kind="stable")
        sorted_rows, rotated = rows[order], rotated[order]
        bucket = rotated >> np.uint64(48)
        for step in range(1, min(WINDOW, len(rows) - 1) + 1):
            same = bucket[step:] == bucket[:-step]
            if not same.any():
                break
            close = same & (np.bitwise_count(rotated[step:] ^ rotated[:-step]) <= MAX_BITS)
            left, right = sorted_rows[:-step][close], sorted_rows[step:][close]
            for start in range(0, len(left), BLOCK):
                some = slice(start, start + BLOCK)
                similarities = similarity(copies, labels, class_means, left[some], right[some])
                for place in np.flatnonzero(similarities >= MIN_SIMILARITY):
                    one, other = int(left[some][place]), int(right[some][place])
                    found[min(one, other), max(one, other)] = float(similarities[place])
            if len(found) > MAX_PAIRS:
                break
        progress((band + 1) / BANDS)
    pairs = np.array(sorted(found, key=lambda pair: (-found[pair], pair)), np.int64).reshape(-1, 2)
    return pairs, np.array([found[one, other] for one, other in pairs.tolist()], np.float32)


def similarity(
    copies: np.ndarray, labels: np.ndarray, class_means: np.ndarray, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """The correlation of two copies, pair by pair, after subtracting the class mean: float32 (p,).

    1 for identical images, even if one is brighter. Without the subtraction, every 1 would look like any other 1. For
    images of different classes, the mean of both class means is subtracted.
    """
    shared = (class_means[labels[left]] + class_means[labels[right]]) / 2
    a, b = (copies[rows].astype(np.float32) - shared for rows in (left, right))
    a -= a.mean(1, keepdims=True)
    b -= b.mean(1, keepdims=True)
    lengths = np.sqrt((a * a).sum(1) * (b * b).sum(1))
    return np.where(lengths > 0, (a * b).sum(1) / np.maximum(lengths, 1e-9), 0)


def _rotated(values: np.ndarray, by: int) -> np.ndarray:
    """Bits rotated to the left, so that another quarter comes first."""
    return values if not by else (values << np.uint64(by)) | (values >> np.uint64(64 - by))
