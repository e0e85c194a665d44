"""The feature maps of a layer, or the filters of the first one, as one image: a grid of small tiles."""

import math
from dataclasses import dataclass

import numpy as np

from imgcls.inference.explain.overlay import AGAINST, FOR

MOST_MAPS = 64
MOST_UNITS = 256
GAP = 1
SMALLEST = 12
"""Smaller filters are enlarged, or the gaps between them would take up half of the grid."""
BACKGROUND = 90
"""The grey between tiles: visible on a light page and on a dark one."""


@dataclass(frozen=True)
class Statistics:
    """A layer's activations for one image: minimum, mean and maximum, the fraction `zeros` of them that are exactly 0,
    and the fraction `dead` of channels (or units) that are 0 everywhere."""

    least: float
    mean: float
    largest: float
    zeros: float
    dead: float


def statistics(values: np.ndarray) -> Statistics:
    """Statistics of a layer's output for one image, float32 (h, w, channels) or (units,)."""
    channels = values.reshape(-1, values.shape[-1])
    return Statistics(
        float(values.min()),
        float(values.mean()),
        float(values.max()),
        float((values == 0).mean()),
        float((channels == 0).all(0).mean()),
    )


def activations(values: np.ndarray, most: int = MOST_MAPS) -> tuple[np.ndarray, np.ndarray]:
    """The feature maps of a layer, float32 (h, w, channels), as a grid, uint8 (H, W, 3), and which are on it, from 0.

    They are in their order or, if there are more than `most`, the strongest first. All share one scale: black is zero,
    bright is strong, blue is negative. A layer of units (n,) is a grid of single squares in their order.
    """
    if values.ndim == 1:
        values = values[None, None]
        order = np.arange(values.shape[-1])[:MOST_UNITS]
    elif values.shape[-1] <= most:
        order = np.arange(values.shape[-1])
    else:
        order = np.argsort(-np.abs(values).mean((0, 1)), kind="stable")[:most]
    largest = float(np.quantile(np.abs(values), 0.995)) or float(np.abs(values).max()) or 1.0
    fraction = np.clip(values[..., order] / largest, -1, 1)
    brightness = np.abs(fraction) ** 0.7
    tiles = np.where(fraction[..., None] >= 0, brightness[..., None] * 255, brightness[..., None] * AGAINST)
    return grid(tiles.round().astype(np.uint8).transpose(2, 0, 1, 3)), order


def filters(kernels: np.ndarray) -> np.ndarray:
    """The filters of a first layer, float32 (height, width, channels, n), as a grid, uint8 (H, W, 3).

    With three channels they are colours around grey. With one, orange weights are positive and blue ones negative. Each
    filter has its own scale, because only its pattern matters.
    """
    kernels = kernels.transpose(3, 0, 1, 2)
    largest = np.maximum(np.abs(kernels).max((1, 2, 3), keepdims=True), 1e-12)
    fraction = kernels / largest
    if kernels.shape[-1] == 3:
        tiles = 127.5 + 127.5 * fraction
    else:
        fraction = fraction.mean(-1, keepdims=True)
        tiles = 255 + np.abs(fraction) * (np.where(fraction > 0, FOR, AGAINST) - 255)
    times = max(1, SMALLEST // kernels.shape[1])
    return grid(tiles.round().astype(np.uint8).repeat(times, axis=1).repeat(times, axis=2))


def layout(count: int, height: int, width: int) -> tuple[int, int]:
    """The rows and columns of a grid of so many tiles of this size."""
    columns = min(count, math.ceil(math.sqrt(count * 2 * height / width)) if count > 3 else count)
    return math.ceil(count / columns), columns


def grid(tiles: np.ndarray) -> np.ndarray:
    """Tiles uint8 (n, h, w, 3) in rows and columns, about as high as wide, as uint8 (H, W, 3)."""
    count, height, width, _ = tiles.shape
    rows, columns = layout(count, height, width)
    canvas = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), BACKGROUND, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = row * (height + GAP) + GAP, column * (width + GAP) + GAP
        canvas[top : top + height, left : left + width] = tile
    return canvas
