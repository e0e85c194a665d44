"""A .npz file with arrays of images and labels, and .npy files in a container. Pickled objects are never loaded."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.arrays._stored import StoredArrays, of_arrays
from imgcls.datasets.importing.sources.containers import Files
from imgcls.errors import DamagedFile, SourceError
from imgcls.system.arrays import read_npz

MAX_BYTES = 4 << 30
MAX_ARRAYS = 1000


def recognises(name: str, start: bytes) -> bool:
    """By its name, or because the first file in what is not called a zip archive is an array."""
    is_zip = start.startswith(b"PK\x03\x04") and not name.lower().endswith(".zip")
    member = start[30 : 30 + int.from_bytes(start[26:28], "little")] if is_zip else b""
    return name.lower().endswith((".npz", ".npy")) or start.startswith(b"\x93NUMPY") or member.endswith(b".npy")


def open_array(path: Path, name: str, findings: Findings) -> StoredArrays:
    """The arrays in a file. Raises SourceError if it is damaged, holds pickled objects, or no images with labels."""
    with path.open("rb") as file:
        if file.read(6) == b"\x93NUMPY":
            raise SourceError(
                f"{name} holds a single array, so images without labels. Save both into one file: "
                "np.savez('data.npz', x=images, y=labels)."
            )
    try:
        return of_arrays(read_npz(path), name, findings)
    except DamagedFile as error:
        if _is_pickled(path):
            raise _pickled(name) from None
        raise _damaged(name) from error


def open_inside(files: Files, findings: Findings) -> StoredArrays | None:
    """The .npy or .npz files of a container, or None if there are none."""
    entries = [entry for entry in files.entries if entry[0].lower().endswith((".npy", ".npz"))][:MAX_ARRAYS]
    arrays: dict[str, np.ndarray] = {}
    for path, key in entries:
        data = files.read(key, MAX_BYTES)
        if path.lower().endswith(".npz"):
            arrays |= _of_npz(data, path)
        else:
            arrays[path] = _read(io.BytesIO(data), short(path))
    return of_arrays(arrays, files.name, findings) if arrays else None


def _of_npz(data: bytes, path: str) -> dict[str, np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "arrays.npz")
        file.write_bytes(data)
        try:
            return read_npz(file)
        except DamagedFile as error:
            raise _pickled(short(path)) if _is_pickled(file) else _damaged(short(path)) from error


def _read(file: IO[bytes], name: str) -> np.ndarray:
    try:
        return np.lib.format.read_array(file, allow_pickle=False)
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise _pickled(name) from None
        raise SourceError(f"{name} is damaged, or is not a .npy file of NumPy. Save it again with np.save.") from error


def _is_pickled(path: Path) -> bool:
    """Whether an array in the file is of objects."""
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                with archive.open(info) as member:
                    header = member.read(400)
                    if b"'descr': '|O'" in header or b"'descr': 'O'" in header:
                        return True
    except Exception:  # zipfile raises a dozen types for damaged files; that is reported as damage  # noqa: BLE001
        return False
    return False


def _damaged(name: str) -> SourceError:
    return SourceError(f"{name} is damaged, or is not a .npz file of NumPy. Save it again with np.savez.")


def _pickled(name: str) -> SourceError:
    return SourceError(
        f"{name} holds pickled Python objects, which can execute code when they are read, so it is not opened. Save "
        "images and labels as plain arrays of numbers or text: images of one size, labels as integers or np.str_."
    )
