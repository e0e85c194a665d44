"""Read IDX files, the format in which MNIST and its relatives are published, plain or compressed with gzip.

Two zero bytes, the type of the values and the number of dimensions; then each dimension as a 32-bit number, and the
values, all big-endian. Source: Y. LeCun, C. Cortes, C. Burges, The MNIST Database (1998), "File formats".
"""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO

import numpy as np

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_DIMENSIONS = 4
MAX_BYTES = 4_000_000_000
GZIP = b"\x1f\x8b"
CHUNK = 1 << 20


def is_idx(start: bytes) -> bool:
    """Whether a file that starts with these bytes (four or more, decompressed) is an IDX file."""
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in TYPES and 1 <= start[3] <= MAX_DIMENSIONS


def read(path: Path, max_bytes: int = MAX_BYTES) -> np.ndarray:
    """The array of an IDX file, in native byte order, with the dimensions that its header gives.

    Raises:
        ValueError: it is not an IDX file, it is incomplete or has more values than its header says, or these need more
            than `max_bytes`. The message is a clause without a full stop, such as "it is damaged or incomplete".
        OSError: the file cannot be opened.
    """
    with _opened(path) as stream:
        try:
            return _read(stream, max_bytes)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise ValueError("it is damaged or incomplete") from None


def from_stream(stream: IO[bytes], max_bytes: int = MAX_BYTES) -> np.ndarray:
    """The same from an open stream of bytes, such as a member of an archive, compressed with gzip or not."""
    try:
        content = stream.read(2)
        joined = _Joined(content, stream)
        if content == GZIP:
            with gzip.GzipFile(fileobj=joined) as unpacked:  # type: ignore[call-overload]
                return _read(unpacked, max_bytes)
        return _read(joined, max_bytes)  # type: ignore[arg-type]
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise ValueError("it is damaged or incomplete") from None


class _Joined:
    """A stream with the bytes that were already read from it put back."""

    def __init__(self, start: bytes, rest: IO[bytes]):
        self._start, self._rest = start, rest

    def read(self, num_bytes: int = -1) -> bytes:
        start, self._start = self._start, b""
        return start + self._rest.read(num_bytes - len(start) if num_bytes >= 0 else -1)


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        is_compressed = file.read(2) == GZIP
    return gzip.open(path) if is_compressed else path.open("rb")  # type: ignore[return-value]


def _header(stream: IO[bytes]) -> tuple[np.dtype, tuple[int, ...]]:
    start = stream.read(4)
    if not is_idx(start):
        raise ValueError("it is not an IDX file")
    num_dimensions = start[3]
    lengths = stream.read(4 * num_dimensions)
    if len(lengths) < 4 * num_dimensions:
        raise ValueError("it is damaged or incomplete")
    return np.dtype(TYPES[start[2]]), struct.unpack(f">{num_dimensions}I", lengths)


def _read(stream: IO[bytes], max_bytes: int) -> np.ndarray:
    dtype, shape = _header(stream)
    expected = math.prod(shape) * dtype.itemsize
    if expected > max_bytes:
        raise ValueError(
            f"its header announces {expected / 1e6:,.0f} MB, more than the limit of {max_bytes / 1e6:,.0f} MB"
        )
    content = bytearray()  # grows with what is there, whatever the header announces
    while len(content) < expected and (chunk := stream.read(min(CHUNK, expected - len(content)))):
        content += chunk
    if len(content) < expected:
        raise ValueError(f"it is incomplete: {len(content):,} bytes of values instead of {expected:,}")
    if stream.read(1):
        raise ValueError("it holds more values than its header says")
    array = np.frombuffer(content, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)
