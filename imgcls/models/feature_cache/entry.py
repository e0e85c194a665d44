"""One entry of the cache: features of some images of a dataset, and how they are written."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from imgcls.errors import DamagedFile
from imgcls.system.arrays import map_npy

COPIED_AT_ONCE = 4096
"""Rows that are copied from one entry to another at a time."""


@dataclass(frozen=True, eq=False)
class Entry:
    """Features of some images of a dataset.

    Attributes:
        rows: Which images, int64 (n,), ascending.
        features: float32 (copies, n, features), memory-mapped.
    """

    folder: Path
    rows: np.ndarray
    features: np.ndarray

    def has(self, rows: np.ndarray) -> np.ndarray:
        """Which of these images it has, bool."""
        if not len(self.rows):
            return np.zeros(len(rows), bool)
        return self.rows[np.minimum(self.positions(rows), len(self.rows) - 1)] == rows

    def positions(self, rows: np.ndarray) -> np.ndarray:
        """Where among its images these are."""
        return np.searchsorted(self.rows, rows)


class Writer:
    """Writes the features of an entry in any order.

    Attributes:
        missing: The images whose features are not known yet, int64 (n,), ascending.
    """

    def __init__(self, file: BinaryIO, rows: np.ndarray, shape: tuple[int, int, int], known: list[Entry]):
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        self._file, self._rows, self._start, self._written = file, rows, file.tell(), 0
        self._shape, self.missing = shape, rows
        for entry in known:
            taken = self.missing[entry.has(self.missing)]
            for first in range(0, len(taken), COPIED_AT_ONCE):
                some = taken[first : first + COPIED_AT_ONCE]
                for copy in range(shape[0]):
                    self.write(copy, some, entry.features[copy, entry.positions(some)])
            self.missing = np.setdiff1d(self.missing, taken, assume_unique=True)

    def write(self, copy: int, rows: np.ndarray, values: np.ndarray) -> None:
        """Writes features (n, features) of images (n,), ascending, in a copy that is counted from 0."""
        values = np.ascontiguousarray(values, "<f4")
        places = copy * self._shape[1] + np.searchsorted(self._rows, rows)
        gaps = np.flatnonzero(np.diff(places) != 1) + 1
        for first, last in zip([0, *gaps], [*gaps, len(rows)], strict=True):
            if first < last:
                self._file.seek(self._start + int(places[first]) * 4 * self._shape[2])
                self._file.write(values[first:last].data)
        self._written += len(rows)

    def finish(self) -> None:
        """Flushes everything to the disk. Raises ValueError if something is missing."""
        if self._written != self._shape[0] * self._shape[1]:
            raise ValueError("features are missing")
        self._file.flush()
        os.fsync(self._file.fileno())


def read(folder: Path) -> Entry | None:
    """The entry in a folder; None if it is incomplete or damaged."""
    try:
        shape = tuple(json.loads((folder / "entry.json").read_bytes())["shape"])
        rows, features = np.array(map_npy(folder / "rows.npy")), map_npy(folder / "features.npy")
    except (OSError, ValueError, KeyError, TypeError, DamagedFile):
        return None
    are_rows = rows.dtype == np.int64 and rows.ndim == 1 and bool((np.diff(rows) > 0).all())
    are_features = features.dtype == np.float32 and features.ndim == 3 and features.shape == shape
    return Entry(folder, rows, features) if are_rows and are_features and len(rows) == shape[1] else None
