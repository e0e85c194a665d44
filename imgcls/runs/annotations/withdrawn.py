"""Images that whoever made them has withdrawn: a run that keeps them for its pages shows them black.

A run keeps training, validation and test images, so that its pages work without the dataset. What the model has learned
from a withdrawn image stays. withdrawn.json has digests only, so that the image itself is nowhere.
"""

import contextlib
import hashlib
import zipfile
from collections.abc import Collection
from pathlib import Path

import numpy as np

from imgcls.system import atomic, json_files

FILE = "withdrawn.json"


def digest(image: np.ndarray) -> str:
    """Of a uint8 image (height, width, channels), whatever file it is stored in."""
    return hashlib.sha256(f"{image.shape}".encode() + np.ascontiguousarray(image).tobytes()).hexdigest()


def blank(folder: Path, digests: Collection[str]) -> None:
    """Blacken images in all files of a run, and in those that its trainer is yet to write.

    Raises:
        OSError: a file cannot be written.
    """
    # First the note: what the trainer writes later, it compares with it in the end.
    atomic.write_json(folder / FILE, sorted({*_noted(folder), *digests}))
    apply(folder)


def apply(folder: Path) -> None:
    """Blacken what was withdrawn while the run was trained. The trainer calls it when all files are written."""
    if digests := _noted(folder):
        for file in folder.rglob("*.npz"):
            _blank_in(file, digests)


def _noted(folder: Path) -> set[str]:
    with contextlib.suppress(OSError, ValueError):
        noted = json_files.read(folder / FILE)
        return {one for one in noted if isinstance(one, str)} if isinstance(noted, list) else set()
    return set()


def _blank_in(path: Path, digests: set[str]) -> None:
    """A damaged file stays as it is: pages do not show its images either."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
    except (OSError, ValueError, zipfile.BadZipFile, KeyError):
        return
    is_changed = False
    for name, array in arrays.items():
        if array.dtype == np.uint8 and array.ndim >= 3:
            images = array.reshape(-1, *array.shape[-3:]).copy()
            found = [number for number, image in enumerate(images) if digest(image) in digests]
            if found:
                images[found] = 0
                arrays[name], is_changed = images.reshape(array.shape), True
    if is_changed:
        with atomic.replacing(path) as aside, aside.open("wb") as file:
            np.savez_compressed(file, **arrays)
