"""Values beyond 8 bits, and more than three bands, as they are in a file: Pillow would clip or drop them."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageFile

from imgcls.images.files import tiff

PNG = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 400_000_000
"""Of the bands that are read."""
_SPACE = rb"(?:\s|#[^\n]{0,1000}\n){1,100}"
_PNM = re.compile(
    rb"P(?P<kind>[2356])"
    + _SPACE
    + rb"(?P<width>\d{1,6})"
    + _SPACE
    + rb"(?P<height>\d{1,6})"
    + _SPACE
    + rb"(?P<most>\d{1,6})\s"
)
"""The header of a PGM or PPM file: https://netpbm.sourceforge.net/doc/ppm.html."""


@dataclass(frozen=True)
class Samples:
    """The values of an image: (height, width, 1 or 3), native byte order. `alpha` is uint8 (height, width), or None."""

    values: np.ndarray
    alpha: np.ndarray | None = None
    no_data: float | None = None
    pages: int = 1
    bands: int = 0  # in the file, if there are more than three
    used: tuple[int, ...] = ()  # the numbers (from 1) of those that became red, green and blue
    was_cmyk: bool = False


class Unreadable(ValueError):
    """The file is damaged, or holds something that is not understood."""


class Unsupported(Unreadable):
    """The file is intact, but its values are not brightness of grey or RGB, or have an unusual number of bits."""


def is_deep(data: bytes) -> bool:
    """Whether a file holds values beyond 8 bits or more than four bands, judging by its header."""
    if data.startswith(PNG):
        return data[24:25] == b"\x10"
    if tiff.is_tiff(data):
        found = _header(data)
        return found is not None and found.is_deep
    text = _PNM.match(data)
    return text is not None and 255 < int(text["most"]) < 65536


