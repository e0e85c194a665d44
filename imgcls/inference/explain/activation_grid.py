"""What a layer said, and what the first one looks for, as one picture: a sheet of small maps side by side."""

import math
from dataclasses import dataclass

import numpy as np

from imgcls.inference.explain.overlay import AGAINST, FOR

MOST = 64
GAP = 1
SMALLEST = 12
"""Smaller filters are enlarged: the gaps between them would be half of the sheet."""
GROUND = 90
"""The grey between maps: it shows on a light page and on a dark one."""


@dataclass(frozen=True)
class Statistics:
    """One layer's values for one picture: `zeros` is the share of them that is exactly 0, `silent` that of the maps (or
    units) in which all are, both from 0 to 1."""

    least: float
    mean: float
    largest: float
    zeros: float
    silent: float


def statistics(values: np.ndarray) -> Statistics:
    """Of what a layer said to one picture, float32 (h, w, maps) or (units,)."""
    maps = values.reshape(-1, values.shape[-1])
    return Statistics(
        float(values.min()),
        float(values.mean()),
        float(values.max()),
        float((values == 0).mean()),
        float((maps == 0).all(0).mean()),
    )


def activations(values: np.ndarray, most: int = MOST) -> tuple[np.ndarray, int]:
    """The maps of one layer, float32 (h, w, maps), as a sheet, uint8 (H, W, 3), and how many maps are on it.

    Those that say most come first. All maps have one scale: black is 0, light is much, blue is below 0. A layer of
    units (n,) is a sheet of single squares in their order.
    """
    if values.ndim == 1:
        values = values[None, None]
        order = np.arange(values.shape[-1])[:256]
    else:
        order = np.argsort(-np.abs(values).mean((0, 1)), kind="stable")[:most]
    largest = float(np.quantile(np.abs(values), 0.995)) or float(np.abs(values).max()) or 1.0
    fraction = np.clip(values[..., order] / largest, -1, 1)
    light = np.abs(fraction) ** 0.7
    shown = np.where(fraction[..., None] >= 0, light[..., None] * 255, light[..., None] * AGAINST)
    return sheet(shown.round().astype(np.uint8).transpose(2, 0, 1, 3)), len(order)


def filters(kernels: np.ndarray) -> np.ndarray:
    """The patterns of a first layer, float32 (height, width, channels, n), as a sheet, uint8 (H, W, 3).

    With three channels they are colours around grey; with one, orange is where light counts for the pattern and blue
    where it counts against. Each has a scale of its own, as only the pattern matters.
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
    return sheet(tiles.round().astype(np.uint8).repeat(times, axis=1).repeat(times, axis=2))


def sheet(tiles: np.ndarray) -> np.ndarray:
    """Tiles uint8 (n, h, w, 3) side by side, in about as many rows as columns, as uint8 (H, W, 3)."""
    count, height, width, _ = tiles.shape
    columns = math.ceil(math.sqrt(count * 2 * height / width)) if count > 3 else count
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    ground = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), GROUND, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = row * (height + GAP) + GAP, column * (width + GAP) + GAP
        ground[top : top + height, left : left + width] = tile
    return ground
