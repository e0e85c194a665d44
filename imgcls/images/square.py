"""An image of any proportions made square: centre crop, or padding.

Import and prediction use the same function, so a model gets images prepared the way it was trained.
"""

import numpy as np
from PIL import Image

from imgcls.images.files.checks import SMALLEST_SIDE
from imgcls.images.files.notes import Note

FITS = ("crop", "pad")


def framed(pixels: np.ndarray, side: int, channels: int, fit: str) -> np.ndarray:
    """uint8 pixels (H x W x 3, RGB) as `side` x `side` x `channels`.

    `fit` is "crop": the centre square; or "pad": the whole image on the median colour of its border.
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
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
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


def middle(pixels: np.ndarray, shape: tuple[int, int, int]) -> tuple[np.ndarray, list[str]]:
    """The centre of an image (H x W x 3 or H x W, uint8) in the proportions of `shape`, resized; and what was cut."""
    height, width, _ = shape
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    old_height, old_width = pixels.shape[:2]
    scale = min(old_height / height, old_width / width)
    crop_height, crop_width = min(old_height, round(height * scale)), min(old_width, round(width * scale))
    top, left = (old_height - crop_height) // 2, (old_width - crop_width) // 2
    notes = []
    if (crop_height, crop_width) != (old_height, old_width):
        notes.append(_cut(crop_height, crop_width, old_height, old_width))
    cut = Image.fromarray(pixels[top : top + crop_height, left : left + crop_width])
    return np.array(cut.resize((width, height), Image.Resampling.BICUBIC)), notes


def middle_box(width: int, height: int) -> tuple[float, float, float]:
    """The largest square in the middle of an image of this size in pixels, as `part` takes it."""
    short = min(width, height)
    return (width - short) / 2 / width, (height - short) / 2 / height, 1.0


def part(pixels: np.ndarray, box: tuple[float, float, float]) -> np.ndarray:
    """A square part of an image (H x W x 3): left and top as fractions of width and height, and the side as a fraction
    of the shorter side."""
    height, width = pixels.shape[:2]
    side = max(SMALLEST_SIDE, round(box[2] * min(height, width)))
    left, top = (
        min(round(fraction * length), length - side) for fraction, length in ((box[0], width), (box[1], height))
    )
    left, top = max(0, left), max(0, top)
    return pixels[top : top + side, left : left + side]


def thumbnail(pixels: np.ndarray, side: int) -> np.ndarray:
    """The whole image, shrunk so that neither side is longer than `side` pixels; a small one unchanged."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side))
    return np.asarray(image)


def note(height: int, width: int, fit: str) -> str:
    """What was done to an image of this size, in a sentence; empty if it was square."""
    if height == width:
        return ""
    if fit == "pad":
        return Note("Padded to a square in the colour of its border.", "Padded to a square")
    side = min(height, width)
    return Note(_cut(side, side, height, width), "Cropped to the square in the centre")


def _cut(height: int, width: int, old_height: int, old_width: int) -> str:
    """How much of an image is kept, in percent: a large one was reduced before, so its original size is unknown."""
    if width < old_width:
        return f"Centre crop: {100 * width // old_width}% of its width is used."
    return f"Centre crop: {100 * height // old_height}% of its height is used."
