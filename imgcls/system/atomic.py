"""Replace and remove files and folders in one step: a reader sees the old or the new state, even after a power failure.

New content is written to a temporary file in the same folder, flushed to disk, and then renamed over the old one. All
code that replaces a file uses this module.
"""

import contextlib
import errno
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from imgcls.system import file_times

PART = ".part-"
PREFIX = f".folder{PART}"
"""The beginning of the names of temporary folders that `remove_leftovers` may remove."""
LEFTOVER_SECONDS = 3600.0
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""Errors of a disk that is full, of a quota that is used up, and of a limit on files; Windows has no quota error."""


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path to write to. It replaces `path` at the end, or is removed if an exception was raised.

        with replacing(folder / "model.keras") as aside:
            model.save(aside)

    The temporary path has the same suffix as `path`, which some writers depend on. A killed process may leave it
    behind; `remove_leftovers` removes it.
    """
    path = Path(path)
    aside = path.with_name(f".{path.stem}{PART}{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield aside
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


def write_bytes(path: str | os.PathLike, data: bytes) -> None:
    """Replace the file with this content."""
    with replacing(path) as aside:
        aside.write_bytes(data)


def write_json(path: str | os.PathLike, value: object) -> None:
    """Replace the file with this value as JSON.

    Raises:
        ValueError: The value contains NaN or infinity, which are not valid JSON.
    """
    write_bytes(path, json.dumps(value, allow_nan=False, ensure_ascii=False, indent=1).encode("utf-8"))


def is_full(error: BaseException) -> bool:
    """Whether something could not be written because the disk is full."""
    return isinstance(error, OSError) and error.errno in FULL


def replace(aside: Path, path: Path) -> None:
    """Rename `aside` to `path`, and flush the rename itself to disk if the system can."""
    for wait in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, None):
        try:
            aside.replace(path)
            break
        except PermissionError:
            # Windows refuses while a reader has the old file open, which takes moments.
            if sys.platform != "win32" or wait is None:
                raise
            time.sleep(wait)
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # not supported by some network drives
                os.fsync(folder)
        finally:
            os.close(folder)


def remove_folder(folder: Path) -> None:
    """Remove a folder, after hiding it by a rename, so that no reader finds it half removed.

    If the process is killed, the remainder has a name that begins with ".deleted-". A missing folder is not an error.

    Raises:
        OSError: It could not be renamed, and is unchanged.
    """
    grave = folder.with_name(f".deleted-{secrets.token_hex(8)}")
    try:
        folder.rename(grave)
    except FileNotFoundError:
        return
    shutil.rmtree(grave, ignore_errors=True)


def is_leftover(path: str | os.PathLike) -> bool:
    """Whether this is a temporary file of `replacing`, or a temporary folder with `PREFIX`."""
    name = Path(path).name
    return name.startswith(".") and PART in name


def remove_leftovers(paths: Iterable[Path]) -> None:
    """Remove those of these files and folders that killed processes have left. Whatever was touched in the last hour is
    kept, because its process may still be at work, also on another machine."""
    for path in filter(is_leftover, paths):
        if (file_times.age(path) or 0.0) < LEFTOVER_SECONDS:
            continue
        with contextlib.suppress(OSError):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
