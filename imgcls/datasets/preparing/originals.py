"""Datasets made from the files that their authors publish: found on this machine, or downloaded with a checksum.

The files may lie in the folder set by IMGCLS_DATA; they are checked and never changed. Others are downloaded into a
working folder in the cache, which is removed afterwards.
"""

import pickle
import shutil
import tarfile
import urllib.error
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgcls.datasets import store
from imgcls.datasets.info import DatasetInfo
from imgcls.datasets.lookup import facts
from imgcls.datasets.preparing import prepare
from imgcls.errors import DatasetError, ImageError
from imgcls.system import downloads, network_errors, paths
from imgcls.system.tasks import Progress

DISK_FULL = (28, 122)
"""ENOSPC and EDQUOT; the second has no name on Windows."""
DAMAGED = (
    *(OSError, EOFError, ValueError, LookupError, TypeError, NotImplementedError, ImageError),
    *(zlib.error, tarfile.TarError, zipfile.BadZipFile, pickle.UnpicklingError),
)
"""What reading a damaged file raises."""
MB = 1e6

Arrays = tuple[np.ndarray, ...]
Reader = Callable[[Path, Progress], Arrays]


@dataclass(frozen=True)
class OriginalFile:
    """A file as its authors publish it."""

    name: str  # below the folder that holds the files
    url: str
    checksum: str | None = None  # SHA-256, or "md5:..." where only that is published


def provided(name: str, files: Sequence[OriginalFile], read: Reader, progress: Progress) -> Arrays:
    """The four arrays of a dataset, from files in $IMGCLS_DATA or from the internet; `read` gets their folder.

    Raises:
        DatasetError: the download failed, or there is not enough disk space. The message says what to do.
        OSError: the disk is full.
    """
    folder = paths.data_folder()
    instead = f"put {' and '.join(file.name for file in files)} into the folder set by IMGCLS_DATA"
    return load(facts(name), files, read, progress, [folder] if folder else [], instead)


def load(
    about: DatasetInfo,
    files: Sequence[OriginalFile],
    read: Reader,
    progress: Progress,
    folders: Iterable[Path],
    instead: str,
) -> Arrays:
    """The same for files in any of `folders`; `instead` is what the user can do without a network.

    Raises:
        DatasetError, OSError: see `provided`.
    """
    _check_free_space(about)
    reason = ""
    for folder in folders:
        if not all((folder / file.name).is_file() for file in files):
            continue
        progress(0.05, f"Reading the files in {folder}")
        try:
            _check_hashes(files, folder)
            return read(folder, progress)
        except (*DAMAGED, DatasetError) as error:
            if _is_disk_full(error):
                raise
            reason = f"The files in {folder} are damaged and were left unchanged. "
    with prepare.working_folder(about.name) as work:
        try:
            _fetch(about, files, work, progress, reason)
            progress(0.9, "Unpacking")
            return read(work, progress)
        except (urllib.error.URLError, *DAMAGED, DatasetError) as error:
            if _is_disk_full(error):
                raise
            failure = network_errors.reason(error)
    raise DatasetError(
        f"{about.title} could not be downloaded: {failure}. Connect to the internet and try again, or {instead}."
    )


def _fetch(about: DatasetInfo, files: Sequence[OriginalFile], folder: Path, progress: Progress, reason: str) -> None:
    before = 0

    def report(received: int, _: int) -> None:
        done = (before + received) / MB
        text = f"{reason}Downloading: {min(done, about.megabytes):.1f} of {about.megabytes:.1f} MB"
        progress(min(0.05 + 0.85 * done / about.megabytes, 0.9), text)

    report(0, 0)
    for file in files:
        path = folder / file.name
        downloads.download(file.url, path, file.checksum, report)
        before += path.stat().st_size


def _check_hashes(files: Sequence[OriginalFile], folder: Path) -> None:
    """Raises ValueError if a file is not the published one."""
    import pooch

    for file in files:
        algorithm, _, value = (file.checksum or "").rpartition(":")
        if value and pooch.file_hash(str(folder / file.name), alg=algorithm or "sha256") != value:
            raise ValueError(f"{file.name} has the wrong checksum")


def _check_free_space(about: DatasetInfo) -> None:
    needed = (sum(about.counts) * int(np.prod(about.shape)) + 2 * MB * about.megabytes) / MB
    free = shutil.disk_usage(store.all_folder()).free / MB
    if free < needed:
        raise DatasetError(
            f"{about.title} needs about {needed:,.0f} MB in {store.all_folder()}, but only {free:,.0f} MB are free. "
            "Free some space, or set IMGCLS_CACHE to another folder."
        )


def _is_disk_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and not isinstance(error, urllib.error.URLError) and error.errno in DISK_FULL
