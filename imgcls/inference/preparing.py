"""From an image or a drawing to the exact pixels that a model receives.

Every way in (page, batch mode, script, service) prepares its inputs here, so all of them get the same prediction.
"""

from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image

from imgcls.errors import ImageError
from imgcls.images import loading
from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.files.checks import UNNAMED
from imgcls.images.files.pixel_scale import NO_SCALE, PixelScale
from imgcls.images.ink import border
from imgcls.images.loading import CanvasImage, LoadedImage, Prepared
from imgcls.languages import N_
from imgcls.runs.results import ModelCard

Photo: TypeAlias = LoadedImage | bytes | str | Path | Image.Image | np.ndarray
Source: TypeAlias = Handwriting | CanvasImage | Photo | Prepared
"""What can be classified: strokes, the pixels of a canvas, a photo in one of several forms, or a ready model input."""

SHORTER_SIDE = 800
"""Pixels of the shorter side to which a larger photo is reduced when it is opened: JPEG decodes much faster then."""
THINNER_PEN = N_("Redrawn with a thinner pen, to match the stroke width of the training images.")


def prepare(source: Source, card: ModelCard) -> Prepared:
    """The input of the model that `card` describes, uint8 (height, width, channels), and what was done to get it.

    Raises:
        ImageError: the image cannot be read, contains no handwriting where the model needs some, or is a model input
            of another size.
    """
    if isinstance(source, Prepared):
        if source.pixels.shape != card.shape:
            raise ImageError("This model expects images of a different size. Choose an image prepared for it.")
        return source
    if isinstance(source, Handwriting):
        return _prepare_strokes(source, card)
    if isinstance(source, CanvasImage):
        return loading.prepare_drawing(source.pixels, card.shape)
    return loading.prepare_photo(load(source, scale=card.pixels), card.shape, ink=card.is_ink, fit=card.fit)


def load(photo: Photo, name: str = UNNAMED, scale: PixelScale = NO_SCALE) -> LoadedImage:
    """A photo as upright RGB pixels, a large one reduced.

    Bytes and paths are those of an image file (see `images.files.decoding`); error messages call it `name`. `scale` is
    the model's, for values beyond 8 bits and many bands.

    Raises:
        ImageError: it cannot be read.
    """
    if isinstance(photo, LoadedImage):
        return photo
    if isinstance(photo, np.ndarray):
        return loading.from_pil(Image.fromarray(_checked(photo)), name, at_least=SHORTER_SIDE)
    if isinstance(photo, Image.Image):
        return loading.from_pil(photo, name, at_least=SHORTER_SIDE)
    if isinstance(photo, bytes):
        return loading.open_image(photo, name, at_least=SHORTER_SIDE, scale=scale)
    if not isinstance(photo, str | Path):
        raise ImageError(
            f"An object of type {type(photo).__name__} is not an image. Expected a path, the bytes of a file, a "
            "Pillow image or a uint8 array."
        )
    path = Path(photo)
    try:
        return loading.open_image(path.read_bytes(), path.name, at_least=SHORTER_SIDE, scale=scale)
    except OSError as error:
        raise ImageError(f"{path.name} could not be read: {error.strerror or error}. Choose another file.") from error


def without_normalisation(source: Source, card: ModelCard) -> np.ndarray | None:
    """The same input without thickening, cropping and centring, uint8 (height, width, 1): what a naive app would send.

    A drawing keeps its place and size on the canvas; a photo is made grey and shrunk to fit. None for a model input
    that was not prepared here, for an empty drawing, and for the pixels of a canvas.
    """
    if isinstance(source, Prepared | CanvasImage) or (isinstance(source, Handwriting) and not source):
        return None
    height, width, _ = card.shape
    if isinstance(source, Handwriting):
        side = min(height, width)
        small = source.on_field(side)[..., 0]
        background = 0
    else:
        image = Image.fromarray(load(source, scale=card.pixels).pixels).convert("L")
        scale = min(height / image.height, width / image.width)
        new_width, new_height = (max(1, round(length * scale)) for length in image.size)
        small = np.asarray(image.resize((new_width, new_height), Image.Resampling.BOX))
        background = int(np.median(border(small)))
    out = np.full((height, width, 1), background, np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1], 0] = small
    return out


def _prepare_strokes(drawing: Handwriting, card: ModelCard) -> Prepared:
    if not drawing:
        raise ImageError("The drawing is empty. Draw something first.")
    narrowed = drawing.narrowed()
    image = loading.prepare_ink(narrowed.ink(), card.shape)
    return Prepared(image.pixels, () if narrowed is drawing else (THINNER_PEN,))


def _checked(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 3)):
        raise ImageError(
            f"An array of shape {pixels.shape} and type {pixels.dtype} is not an image. "
            "Expected uint8 (height, width), (height, width, 1) or (height, width, 3)."
        )
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        return pixels[..., 0]
    return pixels
