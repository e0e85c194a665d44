"""Photometric augmentation: blur, brightness, contrast, noise and cutout."""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

BLOCK = 16
"""Images processed together: few enough that their float32 values stay in the CPU cache."""
NOISE_LENGTH = 1 << 18
TRUNCATE = 2.5
"""The Gaussian kernel is truncated at this many standard deviations."""


def adjust(
    images: np.ndarray,
    *,
    brightness: np.ndarray | None = None,
    contrast: np.ndarray | None = None,
    blur: np.ndarray | None = None,
    noise: np.ndarray | None = None,
    noise_offset: np.ndarray | None = None,
) -> np.ndarray:
    """Changes blur, then contrast, brightness and noise: uint8 like the images. None skips a step.

    Args:
        images: uint8, (n, height, width, channels).
        brightness: added to the pixel values, float32 (n,).
        contrast: factors for the distance to the image's mean, float32 (n,).
        blur: standard deviations of the Gaussian in pixels, float32 (n,); the border is repeated.
        noise: standard deviations of the noise on the pixel scale 0–255, float32 (n,).
        noise_offset: which part of the noise table to use, fractions from 0 to 1, float32 (n,).
    """
    target = np.empty_like(images)
    for start in range(0, len(images), BLOCK):
        some = slice(start, start + BLOCK)
        values = images[some].astype(np.float32)
        if blur is not None:
            values = _blurred(_blurred(values, blur[some], axis=1), blur[some], axis=2)
        flat = values.reshape(len(values), -1)  # a view: what follows changes `values`
        if contrast is not None:
            means = flat.mean(1, keepdims=True)
            flat *= contrast[some, None]
            flat += means * (1 - contrast[some, None])
        if brightness is not None:
            flat += brightness[some, None]
        if noise is not None and noise_offset is not None:
            flat += noise[some, None] * _noise(flat.shape[1], noise_offset[some])
        flat += 0.5  # round to nearest
        target[some] = np.clip(values, 0, 255, out=values)
    return target


def cutout(images: np.ndarray, side: int, y: np.ndarray, x: np.ndarray) -> None:
    """Masks a square of `side` pixels around (y, x) of each image with the image's mean, in place.

    The square may extend beyond the border (DeVries and Taylor 2017, "Improved Regularization of Convolutional Neural
    Networks with Cutout").
    """
    if not len(images):
        return
    flat = images.reshape(len(images), -1)
    means = np.add.reduce(flat, axis=1, dtype=np.int64) // flat.shape[1]
    tops, lefts = y - side // 2, x - side // 2
    for image, mean, top, left in zip(images, means.tolist(), tops.tolist(), lefts.tolist(), strict=True):
        image[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = mean


def _blurred(values: np.ndarray, deviation: np.ndarray, axis: int) -> np.ndarray:
    """Gaussian blur along one axis with a standard deviation per image; the border is repeated."""
    radius = int(np.ceil(TRUNCATE * deviation.max(initial=0)))
    if not radius:
        return values
    length = values.shape[axis]
    steps = np.arange(radius + 1, dtype=np.float32)
    weights = np.exp(-0.5 * (steps / np.maximum(deviation, 1e-3)[:, None]) ** 2)
    weights /= weights[:, :1] + 2 * weights[:, 1:].sum(1, keepdims=True)
    weights = weights.T[:, :, None, None, None].astype(np.float32)
    wide = values.take(np.clip(np.arange(-radius, length + radius), 0, length - 1), axis)

    def beside(step: int) -> np.ndarray:
        place = slice(radius + step, radius + step + length)
        return wide[:, place] if axis == 1 else wide[:, :, place]

    result = beside(0) * weights[0]
    for step in range(1, radius + 1):
        pair = beside(-step) + beside(step)
        pair *= weights[step]
        result += pair
    return result


def _noise(length: int, offset: np.ndarray) -> np.ndarray:
    """`length` normal random numbers per image, from a table at the given offsets (0 to 1): float32."""
    row = _noise_table(max(NOISE_LENGTH, 2 * length))
    starts = (offset * (len(row) - length)).astype(np.intp)
    return sliding_window_view(row, length)[starts]


@lru_cache(2)
def _noise_table(length: int) -> np.ndarray:
    """Drawn once: new normal numbers for every pixel would cost twenty times as much as everything else."""
    return np.random.default_rng(0).standard_normal(length, dtype=np.float32)
