"""The bytes of an image file -> upright uint8 RGB pixels. Its size is checked in the header, before it is decoded."""

import functools
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from imgcls.errors import ImageError
from imgcls.images.files import colour_profile, samples, tiff
from imgcls.images.files.checks import (
    EXPECTED,
    UNNAMED,
    check_size,
    damaged,
    is_heif,
    quoted,
    too_large,
    unknown,
    unsupported,
)
from imgcls.images.files.notes import Note
from imgcls.images.files.pixel_scale import NO_SCALE, PixelScale, own_range, to_8_bit

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "HEIF")
"""Pillow would try 43, one of which runs Ghostscript."""
COUNT_FRAMES_BELOW = 1_000_000  # bytes: in a longer GIF counting its frames may take seconds
REDUCIBLE = {"JPEG": 8.0, "MPO": 8.0, "HEIF": 2.0, "AVIF": 2.0}
"""How many times the usual limit of megapixels a photo may have if a reduced size is enough. JPEG is decoded at an
eighth of its size, row by row; the two others in full, three bytes a pixel.
"""
PROGRESSIVE = 2.0
"""The same for a progressive JPEG, whose coefficients (up to six bytes a pixel) are all in memory at once."""
PALE = 191
"""Visible parts with a mean level above this are put on black, because white would hide them."""
END_OF_JPEG = b"\xff\xd9"

Image.MAX_IMAGE_PIXELS = 200_000_000  # the limits here are lower; Pillow would warn about a phone's 108 megapixels

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
    """A foreign image made safe: uint8 pixels, H x W x 3, RGB, upright; and what was done to get them."""

    pixels: np.ndarray
    notes: tuple[str, ...] = ()


def open_image(
    data: bytes,
    name: str = UNNAMED,
    *,
    max_megapixels: float = 25,
    at_least: int | None = None,
    scale: PixelScale = NO_SCALE,
) -> LoadedImage:
    """Opens the bytes of an image file in one of `FORMATS`.

    With `at_least`, a large image may be reduced while it is decoded, but neither side below that many pixels: much
    faster, and photos beyond `max_megapixels` can be read (see `REDUCIBLE`). `scale` is that of a dataset or a model;
    without one, values beyond 8 bits are scaled by their own range.

    Raises:
        ImageError: the bytes are something else, damaged or too large. The message names the file.
    """
    if not data:
        raise ImageError(f"{quoted(name)} is empty. {EXPECTED} Choose another file.", "empty")
    if samples.is_deep(data):
        return _open_samples(data, name, max_megapixels, at_least, scale)
    pil_image, frames = _opened(data, name, max_megapixels)
    try:
        image = from_pil(pil_image, name, max_megapixels=max_megapixels, at_least=at_least)
    except ImageError:
        if pil_image.format not in ("JPEG", "MPO") or data.rstrip(b"\0").endswith(END_OF_JPEG):
            raise
        image = _without_end(data, name, max_megapixels, at_least)
    return LoadedImage(image.pixels, (*frames, *image.notes))


def from_pil(
    pil_image: Image.Image, name: str = UNNAMED, *, max_megapixels: float = 25, at_least: int | None = None
) -> LoadedImage:
    """The same for an opened Pillow image, decoded or not."""
    name = quoted(name)
    check_size(pil_image.size, name, max_megapixels * (_reducible(pil_image) if at_least else 1))
    try:
        if at_least and pil_image.format in ("JPEG", "MPO"):
            pil_image.draft(None, (at_least, at_least))
            if pil_image.width * pil_image.height > max_megapixels * REDUCIBLE["AVIF"] * 1e6:
                raise too_large(name, f"{pil_image.width}×{pil_image.height}", max_megapixels)
        pil_image.load()
        profile = pil_image.info.get("icc_profile")
        pil_image, notes = _upright(pil_image)
        pil_image, more_notes = _to_rgb(pil_image)
        pil_image, last_notes = colour_profile.to_srgb(_reduced(pil_image, at_least), profile)
    except ImageError:
        raise
    except Exception as error:  # Pillow raises many types for damaged files
        raise damaged(name) from error
    return LoadedImage(np.array(pil_image), tuple(notes + more_notes + last_notes))


