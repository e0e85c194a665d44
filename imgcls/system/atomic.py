"""Files and folders that come and go whole: a reader sees the old one or the new one, whenever the power goes.

The new content is written aside in the same folder, flushed, brought to the disk and then renamed over the old one.
What replaces a file in this project goes through here.
"""

import contextlib
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a path aside to write to; it takes the place of `path` at the end, or goes if anything was raised.

        with replacing(folder / "model.keras") as aside:
            model.save(aside)

    The path aside ends like `path`, as some writers look at the ending. A killed process may leave it behind: its
    name starts with a dot and holds ".part-", see `is_leftover`.
    """
    path = Path(path)
    aside = path.with_name(f".{path.stem}.part-{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")
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
    """Replaces the file by one with this content."""
    with replacing(path) as aside:
        aside.write_bytes(data)


def write_json(path: str | os.PathLike, value: object) -> None:
    """Replaces the file by this value as JSON. NaN and infinity raise ValueError: other readers refuse them."""
    write_bytes(path, json.dumps(value, allow_nan=False, ensure_ascii=False, indent=1).encode("utf-8"))


def replace(aside: Path, path: Path) -> None:
    """Renames `aside` to `path` and brings the rename itself to the disk where the system can."""
    for wait in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, None):
        try:
            aside.replace(path)
            break
        except PermissionError:
            # Windows refuses while a reader has the old file open: that passes within moments.
            if sys.platform != "win32" or wait is None:
                raise
            time.sleep(wait)
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # some network folders cannot
                os.fsync(folder)
        finally:
            os.close(folder)


def remove_folder(folder: Path) -> None:
    """Removes a folder, first out of sight by one rename, so that nobody ever finds half of it.

    What a killed process leaves of it has a name that begins with ".deleted-". A folder that is not there is no error.

    Raises:
        OSError: it could not be renamed, and is whole.
    """
    grave = folder.with_name(f".deleted-{secrets.token_hex(8)}")
    try:
        folder.rename(grave)
    except FileNotFoundError:
        return
    shutil.rmtree(grave, ignore_errors=True)


def is_leftover(path: str | os.PathLike) -> bool:
    """Whether a file's name is one that `replacing` gives to what is not finished."""
    name = Path(path).name
    return name.startswith(".") and ".part-" in name
