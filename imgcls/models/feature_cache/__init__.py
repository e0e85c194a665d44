"""Cache of the features that backbones compute: folders named by a digest of everything the features depend on.

    <cache>/features/<digest>-<digest of rows>/
        rows.npy        int64 (images,), ascending: which images of the dataset these are
        features.npy    float32 (copies, images, features), memory-mapped
        entry.json      what the features depend on, their shape, and how long it took to write them; written last
    <cache>/features/.new-*     an entry that is being written, with a lock that the writing process holds

Every head on the same backbone and images uses the same entry, whatever the split. A request for further images of the
dataset writes a larger entry, which takes over what is known and replaces the smaller ones. Finished entries never
change, so readers and writers need no lock; of two that are written at the same time, both stay until the next request.

The modification time of a folder is the time of its last use: when the cache is full (IMGCLS_FEATURES_GB), the least
recently used entries are evicted first. Entries of other versions are not found, and age.
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
from typing import Any

import filelock
import numpy as np

from imgcls.errors import WeightsError
from imgcls.models.feature_cache.entry import Entry, Writer, read
from imgcls.system import atomic, paths
from imgcls.system.processes import is_locked

SPARE_BYTES = 50_000_000
"""Always left free on the disk."""
VERSION = 2
ATTEMPTS = 3
"""How often the entries are listed while other processes replace some of them."""


def root_folder() -> Path:
    """The folder of the whole cache."""
    return paths.cache_folder() / "features"


def find(key: Mapping[str, Any], rows: np.ndarray) -> Entry | None:
    """The smallest entry with the features of these images; None if they are not all cached in one.

    `key` holds, as plain values, everything else that the features depend on.
    """
    suitable = [entry for entry in entries(key) if entry.has(rows).all()]
    found = min(suitable, key=lambda entry: len(entry.rows), default=None)
    if found is not None:
        with contextlib.suppress(OSError):
            os.utime(found.folder)
    return found


def entries(key: Mapping[str, Any]) -> list[Entry]:
    """All entries with features of this kind. Damaged ones are left out."""
    found: list[Entry] = []
    for _ in range(ATTEMPTS):
        folders = _folders(key)
        found = [entry for folder in folders if (entry := read(folder)) is not None]
        if all(folder.exists() for folder in folders):  # otherwise another process has put a larger one in its place
            break
    return found


@contextlib.contextmanager
def storing(key: Mapping[str, Any], rows: np.ndarray, copies: int, width: int) -> Iterator[Writer]:
    """Stores the features of these images, of which the caller writes those that are missing. Then `find` has them.

    If the caller raises, nothing is stored.

    Args:
        rows: int64 (n,), ascending.
        width: Features of an image.

    Raises:
        WeightsError: the features exceed the size of the cache, or the disk is full.
    """
    known = [entry for entry in entries(key) if entry.features.shape[::2] == (copies, width)]
    union = np.unique(np.concatenate([rows, *(entry.rows for entry in known)])).astype("<i8")
    if 4 * copies * len(union) * width <= paths.max_feature_bytes():
        rows = union
    shape = (copies, len(rows), width)
    size = 4 * int(np.prod(shape))
    aside = root_folder() / f".new-{secrets.token_hex(8)}"
    try:
        _make_room(size)
        aside.mkdir(parents=True)
        with filelock.FileLock(aside / ".lock"):
            began = time.monotonic()
            np.save(aside / "rows.npy", rows)
            with (aside / "features.npy").open("wb") as file:
                writer = Writer(file, rows, shape, known)
                yield writer
                writer.finish()
            seconds = time.monotonic() - began
            atomic.write_json(aside / "entry.json", {**key, "shape": shape, "seconds": seconds})
        (aside / ".lock").unlink(missing_ok=True)
        _put(aside, _folder(key, rows))
        _remove_all_within(key, rows)
    except OSError as error:
        raise WeightsError(
            f"The features ({_megabytes(size)}) could not be written to {root_folder()}: {error.strerror}. "
            "Free some space there, or set IMGCLS_CACHE to another folder."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def remove(key: Mapping[str, Any]) -> None:
    """Removes all features of this kind."""
    for folder in _folders(key):
        _remove(folder)


def total_bytes() -> int:
    """The size of the cache."""
    return sum(size for _, size, _ in _all())


def remove_all() -> None:
    """Removes all entries except those being written."""
    for _, _, folder in _all():
        _remove(folder)
    _sweep()


def _folder(key: Mapping[str, Any], rows: np.ndarray) -> Path:
    return root_folder() / f"{_digest(key)}-{hashlib.sha256(rows.astype('<i8').tobytes()).hexdigest()[:16]}"


def _folders(key: Mapping[str, Any]) -> list[Path]:
    return sorted(root_folder().glob(f"{_digest(key)}-*"))


def _digest(key: Mapping[str, Any]) -> str:
    text = json.dumps({"version": VERSION, **key}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _put(aside: Path, folder: Path) -> None:
    """Gives the finished folder its name. If another process has stored the same entry meanwhile, that one stays."""
    if read(folder) is None:
        _remove(folder)
    with contextlib.suppress(OSError):
        atomic.replace(aside, folder)


def _remove_all_within(key: Mapping[str, Any], rows: np.ndarray) -> None:
    """Removes the entries that a new one has replaced, if that one is there."""
    kept = _folder(key, rows)
    if (stored := read(kept)) is not None:
        for entry in entries(key):
            if entry.folder != kept and stored.has(entry.rows).all():
                _remove(entry.folder)


def _make_room(size: int) -> None:
    """Removes what killed processes left behind, then evicts the least recently used entries until `size` bytes fit."""
    most = paths.max_feature_bytes()
    if size > most:
        raise WeightsError(
            f"The features of these images take {_megabytes(size)}, but the cache holds at most {_megabytes(most)}. "
            "Use fewer images or augmented copies, use a backbone with fewer features, or raise IMGCLS_FEATURES_GB."
        )
    _sweep()
    entries = sorted(_all())
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


def _all() -> list[tuple[float, int, Path]]:
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
