"""TIFF files with samples or bands that Pillow cannot hold: 16 and 32 bits in colour, floats, more than four bands.

Pillow parses the tags, and its libtiff unpacks each strip or tile as bytes; this module puts them together. Only the
first page is read. Source of the format: Adobe, TIFF Revision 6.0 (1992); Technical Note 3 (2005) for predictor 3.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
MAX_PAGES, MAX_TAGS = 1000, 200
REDUCED_OR_MASK = 0b101
MAX_CHUNK = 80_000_000
"""Bytes that a compressed strip or tile may unpack to."""
MAX_NAME = 60

_NEW_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANAR, _PREDICTOR = 273, 277, 278, 279, 284, 317
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES, _EXTRA, _FORMAT = 322, 323, 324, 325, 338, 339
_GDAL_METADATA, _GDAL_NODATA, _INK_SET = 42112, 42113, 332
_KINDS = {1: "u", 2: "i", 3: "f"}
_ALPHA = (1, 2)  # associated and unassociated
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _SEPARATED = 0, 1, 2, 5
_CMYK = 1


@dataclass(frozen=True)
class TiffHeader:
    """What the tags of the first page say. `bands` are the samples of a pixel without the alpha channel."""

    size: tuple[int, int]  # width, height
    dtype: np.dtype | None  # of a sample, in the byte order of the file; None if it is none of NumPy's
    samples: int
    bands: int
    names: tuple[str, ...]  # of the bands, where GDAL stored them; otherwise empty
    no_data: float | None  # the value that GDAL stored for missing pixels
    pages: int  # without reduced copies and masks
    bits: int  # of a sample, the most if they differ
    photometric: int
    tags: ImageFileDirectory_v2

    @property
    def has_alpha(self) -> bool:
        return self.bands < self.samples

    @property
    def is_inverted(self) -> bool:
        return self.photometric == _WHITE_IS_ZERO

    @property
    def is_cmyk(self) -> bool:
        """Whether the first four bands are cyan, magenta, yellow and black."""
        has_inks = self.photometric == _SEPARATED and _number(self.tags, _INK_SET, _CMYK) == _CMYK
        return has_inks and self.bands >= 4 and self.dtype is not None and self.dtype.kind == "u"

    @property
    def is_grey_or_rgb(self) -> bool:
        """Whether the bands are brightness, rather than inks, CIELAB, YCbCr, a palette or the filters of a sensor."""
        return self.photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB)

    @property
    def is_deep(self) -> bool:
        """Whether Pillow would clip or refuse it or lose the range of its values, so that it is read here."""
        if self.dtype is None:
            return self.bits > 8
        return self.dtype.itemsize > 1 or self.dtype.kind != "u" or self.samples > 4


def is_tiff(data: bytes) -> bool:
    """Whether these are the bytes of a TIFF or BigTIFF file."""
    return data[:4] in STARTS


def header(data: bytes) -> TiffHeader:
    """The facts about the first page. Raises ValueError, OSError or another error of Pillow's if it is damaged."""
    stream = io.BytesIO(data)
    tags = ImageFileDirectory_v2(stream.read(16 if data[2:4] in (b"+\0", b"\0+") else 8))
    stream.seek(tags.next)
    tags.load(stream)
    width, height = _number(tags, _WIDTH), _number(tags, _HEIGHT)
    samples = _number(tags, _SAMPLES, 1)
    bits, kinds = set(_numbers(tags, _BITS, (1,))), set(_numbers(tags, _FORMAT, (1,)))
    dtype, most_bits = None, max(bits)
    if len(bits) == 1 and len(kinds) == 1 and bits <= {8, 16, 32, 64} and kinds <= _KINDS.keys():
        name = f"{_KINDS[kinds.pop()]}{bits.pop() // 8}"
        if name not in ("f1", "u8", "i8"):
            dtype = np.dtype(("<" if data[:1] == b"I" else ">") + name)
    alphas = sum(extra in _ALPHA for extra in _numbers(tags, _EXTRA, ())[-1:]) if samples > 1 else 0
    return TiffHeader(
        (width, height),
        dtype,
        samples,
        samples - alphas,
        _band_names(tags, samples - alphas),
        _no_data(tags),
        _count_pages(data),
        most_bits,
        _number(tags, _PHOTOMETRIC, _BLACK_IS_ZERO),
        tags,
    )


