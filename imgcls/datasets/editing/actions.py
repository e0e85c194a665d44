"""Make, undo and store edits of a dataset, and open it with its edits applied."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import filelock

from imgcls import sharing
from imgcls.datasets import store
from imgcls.datasets.store import Dataset
from imgcls.datasets.store import edits as edit_list
from imgcls.datasets.store.edits import NO_CLASS, Edits, Step
from imgcls.errors import DatasetError
from imgcls.sharing import Action
from imgcls.system import atomic

LOCK_SECONDS = 10


def open_for_training(name: str, edits: Edits | None = None) -> Dataset:
    """The dataset with its edits applied, or with the given ones: what a run is trained on.

    Only `y_train` differs from `open_dataset`: excluded images have the label NO_CLASS, and `datasets.split` leaves
    them out. No image is copied.

    Raises:
        DatasetError: the dataset is not prepared, its edits are damaged, or the given edits belong to other data.
    """
    dataset = store.open_dataset(name)
    edits = edits_of(dataset) if edits is None else edits
    if edits.fingerprint != dataset.fingerprint:
        raise DatasetError(
            f"{dataset.facts.title} has changed since this run started, so the run cannot continue. Start a new one."
        )
    if edits.labels and max(edits.labels) >= len(dataset.y_train):
        raise DatasetError(f"The edits refer to images that {dataset.facts.title} does not have. Start a new run.")
    return replace(dataset, y_train=edits.applied(dataset.y_train), edits=edits)


def edits_of(dataset: Dataset) -> Edits:
    """The edits of a dataset.

    Raises:
        DatasetError: their file is damaged.
    """
    path = path_of(dataset)
    if not path.exists():
        return Edits(dataset.fingerprint)
    edits = edit_list.read(path, len(dataset.y_train), dataset.facts.num_classes)
    if edits.fingerprint != dataset.fingerprint:
        raise DatasetError(f"The edits in {path.name} belong to other images. Undo all edits on the Data page.")
    return edits


def exclude(dataset: Dataset, rows: Iterable[int]) -> None:
    """Excludes training images from all future training. Raises DatasetError."""
    _add(dataset, "drop", rows, NO_CLASS)


def relabel(dataset: Dataset, rows: Iterable[int], label: int) -> None:
    """Gives training images another class. Raises DatasetError."""
    if dataset.facts.is_multilabel:
        raise DatasetError(
            f"{dataset.facts.title} is multi-label, so an image cannot be given another class. Exclude it, or correct "
            "the label table and import the images again."
        )
    if not 0 <= label < dataset.facts.num_classes:
        raise DatasetError(f"There is no class {label}; {dataset.facts.title} has {dataset.facts.num_classes}.")
    _add(dataset, "relabel", rows, label)


def restore(dataset: Dataset, rows: Iterable[int]) -> None:
    """Undoes all edits of these training images. Raises DatasetError."""
    _add(dataset, "restore", rows, NO_CLASS)


def undo(dataset: Dataset) -> None:
    """Undoes the last edit. Raises DatasetError."""
    _require(dataset)
    with _locked(dataset):
        _write(dataset, edits_of(dataset).without_last())


def undo_all(dataset: Dataset) -> None:
    """Undoes all edits, even if their file is damaged. Raises DatasetError."""
    _require(dataset)
    with _locked(dataset):
        _write(dataset, Edits(dataset.fingerprint))


def path_of(dataset: Dataset) -> Path:
    """The file of edits: next to the folder of the dataset, so that it survives preparing the dataset again."""
    folder = store.folder_of(dataset.facts.name)
    return folder.with_name(f"{folder.name}.edits-{dataset.fingerprint}.json")


def edits_stamp(name: str) -> tuple[tuple[str, int], ...]:
    """Changes whenever the edits of a dataset do; does not open it."""
    folder = store.folder_of(name)
    found = []
    for path in sorted(folder.parent.glob(f"{folder.name}.edits-*.json")):
        try:
            found.append((path.name, path.stat().st_mtime_ns))
        except OSError:
            continue  # removed just now
    return tuple(found)


def _add(dataset: Dataset, action: str, rows: Iterable[int], label: int) -> None:
    _require(dataset)
    rows = tuple(sorted({int(row) for row in rows}))
    _check(dataset, rows)
    if not rows:
        return
    with _locked(dataset):
        published = tuple(row for row in rows if action == "relabel" and dataset.y_train[row] == label)
        edits = edits_of(dataset).then(Step(action, rows, label, published))
        if len(edits.steps) > edit_list.MOST_STEPS:
            raise DatasetError("There are too many edits. Undo some, or edit more images at once.")
        _write(dataset, edits)


def _require(dataset: Dataset) -> None:
    """Raises NotAllowed if the visitor may not edit labels: those of a built-in dataset concern everybody's runs."""
    sharing.require(Action.EDIT_LABELS, store.folder_of(dataset.facts.name))


def _check(dataset: Dataset, rows: Iterable[int]) -> None:
    count = len(dataset.y_train)
    for row in rows:
        if not 0 <= row < count:
            raise DatasetError(f"There is no training image #{row:,}: {dataset.facts.title} has #0 to #{count - 1:,}.")


def _write(dataset: Dataset, edits: Edits) -> None:
    path = path_of(dataset)
    try:
        if edits.steps:
            atomic.write_json(path, edits.as_dict())
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DatasetError(
            f"The edit could not be saved to {path.name}: {error.strerror}. Free some disk space and try again."
        ) from error


def _locked(dataset: Dataset) -> filelock.BaseFileLock:
    """Two tabs that edit at the same time must not lose an edit."""
    return filelock.FileLock(path_of(dataset).with_suffix(".lock"), timeout=LOCK_SECONDS)
