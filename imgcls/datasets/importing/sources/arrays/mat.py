"""MATLAB files (.mat, up to version 7) with arrays of images and labels, such as SVHN's `train_32x32.mat`."""

import re
from pathlib import Path

import numpy as np

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.arrays._matlab import MatlabError, arrays_of
from imgcls.datasets.importing.sources.arrays._stored import StoredArrays, of_arrays
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.tables.column_names import part_in
from imgcls.errors import SourceError

MAX_BYTES = 2 << 30
_SVHN = re.compile(r"(train|test|extra)_32x32\.mat")


def recognises(name: str, start: bytes) -> bool:
    return start.startswith(b"MATLAB 5.0 MAT-file") or name.lower().endswith(".mat")


def open_array(path: Path, name: str, findings: Findings) -> StoredArrays:
    """The arrays in a file. Raises SourceError if it is damaged, or holds no images with labels."""
    arrays = _arrays(path.read_bytes(), name)
    return of_arrays(_with_zero(arrays, name.strip("'"), findings), name, findings)


def open_inside(files: Files, findings: Findings) -> StoredArrays | None:
    """The arrays of the .mat files in a container, divided by the names of the files; None if there are none."""
    arrays: dict[str, np.ndarray] = {}
    for path, key in files.entries:
        if path.lower().endswith(".mat"):
            part = part_in(path)
            found = _with_zero(_arrays(files.read(key, MAX_BYTES), short(path)), path.rpartition("/")[2], findings)
            arrays |= {f"{part}_{name}" if part else name: array for name, array in found.items()}
    return of_arrays(arrays, files.name, findings) if arrays else None


def _arrays(data: bytes, name: str) -> dict[str, np.ndarray]:
    """Arrays of numbers; a row of numbers has one dimension."""
    if data[:8] == b"\x89HDF\r\n\x1a\n" or data.startswith(b"MATLAB 7.3"):
        raise SourceError(f"{name} is a MATLAB 7.3 file (HDF5). Save it with save(…, '-v7'), or as .npz.")
    try:
        arrays = arrays_of(data)
    except MatlabError as error:
        raise SourceError(f"{name} is damaged, or is not a MATLAB file. Download or save it again.") from error
    return {key: array[0] if array.ndim == 2 and len(array) == 1 else array for key, array in arrays.items()}


def _with_zero(arrays: dict[str, np.ndarray], file: str, findings: Findings) -> dict[str, np.ndarray]:
    """SVHN calls the digit 0 class 10."""
    if not _SVHN.fullmatch(file) or "y" not in arrays:
        return arrays
    note = "SVHN stores the digit 0 as class 10: it is called 0."
    findings.notes += [note] if note not in findings.notes else []
    return arrays | {"y": arrays["y"] % 10}
