"""Prepare a data set: load it, check it, write it aside and rename it, one process at a time."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import numpy as np

from imgcls.datasets import store
from imgcls.datasets.info import DatasetInfo, catalog_module
from imgcls.datasets.lookup import facts
from imgcls.datasets.preparing import progress as progress_file
from imgcls.datasets.preparing import validate
from imgcls.errors import DatasetError
from imgcls.system import atomic

Progress = Callable[[float, str], None]  # share done from 0 to 1, and what is being done


def prepare(name: str, progress: Progress | None = None) -> None:
    """Makes the data set ready to open; does nothing if it is. `progress` hears the share done and what is being done.

    It is taken from NAME.npz in $IMGCLS_DATA, else from the packages, else from the network. Raises DatasetError.
    A process that dies here leaves nothing that looks like a data set.
    """
    about = facts(name)
    if about.source == "own":
        if not store.is_ready(name):
            raise DatasetError(store.how_to_get(about))
        return
    tell = progress or (lambda fraction, text: None)
    with _disk_errors(about):
        store.all_folder().mkdir(parents=True, exist_ok=True)
        with _only_one(about, tell):
            sweep(name)
            if store.is_ready(name):
                progress_file.forget(store.progress_file(name))
                return
            with progress_file.shown(store.progress_file(name), tell) as report, _disk_errors(about):
                report(0.0, "Starting")
                arrays, source = _load(about, report)
                report(0.95, "Writing")
                _write(about, arrays, source)


def sweep(name: str) -> None:
    """Removes what killed processes have left. Only for the holder of the lock."""
    for path in [*store.all_folder().glob(f".{name}-*"), *store.all_folder().glob(f".{name}.*")]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


@contextlib.contextmanager
def working_folder(name: str) -> Iterator[Path]:
    """A folder beside the prepared data sets that is gone afterwards, or at the next `sweep`."""
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=store.all_folder(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _load(about: DatasetInfo, report: Progress) -> tuple[tuple[np.ndarray, ...], dict]:
    path = store.provided_file(about)
    if path:
        report(0.1, f"Reading {path.name}")
        before = store.stamp(path)
        arrays = validate.read_npz(path, about)
        if store.stamp(path) != before:
            raise DatasetError(f"{path} was changed while it was being read. Try again when it is complete.")
        return arrays, {"kind": "npz", "path": str(path), "stamp": before}
    try:
        arrays = catalog_module(about.name).load(report)
    except FileNotFoundError as error:
        if about.source == "download":
            raise
        raise DatasetError(
            f"{about.title} comes with a package, but {error.filename} is missing. Install the package anew."
        ) from error
    try:
        return validate.checked(tuple(arrays), about), {"kind": about.source}
    except ValueError as error:
        raise DatasetError(f"{about.title} cannot be used as it was loaded: {error}.") from error


def _write(about: DatasetInfo, arrays: tuple[np.ndarray, ...], source: dict) -> None:
    with working_folder(about.name) as work:
        aside, digest = work / "new", hashlib.sha256()
        aside.mkdir()
        for key, array in zip(store.ARRAYS, arrays, strict=True):
            digest.update(f"{key} {array.shape} ".encode())
            digest.update(np.ascontiguousarray(array).data)
            with (aside / f"{key}.npy").open("wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
        sizes = {key: (aside / f"{key}.npy").stat().st_size for key in store.ARRAYS}
        card = {
            "format": store.FORMAT,
            "name": about.name,
            "version": about.version,
            "counts": {"train": len(arrays[1]), "test": len(arrays[3])},
            "shapes": {key: list(array.shape) for key, array in zip(store.ARRAYS, arrays, strict=True)},
            "bytes": sizes,
            "source": source,
            "fingerprint": digest.hexdigest()[:16],
        }
        atomic.write_json(aside / "dataset.json", card)
        target = store.folder_of(about.name)
        if target.exists():
            target.rename(work / "old")
        atomic.replace(aside, target)


@contextlib.contextmanager
def _only_one(about: DatasetInfo, tell: Progress) -> Iterator[None]:
    lock = filelock.FileLock(store.all_folder() / f"{about.name}.lock")
    while True:
        try:
            lock.acquire(timeout=0.5)
            break
        except filelock.Timeout:
            tell(0.0, f"Another process is preparing {about.title}: waiting for it")
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _disk_errors(about: DatasetInfo) -> Iterator[None]:
    """A full or a locked disk is not a bug: it gets its sentence."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise DatasetError(
            f"{about.title} could not be written to {store.all_folder()}: {reason}. "
            "Make room there, or set IMGCLS_CACHE to a folder with enough of it that can be written."
        ) from error
