"""A prepared dataset: a folder of memory-mapped arrays that opens instantly and that many processes share.

<cache>/datasets/NAME/
    x_train.npy  y_train.npy  x_test.npy  y_test.npy     uint8 images (n, h, w, c), int64 labels (n,)
                                                         or, if multi-label, uint8 (n, classes)
    names_*.npy, groups_*.npy ...                        file names and groups, if there are any; see `records`
    dataset.json                                         written last: shapes, fingerprint and source of the arrays
<cache>/datasets/.NAME.lock                              held by the process that prepares the dataset
<cache>/datasets/NAME.progress.json                      its progress; removed when it is done
<cache>/datasets/NAME.log                                its output, if a page started it
<cache>/datasets/NAME.edits-FINGERPRINT.json             excluded and relabelled images, see `edits`
<cache>/datasets/.NAME-*                                 work in progress, or left by a killed process

A custom dataset is such a folder below $IMGCLS_OWN_DATA, see `custom`. Because it cannot be made again and may grow,
its arrays are in a numbered subfolder that dataset.json names: the new state is written next to the old one, and
replacing dataset.json switches over.
"""

import mmap
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from imgcls.datasets import custom
from imgcls.datasets.info import DatasetInfo
from imgcls.datasets.lookup import facts
from imgcls.datasets.store import records
from imgcls.datasets.store.edits import Edits
from imgcls.datasets.store.records import Records
from imgcls.errors import DamagedFile, DatasetError
from imgcls.system import json_files, paths
from imgcls.system.arrays import map_npy

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
FORMAT = 1


@dataclass(frozen=True, eq=False)
class Dataset:
    """The facts about a dataset, and its arrays, read-only and memory-mapped."""

    facts: DatasetInfo
    x_train: np.ndarray  # uint8, (n, height, width, channels)
    y_train: np.ndarray  # int64, (n,); if multi-label, a 0/1 matrix (n, classes)
    x_test: np.ndarray
    y_test: np.ndarray
    fingerprint: str  # of all four arrays and the groups: the same images and labels have the same fingerprint
    edits: Edits  # the edits applied to `y_train`; none as prepared
    records: Records = field(default_factory=Records)  # file names and groups

    @property
    def training_count(self) -> int:
        """Training images that are not excluded."""
        return len(self.y_train) - len(self.edits.excluded)

    def release_memory(self) -> None:
        """Returns the memory of mapped images to the operating system, where supported: for long-lived servers.

        Each image that is read maps some two hundred kilobytes around it, until the whole file is in memory.
        """
        if hasattr(mmap, "MADV_DONTNEED"):
            for images in (self.x_train, self.x_test):
                if isinstance(mapped := getattr(images, "_mmap", None), mmap.mmap):
                    mapped.madvise(mmap.MADV_DONTNEED)


def open_dataset(name: str) -> Dataset:
    """The dataset, instantly. Raises DatasetError, which says what to do, if it is not prepared."""
    about = facts(name)
    for _ in range(3):  # it may be replaced by a newer one between two reads
        card = _card(about)
        if card is None:
            break
        try:
            folder = arrays_of(name, card)
            x_train, y_train, x_test, y_test = arrays = [map_npy(folder / f"{key}.npy") for key in ARRAYS]
            known = records.read(
                folder, {"train": len(y_train), "test": len(y_test)}, has_groups=card.get("groups") is True
            )
        except (DamagedFile, FileNotFoundError):
            continue
        if card == _card(about) and [list(array.shape) for array in arrays] == [card["shapes"][key] for key in ARRAYS]:
            fingerprint = card["fingerprint"]
            return Dataset(about, x_train, y_train, x_test, y_test, fingerprint, Edits(fingerprint), known)
    raise DatasetError(how_to_get(about))


def dataset_stamp(name: str) -> tuple[str, float]:
    """Changes whenever the dataset is prepared again: the path and time of its dataset.json. Raises OSError."""
    card = folder_of(name) / "dataset.json"
    return str(card), card.stat().st_mtime


def is_ready(name: str) -> bool:
    """Whether `open_dataset` would succeed: prepared, complete, and up to date with the file in $IMGCLS_DATA."""
    return _card(facts(name)) is not None


def stored_bytes(name: str) -> int | None:
    """The size of a prepared dataset on disk; None if it `is_ready` not."""
    card = _card(facts(name))
    return None if card is None else sum(int(card["bytes"][key]) for key in ARRAYS)


def is_available(name: str) -> bool:
    """Whether it works offline: it is prepared, bundled with a package, or its file is in $IMGCLS_DATA."""
    about = facts(name)
    return _is_local(about) or is_ready(name)


def how_to_get(about: DatasetInfo) -> str:
    """The message for a dataset that is not prepared."""
    if _is_local(about):
        return f"{about.title} is not prepared yet. Open it on the Data page, or run: imgcls prepare {about.name}"
    if about.source == "own":
        return (
            f"{about.title} is damaged: one of its files is missing or incomplete. Delete it on the Data page and "
            "import the images again."
        )
    if about.source == "file":
        files = " and ".join(about.needs)
        return f"{about.title} is built from {files}. Put the missing files into the folder set by IMGCLS_DATA."
    files = " and ".join(about.files) or f"{about.file} (Keras's four arrays)"
    return (
        f"{about.title} is not on this machine yet. Connect to the internet and download it on the Data page "
        f"({about.megabytes:.1f} MB), or put {files} into the folder set by IMGCLS_DATA."
    )


def all_folder() -> Path:
    """The folder of all prepared datasets."""
    return paths.cache_folder() / "datasets"


def folder_of(name: str) -> Path:
    """The folder of one prepared dataset."""
    return custom.folder_of(name) if custom.is_custom(name) else all_folder() / name


def arrays_of(name: str, card: dict) -> Path:
    """The folder of its arrays. `card` is the content of its dataset.json."""
    return folder_of(name) / str(int(card["state"])) if custom.is_custom(name) else folder_of(name)


def provided_file(about: DatasetInfo) -> Path | None:
    """The file provided for this dataset in $IMGCLS_DATA, or None."""
    folder = paths.data_folder()
    if folder is None or about.source != "download":
        return None
    path = folder / about.file
    return path if path.is_file() else None


def has_originals(about: DatasetInfo) -> bool:
    """Whether all original files of this dataset are in $IMGCLS_DATA."""
    folder = paths.data_folder()
    return bool(about.files) and folder is not None and all((folder / file).is_file() for file in about.files)


def stamp(path: Path) -> dict:
    """Differs if a file is replaced."""
    status = path.stat()
    return {"bytes": status.st_size, "modified": status.st_mtime_ns}


def _is_local(about: DatasetInfo) -> bool:
    """Whether it can be prepared offline."""
    if about.source == "file":
        folder = paths.data_folder()
        return folder is not None and all((folder / file).is_file() for file in about.needs)
    return about.source == "bundled" or provided_file(about) is not None or has_originals(about)


def _card(about: DatasetInfo) -> dict | None:
    """The content of dataset.json, or None if the prepared dataset is missing, damaged or outdated."""
    folder = folder_of(about.name)
    try:
        card = json_files.read_object(folder / "dataset.json")
        if (card["format"], card["version"]) != (FORMAT, about.version):
            return None
        if any((arrays_of(about.name, card) / f"{key}.npy").stat().st_size != card["bytes"][key] for key in ARRAYS):
            return None
        provided = provided_file(about)
        if provided and stamp(provided) != card["source"].get("stamp"):
            return None
        return card if isinstance(card["fingerprint"], str) and card["shapes"].keys() >= set(ARRAYS) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
