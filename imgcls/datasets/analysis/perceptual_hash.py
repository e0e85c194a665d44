"""Downscaled copies of images and their perceptual hashes, to find images that look alike."""

import numpy as np

COPY_SIDE = 16
HASH_SIDE = 8
MIN_CONTRAST = 3.0
"""Below this contrast (standard deviation of the pixel values), the hash of an image is meaningless."""


def downscaled(images: np.ndarray, side: int = COPY_SIDE) -> np.ndarray:
    """Copies of at most `side` × `side` pixels, each the mean of the area that it covers.

    Args:
        images: uint8 (n, height, width, channels).

    Returns:
        float32 (n, min(height, side), min(width, side), channels).
    """
    count, height, width, channels = images.shape
    rows, columns = area_weights(height, min(side, height)), area_weights(width, min(side, width))
    values = np.matmul(rows, images.reshape(count, height, width * channels).astype(np.float32))
    values = np.matmul(columns, values.reshape(count * len(rows), width, channels))
    return values.reshape(count, len(rows), len(columns), channels)


def area_weights(length: int, parts: int) -> np.ndarray:
    """The weight of each of `length` pixels in each of `parts` equal intervals: float32 (parts, length)."""
    edges = np.linspace(0, length, parts + 1)
    starts = np.arange(length)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return (np.maximum(overlap, 0) * parts / length).astype(np.float32)


def hashes(copies: np.ndarray) -> np.ndarray:
    """A perceptual hash of 63 bits per copy, similar for images that look alike: uint64 (n,).

    The bits tell which of the lowest 8×8 DCT coefficients exceed their median (pHash; Zauner 2010, "Implementation and
    Benchmarking of Perceptual Image Hash Functions"). They do not depend on brightness and contrast.
    """
    grey = copies.mean(3)
    count, height, width = grey.shape
    coefficients = np.matmul(np.matmul(_cosines(height), grey), _cosines(width).T).reshape(count, -1)[:, 1:]
    bits = np.zeros((count, 64), np.uint8)
    if coefficients.shape[1]:
        bits[:, 1 : coefficients.shape[1] + 1] = coefficients > np.median(coefficients, 1, keepdims=True)
    return np.packbits(bits, axis=1).view(">u8")[:, 0].astype(np.uint64)


def _cosines(length: int) -> np.ndarray:
    """The lowest basis functions of the discrete cosine transform (type II): float32 (at most HASH_SIDE, length)."""
    frequencies, positions = np.arange(min(HASH_SIDE, length))[:, None], np.arange(length) + 0.5
    return np.cos(np.pi / length * frequencies * positions).astype(np.float32)
