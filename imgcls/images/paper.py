"""The paper behind dark ink, and what surrounds each pixel of a photo, estimated in a small copy of it."""

import numpy as np
from PIL import Image

WRITING_SIDE = 48
"""Pixels: the longer side of the small copy."""


def paper_of(image: Image.Image) -> np.ndarray:
    """The brightness of the paper under dark ink, H x W: a grey-scale closing fills what is narrower than a third.

    Unlike a blur, it keeps the edge of a shadow in place (J. Serra, "Image Analysis and Mathematical
    Morphology", 1982).
    """
    from scipy import ndimage  # here, because it takes a while to import and drawings never need it

    small = _small(image, 2 * WRITING_SIDE)
    size = 2 * (max(small.size) // 6) + 1
    grown = ndimage.maximum_filter(np.asarray(small), size, mode="nearest")
    return _enlarge_smoothly(Image.fromarray(ndimage.minimum_filter(grown, size, mode="nearest")), image.size)


def surroundings(image: Image.Image) -> np.ndarray:
    """The median of half of the image around every pixel, H x W."""
    small = np.asarray(_small(image, WRITING_SIDE))
    return _enlarge_smoothly(Image.fromarray(_medians(small, max(small.shape) // 2 | 1)), image.size)


def _medians(values: np.ndarray, side: int) -> np.ndarray:
    """The median of the window of this side around every pixel, uint8 H x W; the border is repeated.

    Most windows need not be sorted: if one intensity, that of the background, has more than half of a window, it is
    the median. Pillow's filter sorts all of them.
    """
    rows, columns = (np.arange(-(side // 2), length + side // 2).clip(0, length - 1) for length in values.shape)
    padded = values[rows][:, columns]
    level = np.bincount(values.ravel(), minlength=256).argmax()
    sums = np.zeros((len(rows) + 1, len(columns) + 1), np.int32)
    np.cumsum(np.cumsum(padded == level, axis=0, dtype=np.int32), axis=1, out=sums[1:, 1:])
    counts = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    medians = np.full(values.shape, level, np.uint8)
    middle = side * side // 2
    mixed = counts <= middle
    if mixed.any():
        windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))[mixed].reshape(-1, side * side)
        medians[mixed] = np.partition(windows, middle, axis=1)[:, middle]
    return medians


def _small(image: Image.Image, longest: int) -> Image.Image:
    scale = min(1.0, longest / max(image.size))
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.BOX)


def _enlarge_smoothly(small: Image.Image, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(small.resize(size, Image.Resampling.BILINEAR), np.float32)
