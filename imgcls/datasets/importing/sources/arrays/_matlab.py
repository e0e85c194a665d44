"""The numeric arrays of a MATLAB 5 to 7 file, https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf.

SciPy's reader crashes the interpreter on damaged files, so it is not used.
"""

import math
import struct
import zlib

import numpy as np

HEADER = 128
MAX_BYTES = 2 << 30
_COMPRESSED, _MATRIX = 15, 14
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_NUMERIC = range(6, 16)
"""Classes of arrays: double, single, and integers. Others are text, cells, structures and objects."""
_COMPLEX = 0x0800


class MatlabError(ValueError):
    """The file is damaged."""


def arrays_of(data: bytes) -> dict[str, np.ndarray]:
    """Name -> array of numbers; arrays of another kind are left out.

    Raises:
        MatlabError: the file is damaged, or is not of this format.
    """
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None:
        raise MatlabError("no byte order")
    found = {}
    try:
        place = HEADER
        while place + 8 <= len(data):
            kind, size = struct.unpack_from(f"{order}2I", data, place)
            content = data[place + 8 : place + 8 + size]
            place += 8 + size + (0 if kind == _COMPRESSED else -size % 8)
            if len(content) < size:
                raise MatlabError("it ends within an array")
            if kind == _COMPRESSED:
                content = zlib.decompressobj().decompress(content, MAX_BYTES)
                kind, size = struct.unpack_from(f"{order}2I", content)
                content = content[8 : 8 + size]
            if kind == _MATRIX and (named := _matrix(content, order)):
                found[named[0]] = named[1]
    except (struct.error, zlib.error, UnicodeDecodeError, KeyError, ValueError, OverflowError) as error:
        raise MatlabError(str(error)) from error
    return found


def _matrix(content: bytes, order: str) -> tuple[str, np.ndarray] | None:
    """Name and values of an array, or None if it does not hold real numbers."""
    _, flags, place = _element(content, 0, order)
    (flag,) = struct.unpack_from(f"{order}I", flags)
    _, sizes, place = _element(content, place, order)
    shape = np.frombuffer(sizes, f"{order}i4").tolist()
    _, name, place = _element(content, place, order)
    if flag & 0xFF not in _NUMERIC or flag & _COMPLEX:
        return None
    kind, values, _ = _element(content, place, order)
    array = np.frombuffer(values, order + _TYPES[kind])
    if min(shape, default=0) < 0 or math.prod(shape) != len(array):
        raise MatlabError("an array has another size than it declares")
    return name.decode("ascii"), array.reshape(shape, order="F")


def _element(content: bytes, place: int, order: str) -> tuple[int, bytes, int]:
    """Type and bytes of the element at a place, and the place of the next one. Short ones are packed into 8 bytes."""
    kind, size = struct.unpack_from(f"{order}2I", content, place)
    if kind >> 16:
        return kind & 0xFFFF, content[place + 4 : place + 4 + min(4, kind >> 16)], place + 8
    return kind, content[place + 8 : place + 8 + size], place + 8 + size + -size % 8
