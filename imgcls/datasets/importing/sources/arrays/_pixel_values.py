"""Arrays of any type and axis order become uint8 pixels, or are refused with a reason."""

from collections.abc import Callable, Sequence

import numpy as np

from imgcls.errors import SourceError

MIN_SIDE = 4
CHANNELS = (1, 3, 4)
BIT_DEPTHS = (10, 12, 14, 16)
CHUNK = 1024
FEWEST = 5
"""Rows from which the meaning of their values can be guessed."""

Scale = Callable[[np.ndarray], np.ndarray]
"""Stored values -> uint8."""


def image_axes(array: np.ndarray, count: int, name: str) -> tuple[np.ndarray, str]:
    """A view (images, height, width, channels) of an array, and a remark about the order of its axes.

    Args:
        array: images in any of the usual orders: (n, h, w), (n, h, w, c), (n, c, h, w), (h, w, c, n), (n, pixels).
        count: the number of labels, which tells the axis of the images.
        name: the name of the array, for messages.

    Raises:
        SourceError: the array does not hold images, or their number is not that of the labels.
    """
    shape, note = array.shape, ""
    if array.ndim in (3, 4) and shape[0] != count and shape[-1] == count:
        array = np.moveaxis(array, -1, 0)
        note = f"In “{name}”, the last axis counts the images."
    if array.ndim == 2:
        array, note = _unflattened(array, name), note
    elif array.ndim == 3:
        array = array[..., None]
    elif array.ndim == 4 and array.shape[3] not in CHANNELS and array.shape[1] in CHANNELS:
        array = np.moveaxis(array, 1, 3)
        note = f"In “{name}”, the colours come first: it is read as (images, channels, height, width)."
    if array.ndim != 4 or array.shape[3] not in CHANNELS or min(array.shape[1:3]) < MIN_SIDE:
        raise SourceError(
            f"The array “{name}” has the shape {shape}, which is not a set of images. Expected (images, height, width) "
            "or (images, height, width, channels) with 1 or 3 channels."
        )
    if len(array) != count:
        raise SourceError(
            f"The array “{name}” holds {len(array):,} images, but there are {count:,} labels. Save one label per image."
        )
    return array, note


def are_rgba(rows: np.ndarray) -> bool:
    """Whether rows of pixels (n, length) are red, green, blue and an alpha that is full everywhere.

    They have as many values as grey images of twice the side.
    """
    side = round((rows.shape[1] / 4) ** 0.5)
    if len(rows) < FEWEST or side < MIN_SIDE or 4 * side * side != rows.shape[1]:
        return False
    quads = rows.reshape(len(rows), -1, 4)
    return bool((quads[..., 3] == quads.max()).all() and (quads[..., :3] < quads.max()).any())


def _unflattened(array: np.ndarray, name: str) -> np.ndarray:
    """Images from rows of pixels: square, grey or RGB, pixel by pixel or colour by colour."""
    length = array.shape[1]
    if are_rgba(array[:50]):
        side = round((length / 4) ** 0.5)
        return array.reshape(-1, side, side, 4)
    for channels in (1, 3):
        side = round((length / channels) ** 0.5)
        if side >= MIN_SIDE and side * side * channels == length:
            if channels == 1:
                return array.reshape(-1, side, side, 1)
            by_pixel = array.reshape(-1, side, side, 3)
            by_colour = np.moveaxis(array.reshape(-1, 3, side, side), 1, 3)
            first = (np.abs(np.diff(way[:50].astype(np.float64), axis=2)).mean() for way in (by_pixel, by_colour))
            return by_colour if next(first) > next(first) else by_pixel
    raise SourceError(
        f"The array “{name}” has {length:,} values per image, which is not a square image. Save it with the shape "
        "(images, height, width) or (images, height, width, channels)."
    )


def scale_of(arrays: Sequence[np.ndarray], name: str) -> tuple[Scale, str]:
    """How the values of these arrays become uint8, the same for all of them, and a remark if they change.

    Raises:
        SourceError: the values are no brightness, such as standardised ones or NaN.
    """
    low, high, is_whole = _range(arrays, name)
    kinds = {array.dtype.kind for array in arrays}
    if kinds <= {"b"}:
        return _scaled(0, 255), "The images are black and white: True becomes white."
    if is_whole and low >= 0 and 1 < high <= 255:
        if high >= 32:
            return _whole, ""
        return _scaled(
            0, 255 / high
        ), f"The brightest value is {high:.0f}, so brightness is scaled by {255 / high:.3g}."
    if low >= 0 and high <= 1:
        return _scaled(0, 255), "Values from 0 to 1 are multiplied by 255."
    if low >= 0 and high <= 255 and not is_whole:
        return _scaled(0, 1), "Fractional values from 0 to 255 are rounded."
    if low >= -1 and high <= 1:
        return _scaled(1, 127.5), "Values from -1 to 1 are scaled to 0 to 255."
    if low >= 0 and is_whole and high < 2**16:
        bits = next(bits for bits in BIT_DEPTHS if high < 2**bits)
        return _scaled(0, 255 / (2**bits - 1)), f"Values of {bits} bits are scaled to 8 bits, the same for all images."
    raise SourceError(
        f"The array “{name}” holds values from {low:.4g} to {high:.4g}. Expected brightness from 0 to 255, or from 0 "
        "to 1. Save the images before they are standardised."
    )


def _range(arrays: Sequence[np.ndarray], name: str) -> tuple[float, float, bool]:
    low, high, is_whole = np.inf, -np.inf, True
    for array in arrays:
        for start in range(0, len(array), CHUNK):
            part = array[start : start + CHUNK]
            least, most = float(part.min()), float(part.max())
            if not np.isfinite((least, most)).all():
                raise SourceError(
                    f"The array “{name}” holds NaN or infinite values. Remove these images, and save again."
                )
            low, high = min(low, least), max(high, most)
            is_whole = is_whole and (part.dtype.kind in "biu" or bool((part == np.rint(part)).all()))
    return low, high, is_whole


def _whole(values: np.ndarray) -> np.ndarray:
    return values.astype(np.uint8)


def _scaled(offset: float, factor: float) -> Scale:
    def scale(values: np.ndarray) -> np.ndarray:
        return np.clip(np.rint((values.astype(np.float32) + offset) * factor), 0, 255).astype(np.uint8)

    return scale
