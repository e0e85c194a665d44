"""Cache of the features that backbones compute: one folder per entry, named by a digest of everything they depend on.

    <cache>/features/<digest>/
        features.npy    float32 (copies, images, features), memory-mapped
        entry.json      what the features depend on, and how long it took to compute them; written last
    <cache>/features/.new-*     an entry that is being written, with a lock that the writing process holds

Every head on the same backbone and images uses the same entry. The modification time of its folder is the time of its
last use: when the cache is full (IMGCLS_FEATURES_GB), the least recently used entries are evicted first.
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
"""Always left free on the disk."""
VERSION = 1


def root_folder() -> Path:
    """The folder of the whole cache."""
    return paths.cache_folder() / "features"


def entry_folder(key: Mapping[str, Any]) -> Path:
    """The folder of an entry. `key` holds, as plain values, everything that the features depend on."""
    text = json.dumps({"version": VERSION, **key}, sort_keys=True)
    return root_folder() / hashlib.sha256(text.encode()).hexdigest()[:32]


def find(key: Mapping[str, Any]) -> np.ndarray | None:
    """Cached features, float32 (copies, images, features), memory-mapped; None if they are not cached."""
    folder = entry_folder(key)
    found = _read(folder)
    if found is not None:
        with contextlib.suppress(OSError):
            os.utime(folder)
    return found


@contextlib.contextmanager
def storing(key: Mapping[str, Any], shape: tuple[int, int, int]) -> Iterator[BinaryIO]:
    """A file to which the caller writes the float32 values in order. Afterwards `find` returns them.

    If the caller raises, nothing is stored.

    Raises:
        WeightsError: the features exceed the size of the cache, or the disk is full.
    """
    folder, size = entry_folder(key), 4 * int(np.prod(shape))
    aside = root_folder() / f".new-{secrets.token_hex(8)}"
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
            atomic.write_json(aside / "entry.json", {**key, "seconds": time.monotonic() - began})
        (aside / ".lock").unlink(missing_ok=True)
        _put(aside, folder)
    except OSError as error:
        raise WeightsError(
            f"The features ({_megabytes(size)}) could not be written to {root_folder()}: {error.strerror}. "
            "Free some space there, or set IMGCLS_CACHE to another folder."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def remove(key: Mapping[str, Any]) -> None:
    """Removes an entry."""
    _remove(entry_folder(key))


def total_bytes() -> int:
    """The size of the cache."""
    return sum(size for _, size, _ in _entries())


def remove_all() -> None:
    """Removes all entries except those being written."""
    for _, _, folder in _entries():
        _remove(folder)
    _sweep()


def _put(aside: Path, folder: Path) -> None:
    """Gives the finished folder its name. If another process has stored the same entry meanwhile, that one stays."""
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
    """Removes what killed processes left behind, then evicts the least recently used entries until `size` bytes fit."""
    most = paths.max_feature_bytes()
    if size > most:
        raise WeightsError(
            f"The features of these images take {_megabytes(size)}, but the cache holds at most {_megabytes(most)}. "
            "Use fewer images or augmented copies, use a backbone with fewer features, or raise IMGCLS_FEATURES_GB."
        )
    _sweep()
    entries = sorted(_entries())
    used = sum(bytes_ for _, bytes_, _ in entries)
    root_folder().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root_folder()).free
    for _, bytes_, folder in entries:
        if used + size <= most and free >= size + SPARE_BYTES:
            break
        _remove(folder)
        used, free = used - bytes_, free + bytes_
    if free < size + SPARE_BYTES:
        raise WeightsError(
            f"The features take {_megabytes(size)}, but only {_megabytes(free)} are free in {root_folder()}. Free some "
            "space there, use fewer images or augmented copies, or set IMGCLS_CACHE to another folder."
        )


def _entries() -> list[tuple[float, int, Path]]:
    """(last use, bytes, folder) of every entry."""
    found = []
    with contextlib.suppress(OSError):
        for folder in root_folder().iterdir():
            with contextlib.suppress(OSError):
                if not folder.name.startswith("."):
                    found.append((folder.stat().st_mtime, (folder / "features.npy").stat().st_size, folder))
    return found


def _sweep() -> None:
    """Removes unfinished entries whose process is gone."""
    with contextlib.suppress(OSError):
        for folder in root_folder().iterdir():
            is_abandoned = (
                folder.name.startswith(".new-") and not _is_recent(folder) and not is_locked(folder / ".lock")
            )
            if is_abandoned or folder.name.startswith(".deleted-"):
                shutil.rmtree(folder, ignore_errors=True)


def _is_recent(folder: Path) -> bool:
    """Whether the folder is so new that the writing process may not hold its lock yet."""
    with contextlib.suppress(OSError):
        return time.time() - folder.stat().st_ctime < 2 and not (folder / ".lock").exists()
    return True


def _remove(folder: Path) -> None:
    """Removes a folder if possible; otherwise the next eviction tries again."""
    with contextlib.suppress(OSError):
        atomic.remove_folder(folder)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
