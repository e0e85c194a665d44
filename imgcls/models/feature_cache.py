"""Features of pictures, computed once and kept: a folder for each set of them, named by what they were made of.

    <cache>/features/<digest>/
        features.npy    float32 (copies, pictures, features), read as a file that is mapped into memory
        entry.json      what they were made of, and how long that took; written last
    <cache>/features/.new-*     what is being made, with a lock that its maker holds

Whoever needs the same features finds them, whatever head stands on them. The folder's time is that of its last use;
what was not used for longest makes room for what is new (IMGCLS_FEATURES_GB).
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import filelock
import numpy as np

from imgcls.errors import DamagedFile, WeightsError
from imgcls.system import atomic, paths
from imgcls.system.arrays import map_npy
from imgcls.system.processes import is_locked

SPARE_BYTES = 50_000_000
"""So much is left free on the disk."""
VERSION = 1


def all_folder() -> Path:
    """The folder of all kept features."""
    return paths.cache_folder() / "features"


def folder_of(made_of: Mapping[str, Any]) -> Path:
    """The folder of the features that are made of this: plain values that say everything that matters."""
    text = json.dumps({"version": VERSION, **made_of}, sort_keys=True)
    return all_folder() / hashlib.sha256(text.encode()).hexdigest()[:32]


def opened(made_of: Mapping[str, Any]) -> np.ndarray | None:
    """Kept features, float32 (copies, pictures, features), mapped from the disk; None where there are none."""
    folder = folder_of(made_of)
    found = _read(folder)
    if found is not None:
        with contextlib.suppress(OSError):
            os.utime(folder)
    return found


@contextlib.contextmanager
def making(made_of: Mapping[str, Any], shape: tuple[int, int, int]) -> Iterator[BinaryIO]:
    """A file to write the float32 values to, in their order; at the end it is what `opened` finds, or nothing is left.

    Raises:
        WeightsError: they are more than may be kept, or the disk is full.
    """
    folder, size = folder_of(made_of), 4 * int(np.prod(shape))
    aside = all_folder() / f".new-{secrets.token_hex(8)}"
    try:
        _make_room(size)
        aside.mkdir(parents=True)
        with filelock.FileLock(aside / ".lock"):
            began = time.monotonic()
            with (aside / "features.npy").open("wb") as file:
                np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
                start = file.tell()
                yield file
                if file.tell() != start + size:
                    raise ValueError("features are missing")
                file.flush()
                os.fsync(file.fileno())
            atomic.write_json(aside / "entry.json", {**made_of, "seconds": time.monotonic() - began})
        (aside / ".lock").unlink(missing_ok=True)
        _put(aside, folder)
    except OSError as error:
        raise WeightsError(
            f"The features need {_megabytes(size)} in {all_folder()}, and could not be written: {error.strerror}. "
            "Make room there, or name another folder in IMGCLS_CACHE."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def forget(made_of: Mapping[str, Any]) -> None:
    """Removes what was kept of this."""
    _remove(folder_of(made_of))


def kept_bytes() -> int:
    """How much is kept."""
    return sum(size for _, size, _ in _entries())


def forget_everything() -> None:
    """Removes all that is kept and not being made."""
    for _, _, folder in _entries():
        _remove(folder)
    _sweep()


def _put(aside: Path, folder: Path) -> None:
    """Gives the folder its name. Where somebody else was quicker, his is as good."""
    if _read(folder) is None:
        _remove(folder)
    with contextlib.suppress(OSError):
        atomic.replace(aside, folder)


def _read(folder: Path) -> np.ndarray | None:
    try:
        json.loads((folder / "entry.json").read_bytes())
        found = map_npy(folder / "features.npy")
    except (OSError, ValueError, DamagedFile):
        return None
    return found if found.ndim == 3 and found.dtype == np.float32 else None


def _make_room(size: int) -> None:
    """Removes what killed processes have left, and of the rest what was not used for longest, until `size` more fit."""
    most = paths.most_features()
    if size > most:
        raise WeightsError(
            f"The features of these pictures need {_megabytes(size)}, and {_megabytes(most)} may be kept. Use fewer "
            "pictures or augmented copies, or a base with fewer features, or raise IMGCLS_FEATURES_GB."
        )
    _sweep()
    entries = sorted(_entries())
    kept = sum(bytes_ for _, bytes_, _ in entries)
    all_folder().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(all_folder()).free
    for _, bytes_, folder in entries:
        if kept + size <= most and free >= size + SPARE_BYTES:
            break
        _remove(folder)
        kept, free = kept - bytes_, free + bytes_
    if free < size + SPARE_BYTES:
        raise WeightsError(
            f"The features need {_megabytes(size)} in {all_folder()}, and {_megabytes(free)} are free. Make room "
            "there, use fewer pictures or copies, or name another folder in IMGCLS_CACHE."
        )


def _entries() -> list[tuple[float, int, Path]]:
    """(last use, bytes, folder) of all that is kept."""
    found = []
    with contextlib.suppress(OSError):
        for folder in all_folder().iterdir():
            with contextlib.suppress(OSError):
                if not folder.name.startswith("."):
                    found.append((folder.stat().st_mtime, (folder / "features.npy").stat().st_size, folder))
    return found


def _sweep() -> None:
    """Removes what nobody is making any more."""
    with contextlib.suppress(OSError):
        for folder in all_folder().iterdir():
            is_left = folder.name.startswith(".new-") and not _is_young(folder) and not is_locked(folder / ".lock")
            if is_left or folder.name.startswith(".deleted-"):
                shutil.rmtree(folder, ignore_errors=True)


def _is_young(folder: Path) -> bool:
    """Whether it was made so lately that its maker may not have its lock yet."""
    with contextlib.suppress(OSError):
        return time.time() - folder.stat().st_ctime < 2 and not (folder / ".lock").exists()
    return True


def _remove(folder: Path) -> None:
    """What cannot be removed now is tried again by the next who needs the room."""
    with contextlib.suppress(OSError):
        atomic.remove_folder(folder)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
