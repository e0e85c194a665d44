"""What the pixels of a picture are: blurred, lighter or darker, with another contrast, noisy, or partly hidden."""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

AT_ONCE = 16
"""Pictures that are computed together: few enough for their numbers of 32 bits to stay in the processor's cache."""
NOISE_LENGTH = 1 << 18
REACH = 2.5
"""A bell curve is cut off so many deviations from its middle."""


def adjust(
    images: np.ndarray,
    *,
    lighter: np.ndarray | None = None,
    contrast: np.ndarray | None = None,
    blur: np.ndarray | None = None,
    noise: np.ndarray | None = None,
    noise_place: np.ndarray | None = None,
) -> np.ndarray:
    """Blurred, then with another contrast and brightness, then noisy: uint8 like the pictures. None leaves a step out.

    Args:
        pictures: uint8, (n, height, width, channels).
        lighter: grey levels to add, float32 (n,).
        contrast: factors of the distance to the picture's mean brightness, float32 (n,).
        blur: deviations of the bell curve in pixels, float32 (n,); the border repeats.
        noise: deviations of the noise in grey levels, float32 (n,), with `noise_place`, shares from 0 to 1.
    """
    target = np.empty_like(images)
    for start in range(0, len(images), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        values = images[some].astype(np.float32)
        if blur is not None:
            values = _blurred(_blurred(values, blur[some], axis=1), blur[some], axis=2)
        flat = values.reshape(len(values), -1)  # a view: what follows changes `values`
        if contrast is not None:
            means = flat.mean(1, keepdims=True)
            flat *= contrast[some, None]
            flat += means * (1 - contrast[some, None])
        if lighter is not None:
            flat += lighter[some, None]
        if noise is not None:
            flat += noise[some, None] * _noise(flat.shape[1], noise_place[some])
        flat += 0.5  # to the nearest whole number
        target[some] = np.clip(values, 0, 255, out=values)
    return target


def cutout(images: np.ndarray, side: int, y: np.ndarray, x: np.ndarray) -> None:
    """A square of `side` pixels around the place (y, x) of each picture gets the picture's mean brightness, in place.

    The square may reach over the border, so that it does not always hide as much (DeVries and Taylor 2017, "Improved
    Regularization of Convolutional Neural Networks with Cutout").
    """
    if not len(images):
        return
    flat = images.reshape(len(images), -1)
    means = np.add.reduce(flat, axis=1, dtype=np.int64) // flat.shape[1]
    tops, lefts = y - side // 2, x - side // 2
    for image, mean, top, left in zip(images, means.tolist(), tops.tolist(), lefts.tolist(), strict=True):
        image[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = mean


def _blurred(values: np.ndarray, deviation: np.ndarray, axis: int) -> np.ndarray:
    """Along one axis, by a bell curve of each picture's own deviation; the border repeats."""
    reach = int(np.ceil(REACH * deviation.max(initial=0)))
    if not reach:
        return values
    length = values.shape[axis]
    steps = np.arange(reach + 1, dtype=np.float32)
    weights = np.exp(-0.5 * (steps / np.maximum(deviation, 1e-3)[:, None]) ** 2)
    weights /= weights[:, :1] + 2 * weights[:, 1:].sum(1, keepdims=True)
    weights = weights.T[:, :, None, None, None].astype(np.float32)
    wide = values.take(np.clip(np.arange(-reach, length + reach), 0, length - 1), axis)

    def beside(step: int) -> np.ndarray:
        place = slice(reach + step, reach + step + length)
        return wide[:, place] if axis == 1 else wide[:, :, place]

    result = beside(0) * weights[0]
    for step in range(1, reach + 1):
        pair = beside(-step) + beside(step)
        pair *= weights[step]
        result += pair
    return result


def _noise(length: int, place: np.ndarray) -> np.ndarray:
    """For each picture `length` normal numbers, out of one long row from a place of the picture's own: float32."""
    row = _noise_row(max(NOISE_LENGTH, 2 * length))
    starts = (place * (len(row) - length)).astype(np.intp)
    return sliding_window_view(row, length)[starts]


@lru_cache(2)
def _noise_row(length: int) -> np.ndarray:
    """Drawn once: normal numbers for each pixel of each picture would cost twenty times what the rest does."""
    return np.random.default_rng(0).standard_normal(length, dtype=np.float32)
