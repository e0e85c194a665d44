"""The only reader of array files (.npz, .npy). Every kind of damage raises `DamagedFile`."""

import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from imgcls.errors import DamagedFile

LARGEST_BYTES = 8 << 30
"""Larger arrays are refused: no file of ours holds one, and a forged header must not fill the memory."""
MOST_COMPRESSION = 1040
"""Deflate shrinks data at most 1032-fold, so a member that claims more than this is forged."""

NUMBERS = "fiu"
INTEGERS = "iu"
TEXT = "U"


@dataclass(frozen=True)
class Array:
    """What an array must look like.

    `kinds` are NumPy's `dtype.kind` letters. Each entry of `shape` is a length, a name (equal names must have equal
    lengths throughout the file), or None for any length; `shape=None` accepts any number of dimensions. With `dtype`,
    the array is converted to it. Floating-point values must be finite unless `may_be_nan`.
    """

    kinds: str
    shape: tuple[int | str | None, ...] | None
    dtype: type | None = None
    is_optional: bool = False
    may_be_nan: bool = False


def read_npz(path: Path, spec: Mapping[str, Array] | None = None) -> dict[str, np.ndarray]:
    """The arrays named in `spec`, or all arrays if there is none. Optional arrays that are missing are left out.

    Declared sizes are compared with the file's before memory is allocated, and pickles are never loaded.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedFile: it is truncated, not a .npz file, encrypted, compressed in an unknown way, or lacks an array of
            the expected type and shape.
    """
    try:
        with path.open("rb") as stored, zipfile.ZipFile(stored) as archive:
            most = min(LARGEST_BYTES, MOST_COMPRESSION * os.fstat(stored.fileno()).st_size)
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            lengths: dict[str, int] = {}
            arrays = {}
            for name in members if spec is None else spec:
                wanted = None if spec is None else spec[name]
                if name not in members:
                    if wanted is not None and wanted.is_optional:
                        continue
                    raise DamagedFile(path, f"the array “{name}” is missing")
                info = members[name]
                with archive.open(info) as member:
                    shape, dtype = _checked_header(member, info.file_size, most)
                if wanted is not None:
                    _check(path, name, wanted, shape, dtype, lengths)
                with archive.open(info) as member:
                    array = np.lib.format.read_array(member, allow_pickle=False)
                    if member.read(1):  # also reaches the end, where the checksum is verified
                        raise ValueError("more data than declared")
                if wanted is not None:
                    array = _converted(path, name, array, wanted)
                arrays[name] = array
            return arrays
    except (FileNotFoundError, DamagedFile):
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen types for files that were damaged or forged
        raise DamagedFile(path, "it is incomplete or was not written by this program") from error


def map_npy(path: Path) -> np.ndarray:
    """The array of a .npy file, mapped into memory read-only.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedFile: it is truncated, pickled or not a .npy file.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise
    except Exception as error:  # as above
        raise DamagedFile(path, "it is incomplete or was not written by this program") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise DamagedFile(path, "it holds several arrays instead of one")
    return array


def _checked_header(member: IO[bytes], size: int, most: int) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of a zip member of `size` bytes. Raises ValueError if it claims another size."""
    version = np.lib.format.read_magic(member)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"unknown .npy version {version}")
    shape, _, dtype = readers[version](member)
    if dtype.hasobject:
        raise ValueError("pickled objects")
    count = 1
    for length in shape:
        count *= length  # Python's integers do not overflow
    if size > most or min(shape, default=0) < 0 or member.tell() + count * dtype.itemsize != size:
        raise ValueError("the header declares another size than the file has")
    return shape, dtype


def _converted(path: Path, name: str, array: np.ndarray, wanted: Array) -> np.ndarray:
    """The array with the wanted type. Raises DamagedFile if values are not finite, or too large for that type."""
    with np.errstate(over="ignore", invalid="ignore"):
        array = array if wanted.dtype is None else array.astype(wanted.dtype)
    if array.dtype.kind == "f" and not wanted.may_be_nan and not np.isfinite(array).all():
        raise DamagedFile(path, f"the array “{name}” has values that are not numbers")
    return array


def _check(path: Path, name: str, wanted: Array, shape: tuple, dtype: np.dtype, lengths: dict[str, int]) -> None:
    """Raises DamagedFile unless an array is as expected; `lengths` collects the named ones."""
    if dtype.kind not in wanted.kinds:
        raise DamagedFile(path, f"the array “{name}” has the type {dtype}")
    if wanted.shape is None:
        return
    expected = [
        actual if side is None else lengths.setdefault(side, actual) if isinstance(side, str) else side
        for side, actual in zip(wanted.shape, shape, strict=False)
    ]
    if len(shape) != len(wanted.shape) or list(shape) != expected:
        raise DamagedFile(path, f"the array “{name}” has the shape {shape}")