def bands_of(data: bytes) -> tuple[str, ...]:
    """The names of the bands of a file that has more than three; empty for other files. A name may be empty."""
    found = _header(data) if tiff.is_tiff(data) else None
    if found is None or found.dtype is None or found.bands <= 3 or found.is_cmyk:
        return ()
    return found.names or ("",) * found.bands


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a TIFF file from its header; None for other or damaged files."""
    found = _header(data) if tiff.is_tiff(data) else None
    return found.size if found else None


def read(data: bytes, bands: Sequence[int] = ()) -> Samples:
    """The values of a file for which `is_deep` is true; `bands` (numbers from 1) choose red, green and blue.

    Raises:
        Unreadable: it is damaged; Unsupported: it is intact.
        MemoryError: it is too large.
    """
    try:
        if tiff.is_tiff(data):
            return _of_tiff(data, bands)
        if text := _PNM.match(data):
            return _of_pnm(data, text)
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            return _of_png(data, image)
    except (MemoryError, Unreadable):
        raise
    except Exception as error:  # Pillow has no single error type: whatever it raises here is about the bytes
        raise Unreadable(str(error)) from error


def _of_tiff(data: bytes, bands: Sequence[int]) -> Samples:
    found = tiff.header(data)
    if found.dtype is None:
        return _packed(data, found)
    if found.is_cmyk:
        return _of_cmyk(data, found)
    if not found.is_grey_or_rgb:
        raise Unsupported(f"photometric interpretation {found.photometric}")
    used = tuple(bands) if found.bands > 3 and bands and max(bands) <= found.bands else (1, 2, 3)
    wanted = [0] if found.bands < 3 else [band - 1 for band in used]
    values, opaque = _values_and_alpha(data, found, wanted)
    many = found.bands > 3
    return Samples(values, opaque, found.no_data, found.pages, found.bands if many else 0, used if many else ())


def _values_and_alpha(data: bytes, found: tiff.TiffHeader, wanted: list[int]) -> tuple[np.ndarray, np.ndarray | None]:
    """The wanted samples, and the alpha channel as uint8 if there is one. Raises MemoryError."""
    alpha = [found.samples - 1] if found.has_alpha else []
    width, height = found.size
    assert found.dtype is not None
    if width * height * (len(wanted) + len(alpha)) * found.dtype.itemsize > MAX_BYTES:
        raise MemoryError
    values = tiff.samples(data, found, wanted + alpha)
    opaque = None
    if alpha and values.dtype.kind == "u":
        opaque = (values[..., -1] >> 8 * (values.dtype.itemsize - 1)).astype(np.uint8)
    return values[..., : len(wanted)], opaque


def _of_cmyk(data: bytes, found: tiff.TiffHeader) -> Samples:
    """Red, green and blue from the four inks, as Pillow converts those of 8 bits."""
    inks, opaque = _values_and_alpha(data, found, [0, 1, 2, 3])
    most = np.iinfo(inks.dtype).max
    values = np.empty((*inks.shape[:2], 3), inks.dtype)
    for row, out in zip(inks, values, strict=True):  # by row, because the products need eight times the memory
        paper = (most - row) / most
        out[...] = np.rint(paper[:, :3] * paper[:, 3:] * most)
    return Samples(values, opaque, found.no_data, found.pages, was_cmyk=True)


def _packed(data: bytes, found: tiff.TiffHeader) -> Samples:
    """Values of 12 bits, two of which share three bytes: Pillow unpacks them, and can read no other such depth."""
    try:
        with Image.open(io.BytesIO(data), formats=("TIFF",)) as image:
            return Samples(np.asarray(image)[..., None], None, found.no_data, found.pages)
    except (Image.UnidentifiedImageError, SyntaxError) as error:
        raise Unsupported(f"{found.bits} bits a sample") from error


def _of_pnm(data: bytes, found: re.Match[bytes]) -> Samples:
    """Values of a PGM or PPM file, from 0 to 65,535: Pillow would keep the high byte of colours."""
    samples = 3 if found["kind"] in b"36" else 1
    width, height, most = (int(found[name]) for name in ("width", "height", "most"))
    count = width * height * samples
    if found["kind"] in b"56":
        values = np.frombuffer(data, ">u2", count, found.end())
    else:
        text = re.sub(rb"#[^\n]*", b"", data[found.end() :]).decode("ascii")
        values = np.fromstring(text, np.int64, count, sep=" ")
    if len(values) < count or values.max() > most:
        raise Unreadable("too few values, or larger ones than it declares")
    scaled = np.empty((height, width * samples), np.uint16)
    for row, out in zip(values.reshape(scaled.shape), scaled, strict=True):
        out[...] = np.rint(row * (65535 / most))
    return Samples(scaled.reshape(height, width, samples))


def _of_png(data: bytes, image: ImageFile.ImageFile) -> Samples:
    """Pillow keeps the high byte of a 16-bit colour sample; decoding with swapped bytes gives the low one."""
    if image.mode == "I;16":
        return Samples(np.asarray(image)[..., None])
    args: Any = image.tile[0].args
    raw_mode = args if isinstance(args, str) else args[0]
    if raw_mode == "LA;16B":  # four bytes a pixel: the intensity and the alpha value, high bytes first
        pairs = _decoded(data, "RGBA").astype(np.uint16)
        return Samples((pairs[..., :1] << 8) + pairs[..., 1:2], pairs[..., 2].astype(np.uint8))
    high, low = (_decoded(data, raw_mode[:-1] + order).astype(np.uint16) for order in "BL")
    values = (high << 8) + low
    return Samples(values[..., :3], high[..., 3].astype(np.uint8) if values.shape[2] == 4 else None)


def _decoded(data: bytes, raw_mode: str) -> np.ndarray:
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        image.tile = [tile._replace(args=raw_mode) for tile in image.tile]
        image.info.pop("transparency", None)
        return np.asarray(image)


def _header(data: bytes) -> tiff.TiffHeader | None:
    try:
        return tiff.header(data)
    except Exception:  # as above  # noqa: BLE001
        return None
