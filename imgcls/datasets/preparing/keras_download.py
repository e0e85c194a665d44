"""Download the datasets of `keras.datasets`: the same files with the same checksums, but without importing Keras.

Complete files in the user's own Keras folder (~/.keras/datasets, or below $KERAS_HOME) are read there and never
changed. Others are downloaded into a working folder in the cache, which is removed afterwards.
"""

import os
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from imgcls.datasets.lookup import facts
from imgcls.datasets.preparing import idx, originals, validate
from imgcls.datasets.preparing.originals import Arrays, OriginalFile
from imgcls.system.tasks import Progress

GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
TORONTO = "https://www.cs.toronto.edu/~kriz/"
MAX_RATIO = 50
"""A member of a CIFAR archive that claims to be this many times larger than the whole archive is refused."""

FASHION = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
# Named as Keras 3 names them below KERAS_HOME/datasets. Keras publishes no checksum for Fashion-MNIST.
FILES: dict[str, tuple[OriginalFile, ...]] = {
    "mnist": (
        OriginalFile(
            "mnist.npz", f"{GOOGLE}mnist.npz", "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
        ),
    ),
    "fashion_mnist": tuple(
        OriginalFile(f"fashion-mnist/{part}-ubyte.gz", f"{GOOGLE}{part}-ubyte.gz") for part in FASHION
    ),
    "cifar10": (
        OriginalFile(
            "cifar-10-batches-py-target_archive",
            f"{TORONTO}cifar-10-python.tar.gz",
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        ),
    ),
    "cifar100": (
        OriginalFile(
            "cifar-100-python-target_archive",
            f"{TORONTO}cifar-100-python.tar.gz",
            "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        ),
    ),
}


def download(name: str, progress: Progress) -> Arrays:
    """The arrays x_train, y_train, x_test and y_test of a dataset of `keras.datasets`.

    Raises:
        DatasetError: The download failed. The message says why and what to do.
    """
    instead = f"put {name}.npz (Keras's four arrays) into the folder set by IMGCLS_DATA"
    return originals.load(
        facts(name),
        FILES[name],
        lambda folder, _: READERS[name](name, folder),
        progress,
        [keras_folder() / "datasets"],
        instead,
    )


def keras_folder() -> Path:
    """The user's own Keras folder."""
    named = os.environ.get("KERAS_HOME", "").strip()
    return Path(named).expanduser() if named else Path("~").expanduser() / ".keras"


def _read_npz(name: str, folder: Path) -> Arrays:
    return validate.read_npz(folder / FILES[name][0].name, facts(name))


def _read_idx(name: str, folder: Path) -> Arrays:
    return tuple(idx.read(folder / file.name) for file in FILES[name])


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
