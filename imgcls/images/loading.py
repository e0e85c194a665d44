"""Any picture a person has -> the uint8 pixels a model expects; the one door for foreign pictures.

    open_picture      the bytes of a file      -> Picture, upright RGB
    open_canvas       the bytes of a canvas    -> its pixels, RGBA
    prepare_photo     a Picture                -> Prepared, the shape a model takes
    prepare_drawing   what a canvas shows      -> Prepared
    prepare_ink       ink alone                -> Prepared
    enlarge, to_png   pixels                   -> something to show or to keep

What was done on the way is told in notes, one plain sentence each. Nothing of a file but its pixels gets through.
"""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from imgcls.errors import ImageError
from imgcls.images import square, text_region
from imgcls.images.ink import (
    BLANK_BELOW,
    border,
    centre_ink,
    fill_of,
    ink_box,
    separate_drawing,
    separate_photo,
    thicken,
)

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")  # Pillow would try 43, one of which starts Ghostscript
SMALLEST_SIDE = 8  # pixels
LARGEST_ASPECT = 20  # longer side by shorter side
COUNT_FRAMES_BELOW = 1_000_000  # bytes: in a longer GIF counting its frames may take seconds

NO_WRITING = "There is no writing to be seen. Take a photo of one dark digit on plain light paper."
_EXPECTED = "Expected a PNG, JPEG, WEBP, GIF or BMP picture."
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class LoadedImage:
    """A foreign picture made harmless: uint8 pixels, H x W x 3, RGB, upright; and what was done to get them."""

    pixels: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """Pixels as a model takes them (uint8, height x width x channels) and what was done to get them."""

    pixels: np.ndarray
    notes: tuple[str, ...] = ()


