"""TIFF files of every kind that cameras, microscopes and satellites produce, written from arrays."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

COMPRESSIONS = {"none": 1, "lzw": 5, "deflate": 8, "packbits": 32773}
KINDS = {"u": 1, "i": 2, "f": 3}


def tiff(
    array: np.ndarray,
    *,
    order: str = "<",
    compression: str = "none",
    predictor: int = 1,
    planar: bool = False,
    tile: int = 0,
    rows_per_strip: int = 7,
    extra: int | None = None,
    names: tuple[str, ...] = (),
    no_data: str = "",
    copies: tuple[int, ...] = (),
    photometric: int | None = None,
) -> bytes:
    """The bytes of a TIFF file with this image, (height, width, samples), in the byte order `order`.

    `extra` is the meaning of the last sample (0: another band, 2: alpha). `copies` are NewSubfileTypes of further pages
    with the same pixels: 0 is a page, 1 a reduced copy, 4 a mask. `photometric` is what the samples mean, by default
    grey or RGB: 5 CMYK, 8 CIELAB.
    """
    height, width, samples = array.shape
    array = array.astype(array.dtype.newbyteorder(order))
    planes = [array[..., band : band + 1] for band in range(samples)] if planar else [array]
    chunks = [
        _packed(chunk, compression, predictor) for plane in planes for chunk in _chunks(plane, tile, rows_per_strip)
    ]
    file = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
    offsets = [_append(file, chunk) for chunk in chunks]
    entries: dict[int, tuple[str, list]] = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [array.itemsize * 8] * samples),
        259: ("H", [COMPRESSIONS[compression]]),
        262: ("H", [photometric or (2 if samples >= 3 else 1)]),
        277: ("H", [samples]),
        284: ("H", [2 if planar else 1]),
        317: ("H", [predictor]),
        339: ("H", [KINDS[array.dtype.kind]] * samples),
    }
    lengths = [len(chunk) for chunk in chunks]
    if tile:
        entries |= {322: ("I", [tile]), 323: ("I", [tile]), 324: ("I", offsets), 325: ("I", lengths)}
    else:
        entries |= {273: ("I", offsets), 278: ("I", [rows_per_strip]), 279: ("I", lengths)}
    colours = 4 if photometric == 5 else 3 if samples >= 3 else 1
    if samples > colours:
        entries[338] = ("H", [0] * (samples - colours - 1) + [0 if extra is None else extra])
    if names:
        items = "".join(
            f'<Item name="DESCRIPTION" sample="{place}" role="description">{name}</Item>'
            for place, name in enumerate(names)
        )
        entries[42112] = ("s", [f"<GDALMetadata>{items}</GDALMetadata>".encode() + b"\0"])
    if no_data:
        entries[42113] = ("s", [no_data.encode() + b"\0"])
    pointer = 4  # where the offset of the next page is written
    for kind in (0, *copies):
        pointer = _append_page(file, {**entries, 254: ("I", [kind])}, order, pointer)
    return bytes(file)


def packed(array: np.ndarray, bits: int = 12) -> bytes:
    """The bytes of a grey TIFF file with this image, (height, width), whose values have no whole number of bytes."""
    rows = ["".join(format(value, f"0{bits}b") for value in row) for row in array.tolist()]
    rows = [row + "0" * (-len(row) % 8) for row in rows]
    pixels = b"".join(int(row, 2).to_bytes(len(row) // 8, "big") for row in rows)
    height, width = array.shape
    numbers = {256: width, 257: height, 258: bits, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: len(pixels)}
    file = bytearray(b"II*\0" + bytes(4) + pixels)
    _append_page(file, {tag: ("I", [number]) for tag, number in numbers.items()}, "<", 4)
    return bytes(file)


def _append(file: bytearray, content: bytes) -> int:
    """Appends at an even offset and returns it."""
    file += bytes(len(file) % 2)
    place = len(file)
    file += content
    return place


def _append_page(file: bytearray, entries: dict[int, tuple[str, list]], order: str, pointer: int) -> int:
    rows = b""
    for tag, (kind, values) in sorted(entries.items()):
        packed = values[0] if kind == "s" else struct.pack(f"{order}{len(values)}{kind}", *values)
        count = len(packed) if kind == "s" else len(values)
        place = struct.pack(order + "I", _append(file, packed)) if len(packed) > 4 else packed.ljust(4, b"\0")
        rows += struct.pack(order + "HHI", tag, {"H": 3, "I": 4, "s": 2}[kind], count) + place
    start = _append(file, struct.pack(order + "H", len(entries)) + rows + bytes(4))
    file[pointer : pointer + 4] = struct.pack(order + "I", start)
    return len(file) - 4


def _chunks(plane: np.ndarray, tile: int, rows_per_strip: int):
    height, width, _ = plane.shape
    if not tile:
        yield from (plane[top : top + rows_per_strip] for top in range(0, height, rows_per_strip))
        return
    padded = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)))
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            yield padded[top : top + tile, left : left + tile]


def _packed(chunk: np.ndarray, compression: str, predictor: int) -> bytes:
    rows, columns, depth = chunk.shape
    if predictor == 2:
        steps = chunk.astype(chunk.dtype.newbyteorder("=")).view(f"u{chunk.itemsize}").copy()
        steps[:, 1:] = steps[:, 1:] - steps[:, :-1].copy()
        chunk = steps.astype(steps.dtype.newbyteorder(chunk.dtype.byteorder))
    raw = np.ascontiguousarray(chunk).tobytes()
    if predictor == 3:
        big = np.ascontiguousarray(chunk.astype(chunk.dtype.newbyteorder(">"))).view(np.uint8)
        planes = big.reshape(rows, columns * depth, -1).transpose(0, 2, 1).reshape(rows, -1, depth)
        steps = planes.copy()
        steps[:, 1:] = planes[:, 1:] - planes[:, :-1]
        raw = steps.tobytes()
    if compression == "none":
        return raw
    if compression == "deflate":
        return zlib.compress(raw)
    file = io.BytesIO()
    image = Image.fromarray(np.frombuffer(raw, np.uint8).reshape(rows, -1))
    image.save(file, "TIFF", compression={"lzw": "tiff_lzw", "packbits": "packbits"}[compression])
    with Image.open(io.BytesIO(file.getvalue())) as written:
        offsets, lengths = written.tag_v2[273], written.tag_v2[279]
    assert len(offsets) == 1, "the test's images are small"
    return file.getvalue()[offsets[0] : offsets[0] + lengths[0]]
