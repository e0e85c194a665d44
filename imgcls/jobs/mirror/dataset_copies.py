"""Datasets in object storage. A dataset is stored under its fingerprint, so that it is transferred once."""

import re
import shutil
import uuid

from imgcls import datasets
from imgcls.datasets import custom
from imgcls.datasets.store.dataset import folder_of
from imgcls.errors import DatasetError, RunError
from imgcls.jobs.mirror.storage import Storage

CARD = "dataset.json"
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}")
FINGERPRINT = re.compile(r"[0-9a-f]{8,128}")
MOST_BYTES = 50_000_000_000


def fingerprint(name: str) -> str:
    """The fingerprint of a dataset on this machine; "" if it is not here."""
    try:
        return datasets.open_dataset(name).fingerprint
    except DatasetError:
        return ""


def push(name: str, storage: Storage) -> bool:
    """Copies a dataset unless it is there. Returns whether it was copied.

    Raises:
        DatasetError: it is not prepared.
        RunError: the storage cannot be reached.
    """
    mark = datasets.open_dataset(name).fingerprint
    if CARD in storage.sizes(f"datasets/{mark}"):
        return False
    folder = folder_of(name)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    for path in sorted(files, key=lambda path: path == folder / CARD):  # last
        storage.upload(path, f"datasets/{mark}/{path.relative_to(folder).as_posix()}")
    return True


def pull(name: str, mark: str, storage: Storage) -> bool:
    """Copies a dataset to this machine unless the same one is here. Returns whether it was copied.

    Raises:
        RunError: the storage does not have it, or what it has is not a dataset.
    """
    if not (custom.is_custom(name) or name in datasets.names()) or not FINGERPRINT.fullmatch(mark):
        raise RunError("The storage names a dataset that cannot exist here, so it was not copied.")
    if fingerprint(name) == mark:
        return False
    target = folder_of(name)
    if target.exists() and custom.is_custom(name):
        raise RunError(f"There is another dataset '{name}' on this machine. Rename or delete it first.")
    if CARD not in storage.sizes(f"datasets/{mark}"):
        raise RunError(f"{storage.url} does not hold the dataset of this run. Push the run again with --data.")
    aside = target.parent / f".new-{uuid.uuid4().hex}"
    try:
        for inner in ("", *storage.folders(f"datasets/{mark}")):
            if inner and not inner.isdigit():
                continue
            (aside / inner).mkdir(parents=True, exist_ok=True)
            for file, size in storage.sizes(f"datasets/{mark}/{inner}".rstrip("/")).items():
                if FILE.fullmatch(file) and size <= MOST_BYTES:
                    storage.download(f"datasets/{mark}/{inner}/{file}".replace("//", "/"), aside / inner / file)
        if target.exists():
            shutil.rmtree(target)  # prepared from another source; it can be prepared again
        aside.rename(target)
    except OSError as error:
        raise RunError(f"The dataset cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if fingerprint(name) != mark:
        raise RunError("The dataset is incomplete in the storage. Push it again with --data.")
    return True