def samples(data: bytes, found: TiffHeader, wanted: Sequence[int]) -> np.ndarray:
    """The wanted samples (numbers from 0) of each pixel, (height, width, number of wanted), in native byte order.

    Raises:
        ValueError, OSError, zlib.error, struct.error, MemoryError: the file is damaged, or a strip is too large.
    """
    assert found.dtype is not None, "the caller has checked `is_deep`"
    width, height = found.size
    out = np.zeros((height, width, len(wanted)), found.dtype.newbyteorder("="))
    for chunk in _chunks(found):
        if chunk.sample is not None and chunk.sample not in wanted:
            continue
        pixels = _unpacked(data, found, chunk)
        rows, columns = min(chunk.rows, height - chunk.top), min(chunk.columns, width - chunk.left)
        place = out[chunk.top : chunk.top + rows, chunk.left : chunk.left + columns]
        for position, sample in enumerate(wanted):
            if chunk.sample is None:
                place[..., position] = pixels[:rows, :columns, sample]
            elif chunk.sample == sample:
                place[..., position] = pixels[:rows, :columns, 0]
    if found.is_inverted and found.dtype.kind == "u":
        return np.iinfo(out.dtype).max - out
    return out


@dataclass(frozen=True)
class _Chunk:
    """A strip or a tile: where its bytes are, and which pixels they hold. `sample` is None if it holds all samples."""

    offset: int
    num_bytes: int
    top: int
    left: int
    rows: int
    columns: int
    sample: int | None


