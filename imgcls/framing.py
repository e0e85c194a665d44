"""A picture of any proportions made square: its middle cut out, or margins added.

What was done to the pictures of an own data set is done to a picture that its model is asked about: one function.
"""

import numpy as np
from PIL import Image

FITS = ("crop", "pad")


def framed(pixels: np.ndarray, side: int, channels: int, fit: str) -> np.ndarray:
    """uint8 pixels (H x W x 3, RGB) as `side` x `side` x `channels`.

    `fit` is "crop": the middle square; or "pad": the whole picture on the colour of its border (the median).
    """
    height, width = pixels.shape[:2]
    if fit == "crop" and height != width:
        short = min(height, width)
        top, left = (height - short) // 2, (width - short) // 2
        pixels = pixels[top : top + short, left : left + short]
    image = Image.fromarray(pixels)
    if channels == 1:
        image = image.convert("L")
    scale = side / max(image.size)
    size = tuple(max(1, round(length * scale)) for length in image.size)
    if size != image.size:
        image = image.resize(size, Image.Resampling.BICUBIC)
    small = np.asarray(image).reshape(size[1], size[0], channels)
    if small.shape[:2] == (side, side):
        return small
    rim = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    out = np.empty((side, side, channels), np.uint8)
    out[:] = np.median(rim, axis=0)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = small
    return out


def thumbnail(pixels: np.ndarray, side: int) -> np.ndarray:
    """The whole picture, made smaller so that neither side is longer than `side` pixels; a small one as it is."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side))
    return np.asarray(image)


def note(height: int, width: int, fit: str) -> str:
    """What was done to a picture of this size, in a sentence; empty where it was square."""
    if height == width:
        return ""
    if fit == "pad":
        return "Margins in the colour of its border were added to make the picture square."
    side = min(height, width)
    return f"The middle {side} x {side} of {width} x {height} pixels was used."
