"""Any image a person has -> the uint8 pixels a model expects; the only way in for foreign images.

    open_image        the bytes of a file      -> LoadedImage, upright RGB (see `files.decoding`)
    from_pil          a Pillow image           -> LoadedImage
    open_canvas       the bytes of a canvas    -> its pixels, RGBA
    prepare_photo     a LoadedImage            -> Prepared, the shape a model takes
    prepare_drawing   what a canvas shows      -> Prepared
    prepare_ink       ink alone                -> Prepared
    enlarge, to_png   pixels                   -> something to show or to store

Notes say what was done, one sentence each. Only the pixels of a file are used.
"""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from imgcls.errors import ImageError
from imgcls.images import square, text_region, tight_crop
from imgcls.images.files.decoding import LoadedImage as LoadedImage
from imgcls.images.files.decoding import from_pil as from_pil
from imgcls.images.files.decoding import open_image as open_image
from imgcls.images.ink import (
    BLANK_BELOW,
    border,
    centre_ink,
    fill_of,
    has_faint_marks,
    ink_box,
    is_pattern,
    separate_drawing,
    separate_photo,
    thicken,
)

NO_WRITING = "No handwriting found. Take a photo of one dark digit on plain light paper."
TOO_FAINT = "The handwriting is too faint to be read. Use a darker pen or better light, and take the photo again."


@dataclass(frozen=True)
class CanvasImage:
    """What a canvas shows whose strokes are not known: uint8 pixels, H x W x 4 (RGBA)."""

    pixels: np.ndarray


@dataclass(frozen=True)
class Prepared:
    """Pixels as a model takes them (uint8, height x width x channels) and what was done to get them."""

    pixels: np.ndarray
    notes: tuple[str, ...] = ()


def open_canvas(data: bytes, width: int, height: int) -> np.ndarray:
    """The pixels of a canvas on the page, uint8 (height, width, 4), from the bytes of its PNG file.

    A canvas sends its own pixels only, so any other size is rejected from the header, before anything is decoded.

    Raises:
        ImageError: it is something else.
    """
    try:
        pil_image = Image.open(BytesIO(data), formats=("PNG",))
        if pil_image.size != (width, height):
            raise ValueError(f"{pil_image.size} pixels")
        return np.array(pil_image.convert("RGBA"))
    except Exception as error:  # as in `open_image`
        raise ImageError("The drawing arrived incomplete. Reload the page and try again.") from error


def prepare_photo(
    image: LoadedImage | np.ndarray,
    shape: tuple[int, int, int],
    *,
    ink: bool = False,
    fit: str = "",
    is_dark: bool | None = None,
) -> Prepared:
    """Turn a photo into what a model of input `shape` (height, width, 1 or 3 channels) was trained on.

    - colour models: the centre in the model's proportions, resized
    - greyscale models (clothes): the whole object, bright on black
    - `ink` (digits): only the handwriting, bright on black, placed as in MNIST
    - `fit` ("crop" or "pad", imported images): made square as at import

    An array is H x W x 3 (RGB) or H x W (grey), uint8. The notes of the image are kept. `is_dark` says whether ink is
    darker than its background; by default this is recognised.

    Raises:
        ImageError: a model of ink gets an image without handwriting.
    """
    if isinstance(image, np.ndarray):
        image = LoadedImage(image)
    if fit in square.FITS and image.pixels.ndim == 3:
        pixels = square.framed(image.pixels, shape[0], shape[2], fit)
        notes = [text for text in (square.note(image.pixels.shape[0], image.pixels.shape[1], fit),) if text]
    elif ink:
        pixels, notes = _photo_of_ink(_grey(image.pixels), shape, is_dark)
    elif shape[2] == 1:
        pixels, notes = _photo_of_object(_grey(image.pixels), shape)
    else:
        pixels, notes = square.middle(image.pixels, shape)
    return Prepared(pixels, image.notes + tuple(notes))


