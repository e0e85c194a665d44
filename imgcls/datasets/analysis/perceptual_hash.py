"""Small copies of pictures, and a hash of what is on them: enough to find pictures that look alike."""

import numpy as np

COPY_SIDE = 16
HASH_SIDE = 8
FLATTEST = 3.0
"""With less contrast than this (deviation in grey levels) a picture's hash says nothing."""


def reduced(images: np.ndarray, side: int = COPY_SIDE) -> np.ndarray:
    """Copies of at most `side` x `side` pixels, each the mean of the area that it covers.

    Args:
        pictures: uint8 (n, height, width, channels).

    Returns:
        float32 (n, height or side, width or side, channels), whichever is less.
    """
    count, height, width, channels = images.shape
    rows, columns = area_weights(height, min(side, height)), area_weights(width, min(side, width))
    values = np.matmul(rows, images.reshape(count, height, width * channels).astype(np.float32))
    values = np.matmul(columns, values.reshape(count * len(rows), width, channels))
    return values.reshape(count, len(rows), len(columns), channels)


def area_weights(length: int, parts: int) -> np.ndarray:
    """The share that each of `length` pixels has in each of `parts` equal pieces: float32 (parts, length)."""
    edges = np.linspace(0, length, parts + 1)
    starts = np.arange(length)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return (np.maximum(overlap, 0) * parts / length).astype(np.float32)


def hashed(copies: np.ndarray) -> np.ndarray:
    """What is on each copy in 63 bits, which differ little between pictures that look alike: uint64 (n,).

    Which of the lowest 8 x 8 cosine waves are stronger than their median (pHash; Zauner 2010, "Implementation and
    Benchmarking of Perceptual Image Hash Functions"). Neither brightness nor contrast changes them.
    """
    grey = copies.mean(3)
    count, height, width = grey.shape
    waves = np.matmul(np.matmul(_cosines(height), grey), _cosines(width).T).reshape(count, -1)[:, 1:]
    bits = np.zeros((count, 64), np.uint8)
    if waves.shape[1]:
        bits[:, 1 : waves.shape[1] + 1] = waves > np.median(waves, 1, keepdims=True)
    return np.packbits(bits, axis=1).view(">u8")[:, 0].astype(np.uint64)


def _cosines(length: int) -> np.ndarray:
    """The first waves of the discrete cosine transform (type II): float32 (at most HASH_SIDE, length)."""
    waves, places = np.arange(min(HASH_SIDE, length))[:, None], np.arange(length) + 0.5
    return np.cos(np.pi / length * waves * places).astype(np.float32)
