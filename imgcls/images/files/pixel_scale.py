"""Values beyond 8 bits, and more than three bands: how they become red, green and blue from 0 to 255.

A camera or microscope with 12 bits stores values up to 4,095 in 16-bit files. Dividing by 257 would leave 17 grey
levels, and scaling each image by its own range would make a dark image look like a bright one. So a dataset has one
scale for all of its images, from its smallest to its largest value, and a model trained on it uses the same.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

DEPTHS = (8, 10, 12, 14, 16)
"""Bits of common sensors: an image without a dataset is scaled by the smallest that holds its values."""
BLOCK = 1_000_000
MAX_BANDS = 1000


@dataclass(frozen=True)
class PixelScale:
    """The values that become 0 and 255, and the numbers (from 1) of the bands that become red, green and blue.

    No range is known while `high` is not above `low`; no bands are chosen while `bands` is empty.
    """

    low: float = 0.0
    high: float = 0.0
    bands: tuple[int, ...] = ()

    @property
    def has_range(self) -> bool:
        return self.high > self.low

    def as_json(self) -> dict[str, Any]:
        """For dataset.json and model.json; empty if there is nothing to store."""
        found: dict[str, Any] = {"low": self.low, "high": self.high} if self.has_range else {}
        return found | ({"bands": list(self.bands)} if self.bands else {})


NO_SCALE = PixelScale()


def from_json(content: Any) -> PixelScale:
    """The opposite of `as_json`; what makes no sense is left out, since a file may be damaged."""
    if not isinstance(content, Mapping):
        return NO_SCALE
    low, high, bands = content.get("low", 0.0), content.get("high", 0.0), content.get("bands", ())
    if not all(_is_number(value) for value in (low, high)) or high <= low:
        low = high = 0.0
    is_sound = isinstance(bands, list) and len(bands) == 3
    if not is_sound or not all(type(band) is int and 0 < band <= MAX_BANDS for band in bands):
        bands = ()
    return PixelScale(float(low), float(high), tuple(bands))


class ValueRange:
    """The smallest and the largest value of many images, without missing ones."""

    def __init__(self) -> None:
        self.low, self.high = math.inf, -math.inf

    def add(self, values: np.ndarray, no_data: float | None = None) -> None:
        """Adds the values of an image, of any shape and numeric type."""
        for block in _blocks(values):
            known = block[is_known(block, no_data)]
            if known.size:
                self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))

    def scale(self, bands: tuple[int, ...] = ()) -> PixelScale:
        """The scale of a dataset with these values."""
        return PixelScale(self.low, self.high, bands) if self.high > self.low else PixelScale(bands=bands)


def is_known(values: np.ndarray, no_data: float | None) -> np.ndarray:
    """Which values are numbers and not the one that stands for a missing pixel."""
    known = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, bool)
    if no_data is not None:
        known &= values != no_data
    return known


def own_range(values: np.ndarray, no_data: float | None = None) -> tuple[float, float]:
    """The range of an image that belongs to no dataset: that of its sensor where the largest value gives it away."""
    found = ValueRange()
    found.add(values, no_data)
    if found.high == -math.inf:
        return 0.0, 1.0
    if found.low >= 0:
        if values.dtype.kind == "f" and found.high <= 1:
            return 0.0, 1.0
        for bits in DEPTHS:
            if found.high < 2**bits:
                return 0.0, 2.0**bits - 1
    return (found.low, found.high) if found.high > found.low else (found.low, found.low + 1)


def to_8_bit(values: np.ndarray, low: float, high: float, no_data: float | None = None) -> np.ndarray:
    """Values of any shape as uint8: `low` becomes 0 and `high` 255; what is beyond is clipped, what is missing is 0."""
    out = np.empty(values.shape, np.uint8)
    for source, target in zip(_blocks(values), _blocks(out), strict=True):
        scaled = (source.astype(np.float64) - low) * (255 / (high - low))
        scaled = np.where(is_known(source, no_data), scaled, 0)
        target[...] = np.rint(scaled.clip(0, 255))
    return out


def _blocks(values: np.ndarray) -> list[np.ndarray]:
    """Views of the rows, about `BLOCK` values each, so that temporary copies stay small."""
    rows = max(1, BLOCK // max(1, math.prod(values.shape[1:])))
    return [values[start : start + rows] for start in range(0, len(values), rows)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30
