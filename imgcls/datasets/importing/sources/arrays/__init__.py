"""Single files that hold the pixels and labels of many images: one file per format, found by name.

Each file defines

    recognises(name, start)                 whether the file has this format, by its name or its first 512 bytes
    open_array(path, name, findings)        the open file, an `ArrayTable`; raises SourceError if it cannot be used
    open_inside(files, findings)            the same for files in a container without images; or None
"""

import functools
import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources import file_types
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import FEWEST, count_images
from imgcls.errors import SourceError

Sample = tuple[str, int, np.ndarray]
"""The label, row number and pixels of an image that the preview shows."""


class ArrayTable(Protocol):
    """A file of images with labels. Several labels in a field are split as in `multilabel`."""

    side: int
    channels: int
    # groups: the group of each row, if the file has groups

    @property
    def expected(self) -> int:
        """The number of images; may be an estimate."""

    def rows(self) -> Iterator[tuple[int, str, str, np.ndarray]]:
        """(row number, label, part, uint8 pixels (height, width, 1, 3 or 4)) of each image. Raises SourceError."""

    def counted(self, seconds: float) -> tuple[Counter, list[Sample], bool]:
        """Images by (label, part), samples, and whether all rows could be read in `seconds`. Raises SourceError."""


@functools.cache
def _formats() -> tuple[Any, ...]:
    names = (found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in sorted(names))


def open_array(path: Path, name: str, findings: Findings) -> ArrayTable | None:
    """The file called `name` as a table of images, or None if no format recognises it.

    Raises:
        SourceError: the file is damaged or holds no images with labels.
    """
    start = file_types.start_of(path, short(name))
    for format_ in _formats():
        if format_.recognises(name, start):
            return format_.open_array(path, short(name), findings)
    return None


def open_inside(files: Files, findings: Findings) -> ArrayTable | None:
    """The files of arrays in a container as a table of images; None if it holds a dataset of image files, or no arrays.

    Raises:
        SourceError: they are damaged, or hold no images with labels.
    """
    count = count_images(files.entries)
    if count >= FEWEST:
        return None
    try:
        tables = (format_.open_inside(files, findings) for format_ in _formats())
        return next((table for table in tables if table is not None), None)
    except SourceError:
        if count:
            return None
        raise