def prepare_drawing(canvas: np.ndarray, shape: tuple[int, int, int]) -> Prepared:
    """Turn a canvas (H x W x 4 RGBA or H x W grey, uint8) into a digit as in MNIST: light ink on black.

    Raises:
        ImageError: the canvas is empty.
    """
    ink = separate_drawing(canvas)
    if ink is None:
        raise ImageError("The canvas is empty. Draw something large in the middle.")
    return Prepared(_place_ink(ink, shape))


def prepare_ink(ink: np.ndarray, shape: tuple[int, int, int]) -> Prepared:
    """Turn ink (H x W, uint8, bright on 0) into a digit as in MNIST."""
    return Prepared(_place_ink(ink, shape))


def enlarge(pixels: np.ndarray, factor: int | None = None, *, min_side: int | None = None) -> np.ndarray:
    """Repeat every pixel, so it looks like a sharp square: `factor` times, or until no side is below `min_side`."""
    if factor is None:
        factor = max(1, -(-(min_side or 1) // min(pixels.shape[:2])))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def to_png(pixels: np.ndarray) -> bytes:
    """A PNG file of uint8 pixels (H x W, H x W x 1 or H x W x 3), without metadata.

    Pages send hundreds of tiny ones: light compression takes a third of the time and hardly more space.
    """
    file = BytesIO()
    pil_image = Image.fromarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)
    pil_image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _photo_of_object(grey: np.ndarray, shape: tuple[int, int, int]) -> tuple[np.ndarray, list[str]]:
    """Fashion-MNIST: the object bright on exact black, as large as fits (H. Xiao et al., 2017, section 2)."""
    height, width, _ = shape
    notes = []
    background = float(np.median(border(grey)))
    if background > 127:
        grey, background = 255 - grey, 255 - background
        notes.append("The light background was inverted to black, as in the training images.")
    elif grey.shape == (height, width):
        return grey[..., None], notes
    values = np.clip((grey - background) * (255 / (255 - background)), 0, 255).astype(np.uint8)
    # Margins are found in block means, so that a noisy pixel in one does not matter.
    block = max(1, max(values.shape) // 64)
    means = np.asarray(Image.fromarray(values).reduce(block))
    if (box := ink_box(means)) and means.max() >= BLANK_BELOW:
        top, bottom, left, right = (edge * block for edge in box)
        values = values[top:bottom, left:right]
    scale = min(height / values.shape[0], width / values.shape[1])
    new_height, new_width = (max(1, round(length * scale)) for length in values.shape)
    small = np.asarray(Image.fromarray(values).resize((new_width, new_height), Image.Resampling.BICUBIC))
    out = np.zeros(shape, np.uint8)
    y, x = (height - new_height) // 2, (width - new_width) // 2
    out[y : y + new_height, x : x + new_width, 0] = small
    notes.append("Converted to greyscale, empty margins cropped, black padding added to keep the proportions.")
    return out, notes


def _photo_of_ink(
    grey: np.ndarray, shape: tuple[int, int, int], known_dark: bool | None
) -> tuple[np.ndarray, list[str]]:
    ink, is_dark = tight_crop.separate_crop(grey, known_dark)
    notes: list[str] = []
    if ink is None:
        part, notes, is_located = text_region.crop_handwriting(grey)
        ink, is_dark = separate_photo(part, known_dark, is_located=is_located)
        if ink is None and has_faint_marks(part):
            raise ImageError(TOO_FAINT, "the handwriting is too faint")
    if ink is None or is_pattern(ink) or (box := ink_box(ink)) is None:
        raise ImageError(NO_WRITING, "no handwriting found")
    top, bottom, left, right = box
    notes.append("The handwriting was located and placed as in the training images.")
    if is_dark:
        notes.insert(0, "Dark ink on a light background was inverted to light ink on black.")
    return _place_ink(ink[top:bottom, left:right], shape), notes


def _place_ink(ink: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    height, width, _ = shape
    side = min(height, width)
    placed = centre_ink(thicken(ink), side, fill_of(side))
    y, x = (height - side) // 2, (width - side) // 2
    out = np.zeros(shape, np.uint8)
    out[y : y + side, x : x + side] = placed[..., None]
    return out


def _grey(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.ndim == 2 else np.array(Image.fromarray(pixels).convert("L"))
