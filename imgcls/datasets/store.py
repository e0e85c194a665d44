"""A prepared data set: a folder of arrays that opens at once and that many processes share.

<cache>/datasets/NAME/
    x_train.npy  y_train.npy  x_test.npy  y_test.npy     uint8 pictures (n, h, w, c), int64 labels (n,)
                                                         or, of several labels a picture, uint8 (n, classes)
    dataset.json                                         written last: what the arrays are and came from
<cache>/datasets/NAME.lock                               held by the process that prepares it
<cache>/datasets/NAME.progress.json                      how far that process is; gone when it is done
<cache>/datasets/NAME.log                                what it printed, if a page started it
<cache>/datasets/NAME.edits-FINGERPRINT.json             what a person changed, see `_edits`
<cache>/datasets/.NAME-*                                 what is being made, or was left by a killed process

A set of somebody's own pictures is such a folder below $IMGCLS_OWN_DATA, see `_own`. As it cannot be made again and may
grow, its arrays lie one folder deeper, in a numbered one that dataset.json names: the new state is written beside the
old one, and replacing dataset.json changes over.
"""

import json
import mmap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgcls.datasets import custom
from imgcls.datasets.editing.edit_list import Edits
from imgcls.datasets.info import DatasetInfo, facts
from imgcls.datasets.preparing.validate import ARRAYS
from imgcls.errors import DamagedFile, DatasetError
from imgcls.system import paths
from imgcls.system.arrays import map_npy

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set's facts and its arrays, read-only and mapped from the disk."""

    facts: DatasetInfo
    x_train: np.ndarray  # uint8, (n, height, width, channels)
    y_train: np.ndarray  # int64, (n,); where a picture may have several labels, 0 and 1 in (n, classes)
    x_test: np.ndarray
    y_test: np.ndarray
    fingerprint: str  # of all four arrays: the same pictures and labels have the same one
    edits: Edits  # the changes that `y_train` contains; none as it was prepared

    @property
    def training_count(self) -> int:
        """Training pictures that are not thrown out."""
        return len(self.y_train) - len(self.edits.excluded)

    def release_memory(self) -> None:
        """Gives the pages of mapped pictures back to the system, where it takes them: for a server, which lives long.

        Each picture that is looked at maps some two hundred kilobytes around it, until the whole file is mapped.
        """
        if hasattr(mmap, "MADV_DONTNEED"):
            for images in (self.x_train, self.x_test):
                if isinstance(mapped := getattr(images, "_mmap", None), mmap.mmap):
                    mapped.madvise(mmap.MADV_DONTNEED)


def open_dataset(name: str) -> Dataset:
    """The data set, at once. Raises DatasetError, with the ways out, while it is not prepared."""
    about = facts(name)
    for _ in range(3):  # it may be replaced by a newer one between two reads
        card = _card(about)
        if card is None:
            break
        try:
            folder = arrays_of(name, card)
            arrays = [map_npy(folder / f"{key}.npy") for key in ARRAYS]
        except (DamagedFile, FileNotFoundError):
            continue
        if card == _card(about) and [list(array.shape) for array in arrays] == [card["shapes"][key] for key in ARRAYS]:
            fingerprint = card["fingerprint"]
            return Dataset(about, *arrays, fingerprint=fingerprint, edits=Edits(fingerprint))
    raise DatasetError(how_to_get(about))


def dataset_stamp(name: str) -> tuple[str, float]:
    """What changes when the data set is prepared anew: where it lies, and when that was. Raises OSError."""
    card = folder_of(name) / "dataset.json"
    return str(card), card.stat().st_mtime


def is_ready(name: str) -> bool:
    """Whether `open_dataset` would succeed: prepared, whole, and from the file that lies in $IMGCLS_DATA now."""
    return _card(facts(name)) is not None


def is_available(name: str) -> bool:
    """Whether it can be used without a network: it is prepared, comes with the packages, or lies in $IMGCLS_DATA."""
    about = facts(name)
    return _is_at_hand(about) or is_ready(name)


def how_to_get(about: DatasetInfo) -> str:
    """The sentence for a data set that is not prepared."""
    if _is_at_hand(about):
        return (
            f"{about.title} is not prepared yet. Open it on the Data page, "
            f"or run: python -m imgcls.datasets {about.name}"
        )
    if about.source == "own":
        return (
            f"{about.title} is damaged: a file of it is missing or not complete. Delete it on the Data page and bring "
            "the pictures again."
        )
    if about.source == "file":
        files = " and ".join(about.needs)
        return f"{about.title} is made from {files}: put what is missing into the folder named by IMGCLS_DATA."
    return (
        f"{about.title} is not on this machine yet. Connect to the internet and press Fetch "
        f"({about.megabytes:.1f} MB), or put {about.file} (Keras's four arrays) into the folder named by IMGCLS_DATA."
    )


def all_folder() -> Path:
    """The folder of all prepared data sets."""
    return paths.cache_folder() / "datasets"


def folder_of(name: str) -> Path:
    """The folder of one prepared data set."""
    return custom.folder_of(name) if custom.is_custom(name) else all_folder() / name


def arrays_of(name: str, card: dict) -> Path:
    """The folder of its arrays."""
    return folder_of(name) / str(int(card["state"])) if custom.is_custom(name) else folder_of(name)


def progress_file(name: str) -> Path:
    """The file that tells how far the process is that prepares it."""
    return all_folder() / f"{name}.progress.json"


def provided_file(about: DatasetInfo) -> Path | None:
    """The file that somebody has put into $IMGCLS_DATA for this data set, if there is one."""
    folder = paths.data_folder()
    if folder is None or about.source != "download":
        return None
    path = folder / about.file
    return path if path.is_file() else None


def stamp(path: Path) -> dict:
    """What shows that a file was replaced."""
    status = path.stat()
    return {"bytes": status.st_size, "modified": status.st_mtime_ns}


def _is_at_hand(about: DatasetInfo) -> bool:
    """Whether it can be prepared without a network."""
    if about.source == "file":
        folder = paths.data_folder()
        return folder is not None and all((folder / file).is_file() for file in about.needs)
    return about.source == "bundled" or provided_file(about) is not None


def _card(about: DatasetInfo) -> dict | None:
    """The content of dataset.json, or None where the prepared data set is missing, damaged or of an older source."""
    folder = folder_of(about.name)
    try:
        card = json.loads((folder / "dataset.json").read_bytes())
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
