"""Download the datasets of `keras.datasets`: the same files with the same checksums, but without importing Keras.

Complete files in the user's own Keras folder (~/.keras/datasets, or below $KERAS_HOME) are read there and never
changed. Others are downloaded into a working folder in the cache, which is removed afterwards.
"""

import gzip
import os
import pickle
import shutil
import tarfile
import urllib.error
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from imgcls.datasets import store
from imgcls.datasets.lookup import facts
from imgcls.datasets.preparing import prepare, validate
from imgcls.errors import DatasetError
from imgcls.system import downloads, network_errors
from imgcls.system.tasks import Progress

GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
TORONTO = "https://www.cs.toronto.edu/~kriz/"
DISK_FULL = (28, 122)
"""ENOSPC and EDQUOT; the second has no name on Windows."""
MAX_RATIO = 50
"""A member of a CIFAR archive that claims to be this many times larger than the whole archive is refused."""
DAMAGED = (OSError, EOFError, ValueError, LookupError, TypeError, zlib.error, tarfile.TarError, pickle.UnpicklingError)
"""What reading a damaged file raises."""

Arrays = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class KerasFile:
    """One file that `keras.datasets` downloads. Keras publishes no checksum for Fashion-MNIST."""

    name: str  # below KERAS_HOME/datasets, as Keras 3 names it
    url: str
    sha256: str | None = None