def from_array(pixels: np.ndarray) -> LoadedImage:
    """The same for uint8 pixels (height, width, 1, 3 or 4): only transparency is removed, so grey keeps one channel."""
    if pixels.shape[2] != 4:
        return LoadedImage(pixels)
    if pixels[..., 3].min() == 255:
        return LoadedImage(pixels[..., :3])
    pil_image, note = _on_background(Image.fromarray(pixels))
    return LoadedImage(np.array(pil_image), (note,))


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height from the header, without decoding; None if they cannot be read."""
    try:
        if tiff.is_tiff(data):
            return samples.size_of(data)
        with Image.open(BytesIO(data), formats=_formats(data)) as image:
            return image.size
    except Exception:  # Pillow raises many types; opening the image will report what is wrong  # noqa: BLE001
        return None


def _opened(data: bytes, name: str, max_megapixels: float) -> tuple[Image.Image, list[str]]:
    """The image, not decoded yet, and a note if it is one of many."""
    try:
        pil_image = Image.open(BytesIO(data), formats=_formats(data))
        return pil_image, _frames(pil_image, data)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_large(quoted(name), "far too many", max_megapixels) from None
    except Image.UnidentifiedImageError:
        raise (damaged if is_heif(data) else unknown)(quoted(name)) from None
    except (
        Exception
    ) as error:  # Pillow has no single error type: whatever it raises on foreign bytes is about the bytes
        raise damaged(quoted(name)) from error


def _formats(data: bytes) -> tuple[str, ...]:
    if is_heif(data):
        _register_heif()
        return ("HEIF",)
    return tuple(name for name in FORMATS if name != "HEIF")


@functools.cache
def _register_heif() -> None:
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)


def _reducible(pil_image: Image.Image) -> float:
    if pil_image.info.get("progressive"):
        return PROGRESSIVE
    return REDUCIBLE.get(pil_image.format or "", 1.0)


def _reduced(pil_image: Image.Image, at_least: int | None) -> Image.Image:
    if at_least and (factor := min(pil_image.size) // at_least) > 1:
        return pil_image.reduce(factor)
    return pil_image


def _open_samples(
    data: bytes, name: str, max_megapixels: float, at_least: int | None, scale: PixelScale
) -> LoadedImage:
    """An image with values beyond 8 bits, or with more than four bands."""
    if size := size_of(data):
        check_size(size, quoted(name), max_megapixels)
    try:
        found = samples.read(data, scale.bands)
        is_8_bit = found.values.dtype == np.uint8
        low, high = (scale.low, scale.high) if scale.has_range else own_range(found.values, found.no_data)
        pixels = found.values if is_8_bit else to_8_bit(found.values, low, high, found.no_data)
    except MemoryError:
        raise too_large(quoted(name), "more", max_megapixels) from None
    except samples.Unreadable as error:
        raise (unsupported if isinstance(error, samples.Unsupported) else damaged)(quoted(name)) from error
    notes: list[str] = [Note("CMYK colours were converted to RGB.")] if found.was_cmyk else []
    if found.pages > 1:
        notes.append(_first_of(str(found.pages), "pages"))
    if found.bands:
        notes.append(
            Note(
                f"Bands {', '.join(map(str, found.used))} of {found.bands} are used as red, green and blue.",
                f"Bands {', '.join(map(str, found.used))} used as red, green and blue",
            )
        )
    if not is_8_bit:
        notes.append(Note(f"Values from {low:g} to {high:g} were scaled to 8 bits.", "Values scaled to 8 bits"))
    pil_image = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0]).convert("RGB")
    if found.alpha is not None and found.alpha.min() < 255:
        pil_image.putalpha(Image.fromarray(found.alpha))
        pil_image, note = _on_background(pil_image)
        notes.append(note)
    return LoadedImage(np.array(_reduced(pil_image, at_least)), tuple(notes))


def _without_end(data: bytes, name: str, max_megapixels: float, at_least: int | None) -> LoadedImage:
    """A JPEG without its end marker, if all of its pixels are there.

    A decoder fills what is missing. Whether a scan is complete shows in what follows it: then that changes nothing.
    """
    images = [
        from_pil(
            _opened(data + filler + END_OF_JPEG, name, max_megapixels)[0],
            name,
            max_megapixels=max_megapixels,
            at_least=at_least,
        )
        for filler in (b"", b"\x5a\xa5" * 4096)
    ]
    if not np.array_equal(images[0].pixels, images[1].pixels):
        raise damaged(quoted(name))
    note = Note("The file has no end marker, but all of its pixels are there.", "Complete without an end marker")
    return LoadedImage(images[0].pixels, (note, *images[0].notes))


def _upright(pil_image: Image.Image) -> tuple[Image.Image, list[str]]:
    try:
        orientation = pil_image.getexif().get(0x0112)
    except Exception:  # damaged metadata is no reason to reject an image  # noqa: BLE001
        orientation = None
    if orientation not in _UPRIGHT:
        return pil_image, []
    note = Note(f"The photo was rotated upright (EXIF orientation {orientation}).", "Rotated upright")
    return pil_image.transpose(_UPRIGHT[orientation]), [note]


def _to_rgb(pil_image: Image.Image) -> tuple[Image.Image, list[str]]:
    """An RGB image from any mode of 8 bits that the formats can have."""
    if pil_image.mode[:1] in "IF":  # an image of Pillow's that was not read from a file
        values = np.asarray(pil_image)
        low, high = own_range(values)
        note = Note(f"Values from {low:g} to {high:g} were scaled to 8 bits.", "Values scaled to 8 bits")
        return Image.fromarray(to_8_bit(values, low, high)).convert("RGB"), [note]
    if pil_image.has_transparency_data:
        pil_image = pil_image.convert("RGBA")
        if np.asarray(pil_image.getchannel("A")).min() < 255:
            pil_image, text = _on_background(pil_image)
            return pil_image, [text]
    if pil_image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(pil_image, lab, srgb, outputMode="RGB")
        assert converted is not None, "it is not done in place"
        return converted, [Note("CIELAB colours were converted to RGB.")]
    notes = [Note("CMYK colours were converted to RGB.")] if pil_image.mode == "CMYK" else []
    return pil_image.convert("RGB"), list(notes)


def _on_background(pil_image: Image.Image) -> tuple[Image.Image, str]:
    """An RGBA image on white, or on black if what is visible is nearly white."""
    alpha = np.asarray(pil_image.getchannel("A"), np.float32)
    levels = np.asarray(pil_image.convert("RGB").convert("L"), np.float32)
    total = float(alpha.sum())
    is_pale = total > 0 and float((levels * alpha).sum()) / total > PALE
    background = Image.new("RGB", pil_image.size, "black" if is_pale else "white")
    background.paste(pil_image, mask=pil_image.getchannel("A"))
    if is_pale:
        text = "Transparent areas were filled with black, because the visible parts are nearly white."
        return background, Note(text, "Transparent areas filled with black")
    return background, Note("Transparent areas were filled with white.", "Transparent areas filled with white")


def _frames(pil_image: Image.Image, data: bytes) -> list[str]:
    """A note about an animation or a file of many pages; none for a still image and for previews that a phone adds."""
    if pil_image.format == "TIFF":
        pages = tiff.header(data).pages
        return [_first_of(str(pages), "pages")] if pages > 1 else []
    if not getattr(pil_image, "is_animated", False) or pil_image.format == "MPO":
        return []
    if pil_image.format == "GIF" and len(data) >= COUNT_FRAMES_BELOW:
        return [_first_of("many", "frames")]
    return [_first_of(str(getattr(pil_image, "n_frames", "many")), "frames")]


def _first_of(count: str, what: str) -> Note:
    return Note(f"Only the first of {count} {what} is used.", f"Only the first of several {what} used")
