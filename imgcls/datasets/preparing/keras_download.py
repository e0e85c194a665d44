"""Download a data set through `keras.datasets`, so that nothing half-made stays anywhere.

Keras writes straight to the final name in its own folder, and believes later what it finds there. So it gets a folder
of its own for each download, inside the cache, that is removed afterwards; files that lie complete in the user's own
Keras folder are copied into it first, and checked by Keras.
"""

import contextlib
import importlib
import io
import os
import shutil
import socket
import sys
import threading
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from imgcls.datasets import store
from imgcls.datasets.lookup import facts
from imgcls.datasets.preparing import prepare
from imgcls.errors import DatasetError
from imgcls.system import network_errors

# What keras.datasets downloads, below KERAS_HOME/datasets, as Keras 3.15 names it.
FILES = {
    "mnist": ("mnist.npz",),
    "fashion_mnist": tuple(
        f"fashion-mnist/{part}-ubyte.gz"
        for part in ("train-labels-idx1", "train-images-idx3", "t10k-labels-idx1", "t10k-images-idx3")
    ),
    "cifar10": ("cifar-10-batches-py-target_archive",),
    "cifar100": ("cifar-100-python-target_archive",),
}


def download(name: str, title: str, megabytes: float, progress) -> tuple[np.ndarray, ...]:
    """The four arrays of a data set of keras.datasets. Raises DatasetError with both ways out."""
    _check_room(name)
    with prepare.working_folder(name) as work:
        if found := _copy_from_users_keras(name, work / "copied"):
            progress(0.05, f"Reading the files in {found}")
            try:
                with _growth_told(work / "copied", megabytes, progress, found):
                    return _load(name, work / "copied")
            except (ImportError, MemoryError):
                raise
            except Exception:  # whatever is wrong with them, fresh ones are the answer  # noqa: BLE001
                progress(0.05, f"The files in {found} are damaged and are left alone: downloading fresh ones")
                shutil.rmtree(work / "copied", ignore_errors=True)
        try:
            with _growth_told(work / "fresh", megabytes, progress):
                return _load(name, work / "fresh")
        except (ImportError, MemoryError):
            raise
        except Exception as error:  # Keras raises plain Exception where the network fails
            if _is_disk_full(error):
                raise
            reason = network_errors.reason(error)
        raise DatasetError(
            f"{title} could not be downloaded: {reason}. Connect to the internet and press Fetch again, or put "
            f"{name}.npz (Keras's four arrays) into the folder named by IMGCLS_DATA."
        )


def _load(name: str, home: Path) -> tuple[np.ndarray, ...]:
    """keras.datasets.NAME.load_data() with `home` for its folder."""
    home.mkdir(exist_ok=True)
    before = {key: os.environ.get(key) for key in ("KERAS_HOME", "KERAS_BACKEND")}
    os.environ |= {"KERAS_HOME": str(home), "KERAS_BACKEND": "tensorflow"}
    silence = socket.getdefaulttimeout()
    socket.setdefaulttimeout(network_errors.SILENT_SECONDS)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            importlib.import_module("keras")
            # Where Keras was imported before, it has read KERAS_HOME already.
            config = importlib.import_module("keras.src.backend.config")
            config._KERAS_DIR = str(home)
            load_data = importlib.import_module(f"keras.datasets.{name}").load_data
            (x_train, y_train), (x_test, y_test) = load_data()
    finally:
        socket.setdefaulttimeout(silence)
        for key, value in before.items():
            if value is None:
                os.environ.pop(key)
            else:
                os.environ[key] = value
        if "keras.src.backend.config" in sys.modules:
            sys.modules["keras.src.backend.config"]._KERAS_DIR = str(_users_keras())
    return x_train, y_train, x_test, y_test


def _users_keras() -> Path:
    named = os.environ.get("KERAS_HOME")
    return Path(named).expanduser() if named else Path("~").expanduser() / ".keras"


def _copy_from_users_keras(name: str, home: Path) -> Path | None:
    """Copies the files if all are there; the folder they came from, or None."""
    folder = _users_keras() / "datasets"
    try:
        if not all((folder / file).is_file() for file in FILES[name]):
            return None
        for file in FILES[name]:
            (home / "datasets" / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / file, home / "datasets" / file)
    except OSError:
        return None
    return folder


@contextlib.contextmanager
def _growth_told(home: Path, megabytes: float, progress, found: Path | None = None) -> Iterator[None]:
    """Tells four times a second how much has arrived: the size of the files is all that Keras lets out."""
    over = threading.Event()

    def watch() -> None:
        complete = _arrived(home) if found else 0.0
        replaced = False
        while not over.wait(0.25):
            done = _arrived(home)
            replaced = replaced or done < complete
            if found and not replaced:
                continue
            why = f"The files in {found} are damaged. " if found else ""
            if done >= megabytes * 0.999:
                progress(0.9, "Unpacking")
            else:
                progress(0.9 * done / megabytes, f"{why}Downloading: {done:.1f} of {megabytes:.1f} MB")

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _arrived(home: Path) -> float:
    """Megabytes of the downloaded files; what is unpacked from them lies deeper."""
    total = 0
    for pattern in ("datasets/*", "datasets/fashion-mnist/*"):
        for path in home.glob(pattern):
            with contextlib.suppress(OSError):
                total += path.stat().st_size if path.is_file() else 0
    return total / 1e6


def _check_room(name: str) -> None:
    about = facts(name)
    needed = (sum(about.counts) * int(np.prod(about.shape)) + 3e6 * about.megabytes) / 1e6
    free = shutil.disk_usage(store.all_folder()).free / 1e6
    if free < needed:
        raise DatasetError(
            f"{about.title} needs about {needed:,.0f} MB in {store.all_folder()}, and {free:,.0f} MB are free. "
            "Make room there, or set IMGCLS_CACHE to a folder with enough of it."
        )


def _is_disk_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and not isinstance(error, urllib.error.URLError) and error.errno in (28, 122)
