"""Pictures that are in a data set twice: exactly, and nearly."""

import hashlib
from collections.abc import Callable

import numpy as np

BANDS = 4
WINDOW = 64
"""Within a bucket, each picture is compared with so many that follow by hash: all of them in most buckets."""
MOST_BITS = 6
"""Hashes of near duplicates differ in at most so many of 63 bits. Up to 3, no pair of a small bucket is missed."""
LEAST_LIKENESS = 0.97
MOST_PAIRS = 50_000
AT_ONCE = 4096


def digests(images: np.ndarray) -> np.ndarray:
    """A digest of the pixels of each picture, 16 bytes: the same for the same picture alone. void (n,)."""
    found = b"".join(hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images)
    return np.frombuffer(found, "V16")


def exact_groups(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Who has the same digest as another one: places (m,), and the number of the group of each, both ascending."""
    values = np.ascontiguousarray(keys).view(">u8").reshape(-1, 2)
    order = np.lexsort((values[:, 1], values[:, 0]))
    ordered = values[order]
    is_first = np.r_[True, (ordered[1:] != ordered[:-1]).any(1)][: len(ordered)]
    group = np.cumsum(is_first) - 1
    members = np.bincount(group, minlength=1)[group] > 1
    places, group = order[members], group[members]
    # Groups are numbered by their first member, and members stand in their order.
    first = np.full(int(group.max(initial=-1)) + 1, len(keys))
    np.minimum.at(first, group, places)
    sorted_by = np.lexsort((places, first[group]))
    _, numbers = np.unique(first[group][sorted_by], return_inverse=True)
    return places[sorted_by], numbers


def near_pairs(
    hashes: np.ndarray,
    copies: np.ndarray,
    labels: np.ndarray,
    usual: np.ndarray,
    usable: np.ndarray,
    tell: Callable[[float], None] = lambda fraction: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of pictures that look nearly the same: places (p, 2), and their likeness (p,), the most alike first.

    Hashes are sorted into buckets by each quarter of their bits in turn, so that nobody is compared with everybody:
    200,000 pictures take seconds. A pair counts if its small copies are alike by LEAST_LIKENESS or more.

    Args:
        hashes: uint64 (n,), from `copies.hashed`.
        copies: uint8 (n, values), the small copies themselves; may be mapped from the disk.
        labels: the class of each picture, (n,).
        usual: the mean copy of each class, float32 (classes, values).
        usable: bool (n,); others are left out, as a picture of nothing looks like any other of nothing.
        tell: hears the share that is done.
    """
    rows = np.flatnonzero(usable)
    found: dict[tuple[int, int], float] = {}
    for band in range(BANDS):
        turned = _turned(hashes[rows], 16 * band)
        order = np.argsort(turned, kind="stable")
        sorted_rows, turned = rows[order], turned[order]
        bucket = turned >> np.uint64(48)
        for step in range(1, min(WINDOW, len(rows) - 1) + 1):
            same = bucket[step:] == bucket[:-step]
            if not same.any():
                break
            close = same & (np.bitwise_count(turned[step:] ^ turned[:-step]) <= MOST_BITS)
            left, right = sorted_rows[:-step][close], sorted_rows[step:][close]
            for start in range(0, len(left), AT_ONCE):
                some = slice(start, start + AT_ONCE)
                alike = likeness(copies, labels, usual, left[some], right[some])
                for place in np.flatnonzero(alike >= LEAST_LIKENESS):
                    pair = sorted((int(left[some][place]), int(right[some][place])))
                    found[tuple(pair)] = float(alike[place])
            if len(found) > MOST_PAIRS:
                break
        tell((band + 1) / BANDS)
    pairs = np.array(sorted(found, key=lambda pair: (-found[pair], pair)), np.int64).reshape(-1, 2)
    return pairs, np.array([found[tuple(pair)] for pair in pairs.tolist()], np.float32)


def likeness(
    copies: np.ndarray, labels: np.ndarray, usual: np.ndarray, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """The correlation of what is unusual in two small copies, pair by pair; 1 for the same picture, also if lighter.

    What all pictures of a class share is taken off before, as otherwise every 1 would look like any other 1. Where the
    two are of different classes, it is the mean of both.
    """
    shared = (usual[labels[left]] + usual[labels[right]]) / 2
    a, b = (copies[rows].astype(np.float32) - shared for rows in (left, right))
    a -= a.mean(1, keepdims=True)
    b -= b.mean(1, keepdims=True)
    lengths = np.sqrt((a * a).sum(1) * (b * b).sum(1))
    return np.where(lengths > 0, (a * b).sum(1) / np.maximum(lengths, 1e-9), 0)


def _turned(values: np.ndarray, by: int) -> np.ndarray:
    """Bits moved to the left, those that fall out come in again: another quarter stands first."""
    return values if not by else (values << np.uint64(by)) | (values >> np.uint64(64 - by))
