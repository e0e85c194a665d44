"""Folders and files of this machine from which pictures may be taken: those below $IMGCLS_IMPORT_ROOT alone."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources.zip_archive import MOST_BYTES
from imgcls.errors import ImageError, SourceError
from imgcls.system import paths

MOST_FILES = 500_000
MOST_CHOICES = 500
LINK = "a link"


def is_open() -> bool:
    """Whether somebody has named a root."""
    return paths.import_root() is not None


def choices() -> list[str]:
    """Folders (two levels deep), archives and tables below the root, as paths from it; empty without a root."""
    root = paths.import_root()
    found: list[str] = []
    if root is None:
        return found
    for folder in (root, *_folders(root)):
        for entry in _entries(folder):
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder or (entry.is_file(follow_symlinks=False) and entry.name.lower().endswith((".zip", ".csv"))):
                found.append(Path(entry.path).relative_to(root).as_posix())
            if len(found) >= MOST_CHOICES:
                return sorted(found)
    return sorted(found)


def inside(path: str) -> Path:
    """A place below the root, from its path there. Raises SourceError for any other place, also by a link."""
    root = paths.import_root()
    if root is None:
        raise SourceError("No folder of this machine is open for imports. Set IMGCLS_IMPORT_ROOT to one and restart.")
    try:
        found = (root / path).resolve(strict=True)
        if not found.is_relative_to(root.resolve(strict=True)):
            raise SourceError(f"{short(path)} does not lie below the folder that is open for imports. Choose another.")
    except (OSError, ValueError, RuntimeError):
        raise SourceError(f"There is no {short(path)} below the folder that is open for imports.") from None
    return found


def files(folder: Path, skips: SkippedFiles, seconds: float = 60) -> Iterator[tuple[str, Path]]:
    """(path from the folder, place) of all files below it; links are left out. Raises SourceError at too many."""
    count, end = 0, time.monotonic() + seconds
    for parent, folders, here in os.walk(folder):
        folders.sort()
        for name in [name for name in folders if Path(parent, name).is_symlink()]:
            folders.remove(name)
            skips.add(LINK, name)
        for name in sorted(here):
            place = Path(parent, name)
            count += 1
            if count > MOST_FILES or time.monotonic() > end:
                raise SourceError(f"There are more than {count - 1:,} files. Choose a folder further inside.")
            if place.is_symlink() or not place.is_file():
                skips.add(LINK, name)
            else:
                yield place.relative_to(folder).as_posix(), place


def read(place: Path) -> bytes:
    """The bytes of one file. Raises PictureError where they cannot be read."""
    try:
        if place.stat().st_size > MOST_BYTES:
            raise ImageError(f"{short(place.name)} is too large.", f"larger than {MOST_BYTES // 1_000_000} MB")
        return place.read_bytes()
    except OSError as error:
        raise ImageError(f"{short(place.name)} cannot be read.", "cannot be read from the disk") from error


def _folders(root: Path) -> list[Path]:
    return [Path(entry.path) for entry in _entries(root) if entry.is_dir(follow_symlinks=False)]


def _entries(folder: Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as there:
            return sorted((entry for entry in there if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError:
        return []