FASHION = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
FILES: dict[str, tuple[KerasFile, ...]] = {
    "mnist": (
        KerasFile(
            "mnist.npz", f"{GOOGLE}mnist.npz", "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
        ),
    ),
    "fashion_mnist": tuple(KerasFile(f"fashion-mnist/{part}-ubyte.gz", f"{GOOGLE}{part}-ubyte.gz") for part in FASHION),
    "cifar10": (
        KerasFile(
            "cifar-10-batches-py-target_archive",
            f"{TORONTO}cifar-10-python.tar.gz",
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        ),
    ),
    "cifar100": (
        KerasFile(
            "cifar-100-python-target_archive",
            f"{TORONTO}cifar-100-python.tar.gz",
            "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        ),
    ),
}


def download(name: str, title: str, megabytes: float, progress: Progress) -> Arrays:
    """The arrays x_train, y_train, x_test and y_test of a dataset of `keras.datasets`.

    Raises:
        DatasetError: The download failed. The message says why and what to do.
    """
    _check_free_space(name)
    found, reason = keras_folder() / "datasets", ""
    if all((found / file.name).is_file() for file in FILES[name]):
        progress(0.05, f"Reading the files in {found}")
        try:
            _check_hashes(name, found)
            return _read(name, found)
        except (*DAMAGED, DatasetError):
            reason = f"The files in {found} are damaged and were left unchanged. "
    with prepare.working_folder(name) as work:
        try:
            _fetch(name, work, megabytes, progress, reason)
            progress(0.9, "Unpacking")
            return _read(name, work)
        except (urllib.error.URLError, *DAMAGED, DatasetError) as error:
            if _is_disk_full(error):
                raise
            failure = network_errors.reason(error)
    raise DatasetError(
        f"{title} could not be downloaded: {failure}. Connect to the internet and try again, or put {name}.npz "
        f"(Keras's four arrays) into the folder set by IMGCLS_DATA."
    )


def keras_folder() -> Path:
    """The user's own Keras folder."""
    named = os.environ.get("KERAS_HOME", "").strip()
    return Path(named).expanduser() if named else Path("~").expanduser() / ".keras"


def _fetch(name: str, folder: Path, megabytes: float, progress: Progress, reason: str) -> None:
    before = 0

    def report(received: int, _: int) -> None:
        done = (before + received) / 1e6
        text = f"{reason}Downloading: {min(done, megabytes):.1f} of {megabytes:.1f} MB"
        progress(min(0.05 + 0.85 * done / megabytes, 0.9), text)

    report(0, 0)
    for file in FILES[name]:
        path = folder / file.name
        downloads.download(file.url, path, file.sha256, report)
        before += path.stat().st_size


def _check_hashes(name: str, folder: Path) -> None:
    """Raises ValueError if a file is not the published one."""
    import pooch

    for file in FILES[name]:
        if file.sha256 and pooch.file_hash(str(folder / file.name)) != file.sha256:
            raise ValueError(f"{file.name} has the wrong checksum")


def _read(name: str, folder: Path) -> Arrays:
    return READERS[name](name, folder)


def _read_npz(name: str, folder: Path) -> Arrays:
    return validate.read_npz(folder / FILES[name][0].name, facts(name))


def _read_idx(name: str, folder: Path) -> Arrays:
    """Gzipped IDX files: 16 bytes before the pixels, 8 before the labels."""
    contents = []
    for file in FILES[name]:
        with gzip.open(folder / file.name) as stream:
            contents.append(stream.read())
    arrays: list[np.ndarray] = []
    for pixels, labels in (contents[:2], contents[2:]):
        y = np.frombuffer(labels, np.uint8, offset=8)
        arrays += [np.frombuffer(pixels, np.uint8, offset=16).reshape(len(y), 28, 28), y]
    return tuple(arrays)


def _read_cifar10(name: str, folder: Path) -> Arrays:
    batches = [f"data_batch_{number}" for number in range(1, 6)]
    return _read_cifar(folder / FILES[name][0].name, "cifar-10-batches-py", batches, "test_batch", b"labels")


def _read_cifar100(name: str, folder: Path) -> Arrays:
    return _read_cifar(folder / FILES[name][0].name, "cifar-100-python", ["train"], "test", b"fine_labels")


def _read_cifar(path: Path, folder: str, training: list[str], test: str, labels: bytes) -> Arrays:
    """Batches of rows: 1,024 red values, then green, then blue."""
    with tarfile.open(path) as archive:

        def batch(member: str) -> tuple[np.ndarray, np.ndarray]:
            info = archive.getmember(f"{folder}/{member}")
            stream = archive.extractfile(info)
            if stream is None or info.size > MAX_RATIO * path.stat().st_size:
                raise ValueError(f"{member} is not a file of the expected size")
            content = ArrayUnpickler(stream).load()
            return content[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), np.array(content[labels])

        batches = [batch(member) for member in training]
        x_test, y_test = batch(test)
    x_train, y_train = (np.concatenate(part) for part in zip(*batches, strict=True))
    return x_train, y_train, x_test, y_test


READERS: dict[str, Callable[[str, Path], Arrays]] = {
    "mnist": _read_npz,
    "fashion_mnist": _read_idx,
    "cifar10": _read_cifar10,
    "cifar100": _read_cifar100,
}


class ArrayUnpickler(pickle.Unpickler):
    """Loads dictionaries, lists, strings, numbers and NumPy arrays. Any other class or function is refused.

    CIFAR's batches are pickles, which could otherwise run code. They were written by Python 2, so strings are bytes.
    """

    def __init__(self, stream: IO[bytes]):
        super().__init__(stream, encoding="bytes")

    def find_class(self, module: str, name: str) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np.ndarray.__reduce__(np.empty(0))[0]
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a dataset")


def _check_free_space(name: str) -> None:
    about = facts(name)
    needed = (sum(about.counts) * int(np.prod(about.shape)) + 2e6 * about.megabytes) / 1e6
    free = shutil.disk_usage(store.all_folder()).free / 1e6
    if free < needed:
        raise DatasetError(
            f"{about.title} needs about {needed:,.0f} MB in {store.all_folder()}, but only {free:,.0f} MB are free. "
            "Free some space, or set IMGCLS_CACHE to another folder."
        )


def _is_disk_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and not isinstance(error, urllib.error.URLError) and error.errno in DISK_FULL
