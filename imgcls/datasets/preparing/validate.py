"""Check that arrays are the expected dataset; if not, say why."""

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from imgcls.datasets.info import DatasetInfo
from imgcls.datasets.store import ARRAYS
from imgcls.errors import DatasetError


def read_npz(path: Path, about: DatasetInfo) -> tuple[np.ndarray, ...]:
    """The four arrays of an .npz file in the format of Keras. Raises DatasetError, which says what is wrong."""
    try:
        with path.open("rb") as stored:
            if stored.read(len(np.lib.format.MAGIC_PREFIX)) == np.lib.format.MAGIC_PREFIX:
                raise _Refused("it is a single array, expected an .npz file with " + ", ".join(ARRAYS))
            stored.seek(0)
            with np.load(stored, allow_pickle=False) as file:
                missing = [key for key in ARRAYS if key not in file.files]
                if missing:
                    there = ", ".join(file.files[:8]) or "nothing"
                    raise _Refused(
                        f"{', '.join(missing)} is missing, expected {', '.join(ARRAYS)}; the file has {there}"
                    )
                for key in ARRAYS:
                    # The header first: a wrong array of many gigabytes is rejected before it fills the memory.
                    with file.zip.open(f"{key}.npy") as stream:
                        _check_header(key, *_header(stream), about)
                return checked(tuple(file[key] for key in ARRAYS), about)
    except _Refused as refused:
        reason = str(refused)
    except FileNotFoundError:
        reason = "the file no longer exists"
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, KeyError, RuntimeError):
        reason = "it is damaged or incomplete; copy it again"
    except ValueError as error:
        pickled = "pickle" in str(error).lower()
        reason = "it is not an .npz file of plain arrays" if pickled else "it is damaged or incomplete; copy it again"
    except MemoryError:
        reason = "its arrays do not fit into memory"
    raise DatasetError(f"{path} cannot be used as {about.title}: {reason}.") from None


def checked(arrays: tuple[np.ndarray, ...], about: DatasetInfo) -> tuple[np.ndarray, ...]:
    """The arrays as images, uint8 (n, height, width, channels), and labels, int64 (n,). Raises ValueError."""
    for key, array in zip(ARRAYS, arrays, strict=True):
        _check_header(key, array.shape, array.dtype, about)
    x_train, y_train, x_test, y_test = arrays
    for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        if len(x) != len(y):
            raise _Refused(f"x_{part} holds {len(x):,} images but y_{part} holds {len(y):,} labels")
        low, high = int(y.min()), int(y.max())
        if low < 0 or high >= about.num_classes:
            wrong = low if low < 0 else high
            raise _Refused(f"y_{part} holds the label {wrong}, expected 0 to {about.num_classes - 1}")
    counts = np.bincount(y_train.reshape(-1).astype(np.int64), minlength=about.num_classes)
    if not counts.all():
        absent = [about.classes[i] for i in np.flatnonzero(counts == 0)]
        raise _Refused(f"x_train holds no image of {', '.join(absent[:5])}{' and others' if absent[5:] else ''}")
    return (
        np.ascontiguousarray(x_train).reshape(-1, *about.shape),
        y_train.reshape(-1).astype(np.int64),
        np.ascontiguousarray(x_test).reshape(-1, *about.shape),
        y_test.reshape(-1).astype(np.int64),
    )


class _Refused(ValueError):
    """The reason, without a full stop."""


def _check_header(key: str, shape: tuple[int, ...], dtype: np.dtype, about: DatasetInfo) -> None:
    if dtype.hasobject:
        raise _Refused(f"{key} contains Python objects (a pickle), expected plain numbers")
    if key.startswith("x"):
        height, width, channels = about.shape
        if dtype != np.uint8:
            raise _Refused(f"{key} is of type {dtype}, expected uint8 (integers from 0 to 255)")
        fits = shape[1:] == about.shape or (channels == 1 and shape[1:] == (height, width))
        wanted = f"(n, {height}, {width})" if channels == 1 else f"(n, {height}, {width}, {channels})"
    else:
        if dtype.kind not in "iu":
            raise _Refused(f"{key} is of type {dtype}, expected integers from 0 to {about.num_classes - 1}")
        fits = len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
        wanted = "(n,)"
    if not fits:
        raise _Refused(f"{key} has the shape {shape}, expected {wanted}")
    if not shape[0]:
        raise _Refused(f"{key} is empty")


def _header(stream) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype
