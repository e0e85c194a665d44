"""Prepare a dataset: load it, validate it, and write it under its final name only when complete.

One process at a time prepares a dataset, whichever way it was started.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import filelock
import numpy as np

from imgcls.datasets import store
from imgcls.datasets.info import DatasetInfo, catalog_module
from imgcls.datasets.lookup import facts
from imgcls.datasets.preparing import fetch, validate
from imgcls.errors import DatasetError
from imgcls.system import atomic
from imgcls.system.tasks import Cancelled, Progress


def prepare(name: str, progress: Progress = lambda fraction, text: None, *, interrupt: bool = False) -> None:
    """Make a dataset ready to open. Does nothing if it is ready.

    It is taken from NAME.npz in $IMGCLS_DATA, else from the installed packages, else from the internet. A process that
    dies in the middle leaves nothing that looks like a dataset.

    Args:
        name: The dataset.
        progress: Called with the fraction done and what is being done.
        interrupt: For a process that does nothing else: when the preparation is cancelled, end this process by SIGTERM
            instead of at the next progress report.

    Raises:
        DatasetError: It cannot be prepared, or the preparation was cancelled.
    """
    about = facts(name)
    if about.source == "own":
        if not store.is_ready(name):
            raise DatasetError(store.how_to_get(about))
        return
    task = fetch.task_of(name)
    with _disk_errors(about):
        store.all_folder().mkdir(parents=True, exist_ok=True)
        with _lock(task.lock, about, progress):
            sweep(name)
            if store.is_ready(name):
                task.progress_file.unlink(missing_ok=True)
                return
            try:
                with task.reporting(progress, interrupt=interrupt) as report, _disk_errors(about):
                    report(0.0, fetch.FIRST)
                    arrays, source = _load(about, report)
                    report(0.95, "Writing")
                    _write(about, arrays, source)
            except Cancelled:
                raise DatasetError(f"Preparing {about.title} was cancelled.") from None


def sweep(name: str) -> None:
    """Remove what killed processes left. Only the holder of the lock may call this."""
    for path in [*store.all_folder().glob(f".{name}-*"), *store.all_folder().glob(f".{name}.*.part-*")]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


@contextlib.contextmanager
def working_folder(name: str) -> Iterator[Path]:
    """A folder beside the prepared datasets that is removed afterwards, or by the next `sweep`."""
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=store.all_folder(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _load(about: DatasetInfo, report: Progress) -> tuple[tuple[np.ndarray, ...], dict]:
    path = store.provided_file(about)
    if path:
        report(0.1, f"Reading {path.name}")
        before = store.stamp(path)
        arrays = validate.read_npz(path, about)
        if store.stamp(path) != before:
            raise DatasetError(f"{path} changed while it was being read. Try again when it is complete.")
        return arrays, {"kind": "npz", "path": str(path), "stamp": before}
    try:
        arrays = catalog_module(about.name).load(report)
    except FileNotFoundError as error:
        if about.source == "download":
            raise
        raise DatasetError(
            f"{about.title} comes with a package, but {error.filename} is missing. Reinstall the package."
        ) from error
    try:
        return validate.checked(tuple(arrays), about), {"kind": about.source}
    except ValueError as error:
        raise DatasetError(f"{about.title} was loaded, but is not valid: {error}.") from error


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
def _lock(path: Path, about: DatasetInfo, progress: Progress) -> Iterator[None]:
    """Hold the lock, waiting for another process that holds it."""
    lock = filelock.FileLock(path)
    while True:
        try:
            lock.acquire(timeout=0.5)
            break
        except filelock.Timeout:
            progress(0.0, f"Waiting for another process that is preparing {about.title}")
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _disk_errors(about: DatasetInfo) -> Iterator[None]:
    """Turn a full or read-only disk into a message for the user."""
    try:
        yield
    except OSError as error:
        raise DatasetError(
            f"{about.title} could not be written to {store.all_folder()}: {error.strerror or error}. "
            "Free some space there, or set IMGCLS_CACHE to another folder."
        ) from error