def _chunks(found: TiffHeader) -> Iterator[_Chunk]:
    tags, (width, height) = found.tags, found.size
    is_tiled = _TILE_OFFSETS in tags
    columns = _number(tags, _TILE_WIDTH) if is_tiled else width
    rows = _number(tags, _TILE_HEIGHT) if is_tiled else min(_number(tags, _ROWS_PER_STRIP, height), height)
    if min(rows, columns) < 1:
        raise ValueError("empty strips")
    offsets = _numbers(tags, _TILE_OFFSETS if is_tiled else _STRIP_OFFSETS, ())
    lengths = _numbers(tags, _TILE_BYTES if is_tiled else _STRIP_BYTES, ())
    across, down = -(-width // columns), -(-height // rows)
    is_planar = _number(tags, _PLANAR, 1) == 2
    expected = across * down * (found.samples if is_planar else 1)
    if len(offsets) != expected or len(lengths) != expected:
        raise ValueError(f"{len(offsets)} strips instead of {expected}")
    for place, (offset, num_bytes) in enumerate(zip(offsets, lengths, strict=True)):
        plane, number = divmod(place, across * down)
        top, left = number // across * rows, number % across * columns
        kept = rows if is_tiled else min(rows, height - top)
        yield _Chunk(offset, num_bytes, top, left, kept, columns, plane if is_planar else None)


def _unpacked(data: bytes, found: TiffHeader, chunk: _Chunk) -> np.ndarray:
    """The pixels of a chunk, (rows, columns, samples), in native byte order, with the predictor undone."""
    assert found.dtype is not None
    depth = found.samples if chunk.sample is None else 1
    row_bytes = chunk.columns * depth * found.dtype.itemsize
    packed = data[chunk.offset : chunk.offset + chunk.num_bytes]
    raw = _decompressed(packed, _number(found.tags, _COMPRESSION, 1), row_bytes, chunk.rows)
    shape = chunk.rows, chunk.columns, depth
    predictor = _number(found.tags, _PREDICTOR, 1)
    if predictor == 3:
        steps = np.frombuffer(raw, np.uint8).reshape(chunk.rows, -1, depth)
        planes = np.cumsum(steps, axis=1, dtype=np.uint8).reshape(chunk.rows, found.dtype.itemsize, -1)
        floats = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(found.dtype.newbyteorder(">"))
        return floats.reshape(shape).astype(found.dtype.newbyteorder("="))
    pixels = np.frombuffer(raw, found.dtype).reshape(shape).astype(found.dtype.newbyteorder("="), copy=False)
    if predictor == 2:
        unsigned = pixels.view(f"u{pixels.dtype.itemsize}")
        return np.cumsum(unsigned, axis=1, dtype=unsigned.dtype).view(pixels.dtype)
    return pixels


def _decompressed(packed: bytes, compression: int, row_bytes: int, rows: int) -> bytes:
    expected = row_bytes * rows
    if compression == 1:
        return packed[:expected]
    if expected > MAX_CHUNK:
        raise ValueError("a strip or tile is too large")
    if compression in (8, 32946):
        return zlib.decompressobj().decompress(packed, expected)
    # LZW, PackBits, Zstandard and others: as one strip of bytes, which libtiff leaves as they are.
    entries = [(256, row_bytes), (257, rows), (258, 8), (259, compression), (262, 1), (273, 122), (277, 1)]
    entries += [(278, rows), (279, len(packed))]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    file = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + directory + bytes(4) + packed
    with Image.open(io.BytesIO(file), formats=("TIFF",)) as image:
        return image.tobytes()


def _count_pages(data: bytes) -> int:
    """The pages without reduced copies and masks, which NewSubfileType marks: a GeoTIFF often has some."""
    order, is_big = "<" if data[:1] == b"I" else ">", data[2:4] in (b"+\0", b"\0+")
    pointer, length, entry = (order + "Q", order + "Q", 20) if is_big else (order + "I", order + "H", 12)
    seen: set[int] = set()
    count = 0
    try:
        (place,) = struct.unpack_from(pointer, data, 8 if is_big else 4)
        while place and place not in seen and len(seen) < MAX_PAGES:
            seen.add(place)
            (entries,) = struct.unpack_from(length, data, place)
            place += struct.calcsize(length)
            kinds = [
                struct.unpack_from(order + "I", data, start + entry - struct.calcsize(pointer))[0]
                for start in range(place, place + entry * min(entries, MAX_TAGS), entry)
                if struct.unpack_from(order + "H", data, start)[0] == _NEW_SUBFILE
            ]
            count += not any(kind & REDUCED_OR_MASK for kind in kinds)
            (place,) = struct.unpack_from(pointer, data, place + entries * entry)
    except struct.error:  # the chain ends in nothing: what was counted is there
        pass
    return max(1, count)


def _band_names(tags: ImageFileDirectory_v2, bands: int) -> tuple[str, ...]:
    found = [""] * bands
    text = str(tags.get(_GDAL_METADATA, ""))[:100_000]
    for item in re.finditer(r"<Item\b([^>]*)>([^<]*)</Item>", text):
        sample = re.search(r'sample="(\d+)"', item[1])
        if sample and 'role="description"' in item[1] and int(sample[1][:6]) < bands:
            found[int(sample[1][:6])] = " ".join(item[2].split())[:MAX_NAME]
    return tuple(found) if any(found) else ()


def _no_data(tags: ImageFileDirectory_v2) -> float | None:
    try:
        return float(str(tags[_GDAL_NODATA]).strip("\0 "))
    except (KeyError, ValueError):
        return None


def _numbers(tags: ImageFileDirectory_v2, tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
    value: Any = tags.get(tag, default)
    return tuple(map(int, value if isinstance(value, tuple) else (value,)))


def _number(tags: ImageFileDirectory_v2, tag: int, default: int | None = None) -> int:
    """The first value of a tag. Raises ValueError if it is missing and has no default."""
    values = _numbers(tags, tag, () if default is None else (default,))
    if not values:
        raise ValueError(f"tag {tag} is missing")
    return values[0]