def open_image(
    data: bytes, name: str = "the picture", *, max_megapixels: float = 25, at_least: int | None = None
) -> LoadedImage:
    """Open the bytes of a PNG, JPEG, WEBP, GIF or BMP file; anything else is a PictureError that names the file.

    With `at_least` a large picture may come back reduced, but no side below so many pixels: that is faster, above all
    for JPEG. The size is read from the header, before anything is decoded.
    """
    name = _short(name)
    if not data:
        raise ImageError(f"{name} is empty. {_EXPECTED} Choose another file.", "empty")
    try:
        pil_image = Image.open(BytesIO(data), formats=FORMATS)
        frames = _frames(pil_image, len(data))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(name, "far too many", max_megapixels) from None
    except Image.UnidentifiedImageError:
        raise _unknown(name, data) from None
    except Exception as error:  # whatever Pillow raises on foreign bytes is about the bytes: it has no one error type
        raise _damaged(name) from error
    _check_size(pil_image.size, name, max_megapixels)
    try:
        if at_least and pil_image.format == "JPEG":
            pil_image.draft(None, (at_least, at_least))
        pil_image.load()
        pil_image, notes = _upright(pil_image)
        pil_image, more_notes = _to_rgb(pil_image)
    except Exception as error:
        raise _damaged(name) from error
    if at_least and (factor := min(pil_image.size) // at_least) > 1:
        pil_image = pil_image.reduce(factor)
    if frames:
        notes.append(f"Only the first of {frames} frames is used.")
    return LoadedImage(np.array(pil_image), tuple(notes + more_notes))


def open_canvas(data: bytes, width: int, height: int) -> np.ndarray:
    """The pixels of a canvas of this page, uint8 (height, width, 4), from the bytes of its PNG file.

    It sends its own pixels and no others, so another size is refused, from the header, before anything is decoded.

    Raises:
        PictureError: it is something else.
    """
    try:
        pil_image = Image.open(BytesIO(data), formats=("PNG",))
        if pil_image.size != (width, height):
            raise ValueError(f"{pil_image.size} pixels")
        return np.array(pil_image.convert("RGBA"))
    except Exception as error:  # as in `open_picture`
        raise ImageError("The drawing did not arrive whole. Reload the page and try again.") from error


def prepare_photo(
    image: LoadedImage | np.ndarray, shape: tuple[int, int, int], *, ink: bool = False, fit: str = ""
) -> Prepared:
    """Turn a photo into what a model of input `shape` (height, width, 1 or 3 channels) was trained on.

    - colour models: the middle in the model's proportions, resized
    - grey models (clothes): the whole thing, bright on black
    - `ink` (digits): the writing alone, bright on black, placed as MNIST does
    - `fit` ("crop" or "pad", own pictures): as they were made square when they were imported

    An array is taken as H x W x 3 (RGB) or H x W (grey), uint8. The notes of the picture are carried on.
    """
    if isinstance(image, np.ndarray):
        image = LoadedImage(image)
    if fit in square.FITS and image.pixels.ndim == 3:
        pixels = square.framed(image.pixels, shape[0], shape[2], fit)
        notes = [text for text in (square.note(*image.pixels.shape[:2], fit),) if text]
    elif ink:
        pixels, notes = _photo_of_ink(_grey(image.pixels), shape)
    elif shape[2] == 1:
        pixels, notes = _photo_of_thing(_grey(image.pixels), shape)
    else:
        pixels, notes = square.middle(image.pixels, shape)
    return Prepared(pixels, image.notes + tuple(notes))


def prepare_drawing(canvas: np.ndarray, shape: tuple[int, int, int]) -> Prepared:
    """Turn a canvas (H x W x 4 RGBA or H x W grey, uint8) into a digit as MNIST has them: light ink on black."""
    ink = separate_drawing(canvas)
    if ink is None:
        raise ImageError("Nothing is drawn yet. Draw something large in the middle of the field.")
    return Prepared(_place_ink(ink, shape))


def prepare_ink(ink: np.ndarray, shape: tuple[int, int, int]) -> Prepared:
    """Turn ink (H x W, uint8, bright on 0) into a digit as MNIST has them."""
    return Prepared(_place_ink(ink, shape))


def enlarge(pixels: np.ndarray, factor: int | None = None, *, min_side: int | None = None) -> np.ndarray:
    """Repeat every pixel, so that it shows as a sharp square: `factor` times, or until no side is below `min_side`."""
    if factor is None:
        factor = max(1, -(-(min_side or 1) // min(pixels.shape[:2])))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def to_png(pixels: np.ndarray) -> bytes:
    """A PNG file of uint8 pixels (H x W, H x W x 1 or H x W x 3) that holds pixels and nothing else.

    Pages send hundreds of tiny ones: packed quickly they take a third of the time, and hardly more room.
    """
    file = BytesIO()
    pil_image = Image.fromarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)
    pil_image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _photo_of_thing(grey: np.ndarray, shape: tuple[int, int, int]) -> tuple[np.ndarray, list[str]]:
    """Fashion-MNIST: the thing bright on exact black, as large as fits (H. Xiao et al., 2017, section 2)."""
    height, width, _ = shape
    notes = []
    ground = float(np.median(border(grey)))
    if ground > 127:
        grey, ground = 255 - grey, 255 - ground
        notes.append("The light background was turned to black and the picture inverted, as in the training pictures.")
    elif grey.shape == (height, width):
        return grey[..., None], notes
    values = np.clip((grey - ground) * (255 / (255 - ground)), 0, 255).astype(np.uint8)
    # A margin is judged by means over blocks, so that a noisy pixel in it counts for nothing.
    block = max(1, max(values.shape) // 64)
    there = np.asarray(Image.fromarray(values).reduce(block))
    if (box := ink_box(there)) and there.max() >= BLANK_BELOW:
        top, bottom, left, right = (edge * block for edge in box)
        values = values[top:bottom, left:right]
    scale = min(height / values.shape[0], width / values.shape[1])
    new_height, new_width = (max(1, round(length * scale)) for length in values.shape)
    small = np.asarray(Image.fromarray(values).resize((new_width, new_height), Image.Resampling.BICUBIC))
    out = np.zeros(shape, np.uint8)
    y, x = (height - new_height) // 2, (width - new_width) // 2
    out[y : y + new_height, x : x + new_width, 0] = small
    notes.append("The picture was made grey, empty margins were cut and black was added to keep its proportions.")
    return out, notes


def _photo_of_ink(grey: np.ndarray, shape: tuple[int, int, int]) -> tuple[np.ndarray, list[str]]:
    part, notes = text_region.cutout(grey)
    ink, is_dark = separate_photo(part)
    if ink is None:
        raise ImageError(NO_WRITING, "no writing to be seen")
    top, bottom, left, right = ink_box(ink)
    notes.append("The writing was cut out and placed as in the training pictures.")
    if is_dark:
        notes.insert(0, "Dark ink on a light ground was inverted to light ink on black.")
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


def _upright(pil_image: Image.Image) -> tuple[Image.Image, list[str]]:
    try:
        orientation = pil_image.getexif().get(0x0112)
    except Exception:  # a damaged note on how the camera was held is no reason to refuse the picture  # noqa: BLE001
        orientation = None
    if orientation not in _UPRIGHT:
        return pil_image, []
    return pil_image.transpose(_UPRIGHT[orientation]), [
        f"The photo was turned upright (EXIF orientation {orientation})."
    ]


def _to_rgb(pil_image: Image.Image) -> tuple[Image.Image, list[str]]:
    """One RGB picture from each of the modes that the five formats hold: 1, L, LA, P, RGB, RGBA, CMYK and I;16."""
    if pil_image.mode.startswith("I"):  # Pillow would clip: every value above 255 would be white
        grey = np.rint(np.asarray(pil_image, np.float32) / 257).clip(0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB"), ["16-bit grey levels were scaled to 8 bits."]
    if pil_image.has_transparency_data:
        pil_image = pil_image.convert("RGBA")
        if pil_image.getextrema()[3][0] < 255:
            white = Image.new("RGB", pil_image.size, "white")
            white.paste(pil_image, mask=pil_image.getchannel("A"))
            return white, ["Transparent parts were laid on white."]
    notes = ["Printing colours (CMYK) were turned into screen colours."] if pil_image.mode == "CMYK" else []
    return pil_image.convert("RGB"), notes


def _frames(pil_image: Image.Image, num_bytes: int) -> str:
    """How many frames an animation has, in words; nothing for a still picture."""
    if not getattr(pil_image, "is_animated", False):
        return ""
    return str(pil_image.n_frames) if pil_image.format != "GIF" or num_bytes < COUNT_FRAMES_BELOW else "many"


def _check_size(size: tuple[int, int], name: str, max_megapixels: float) -> None:
    width, height = size
    if width * height > max_megapixels * 1e6:
        raise _too_large(name, f"{width} x {height}", max_megapixels)
    if min(size) < SMALLEST_SIDE:
        raise ImageError(
            f"{name} has {width} x {height} pixels, too few to see anything. "
            f"Expected at least {SMALLEST_SIDE} on each side. Choose a larger picture.",
            f"smaller than {SMALLEST_SIDE} pixels on a side",
        )
    if max(size) > LARGEST_ASPECT * min(size):
        raise ImageError(
            f"{name} is a strip of {width} x {height} pixels. "
            f"Expected a longer side of at most {LARGEST_ASPECT} times the shorter one. Cut out the part that matters.",
            f"a strip: one side is more than {LARGEST_ASPECT} times the other",
        )


def _too_large(name: str, pixels: str, most: float) -> ImageError:
    return ImageError(
        f"{name} has {pixels} pixels. Expected at most {most:g} megapixels. Save a smaller copy and use that.",
        f"more than {most:g} megapixels",
    )


def _damaged(name: str) -> ImageError:
    return ImageError(
        f"{name} is damaged or not complete. {_EXPECTED} Save or download it again.", "damaged or not complete"
    )


def _unknown(name: str, data: bytes) -> ImageError:
    if data[4:8] == b"ftyp" and data[8:11] in (b"hei", b"hev", b"mif", b"msf", b"avi"):
        what = "a HEIC or AVIF photo, which cannot be read here"
        return ImageError(f"{name} is {what}. {_EXPECTED} Save it as JPEG and use that.", what)
    return ImageError(f"{name} is not a picture that can be read here. {_EXPECTED} Save it in one of these formats.")


def _short(name: str) -> str:
    """A file name fit for a sentence: one line, in quotes, not too long."""
    plain = "".join(character if character.isprintable() else " " for character in name)
    if plain == "the picture":
        return "The picture"
    return f"'{plain[:37]}...{plain[-20:]}'" if len(plain) > 60 else f"'{plain}'"
