"""Folders and files on the server that may be imported: only those below $IMGCLS_IMPORT_ROOT."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources.containers.zip_archive import CHUNK, MAX_IMAGE_BYTES
from imgcls.errors import ImageError, SourceError
from imgcls.system import paths

MAX_FILES = 500_000
MAX_CHOICES = 500
FILES = (".zip", ".csv", ".tsv", ".npz", ".parquet", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz")
LINK = "a link"


def is_open() -> bool:
    """Whether a root is configured."""
    return paths.import_root() is not None


def choices() -> list[str]:
    """Folders (two levels deep), archives and tables below the root, as relative paths; empty without a root."""
    root = paths.import_root()
    found: list[str] = []
    if root is None:
        return found
    for folder in (root, *_folders(root)):
        for entry in _entries(folder):
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder or (entry.is_file(follow_symlinks=False) and entry.name.lower().endswith(FILES)):
                found.append(Path(entry.path).relative_to(root).as_posix())
            if len(found) >= MAX_CHOICES:
                return sorted(found)
    return sorted(found)


def inside(path: str) -> Path:
    """The absolute path of a relative path below the root. Raises SourceError if it leads outside, also by a link."""
    root = paths.import_root()
    if root is None:
        raise SourceError("Imports from server folders are disabled. Set IMGCLS_IMPORT_ROOT to a folder and restart.")
    try:
        found = (root / path).resolve(strict=True)
        if not found.is_relative_to(root.resolve(strict=True)):
            raise SourceError(f"{short(path)} is outside the folder that is enabled for imports. Choose another.")
    except (OSError, ValueError, RuntimeError):
        raise SourceError(f"There is no {short(path)} in the folder that is enabled for imports.") from None
    return found


class Folder:
    """The files of a folder; links are skipped. Raises SourceError if there are too many files."""

    def __init__(self, folder: Path, name: str, skipped: SkippedFiles):
        self.name = short(name)
        self.entries = list(files(folder, skipped))

    def read(self, key: Path, most: int | None = None) -> bytes:
        """The bytes of a file. Raises ImageError if it cannot be read, or has more than `most` bytes."""
        return read(key, most)

    def size(self, key: Path) -> int:
        """The number of bytes of a file."""
        return key.stat().st_size

    def stream(self, key: Path) -> Iterator[bytes]:
        """The bytes of a file in chunks. Raises ImageError if it cannot be read."""
        try:
            with key.open("rb") as file:
                while data := file.read(CHUNK):
                    yield data
        except OSError as error:
            raise ImageError(f"{short(key.name)} cannot be read.", "unreadable on disk") from error


def files(folder: Path, skipped: SkippedFiles, seconds: float = 60) -> Iterator[tuple[str, Path]]:
    """(relative path, path) of all files in a folder; links are skipped. Raises SourceError if there are too many."""
    count, end = 0, time.monotonic() + seconds
    for parent, folders, here in os.walk(folder):
        folders.sort()
        for name in [name for name in folders if Path(parent, name).is_symlink()]:
            folders.remove(name)
            skipped.add(LINK, name)
        for name in sorted(here):
            place = Path(parent, name)
            count += 1
            if count > MAX_FILES or time.monotonic() > end:
                raise SourceError(f"There are more than {count - 1:,} files. Choose a subfolder.")
            if place.is_symlink() or not place.is_file():
                skipped.add(LINK, name)
            else:
                yield place.relative_to(folder).as_posix(), place


def read(place: Path, most: int | None = None) -> bytes:
    """The bytes of a file. Raises ImageError if it cannot be read, or has more than `most` bytes."""
    most = MAX_IMAGE_BYTES if most is None else most
    try:
        if place.stat().st_size > most:
            raise ImageError(f"{short(place.name)} is too large.", f"larger than {most // 1_000_000} MB")
        return place.read_bytes()
    except OSError as error:
        raise ImageError(f"{short(place.name)} cannot be read.", "unreadable on disk") from error


def _folders(root: Path) -> list[Path]:
    return [Path(entry.path) for entry in _entries(root) if entry.is_dir(follow_symlinks=False)]


def _entries(folder: Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as there:
            return sorted((entry for entry in there if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError:
        return []
