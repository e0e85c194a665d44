"""A data set as a person left it: with the changes applied for a training, and made, taken back and kept."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import filelock

from imgcls.datasets import store
from imgcls.datasets.editing import edit_list
from imgcls.datasets.editing.edit_list import NO_CLASS, Edits, Step
from imgcls.datasets.store import Dataset
from imgcls.errors import DatasetError
from imgcls.system import atomic

LOCK_SECONDS = 10


def open_for_training(name: str, edits: Edits | None = None) -> Dataset:
    """The data set with the changes that were made to it, or with those given: what a run learns from.

    Only `y_train` differs from `open_dataset`: a picture that is thrown out has the label NO_CLASS there, and
    `datasets.split` leaves it out. No picture is copied.

    Raises:
        DatasetError: it is not prepared, its list of changes is damaged, or the given changes belong to other data.
    """
    dataset = store.open_dataset(name)
    edits = edits_of(dataset) if edits is None else edits
    if edits.fingerprint != dataset.fingerprint:
        raise DatasetError(
            f"{dataset.facts.title} holds other pictures than when this run began, so it cannot go on. "
            "Start a new training."
        )
    if edits.labels and max(edits.labels) >= len(dataset.y_train):
        raise DatasetError(f"The changes name pictures that {dataset.facts.title} does not have. Start a new training.")
    return replace(dataset, y_train=edits.applied(dataset.y_train), edits=edits)


def edits_of(dataset: Dataset) -> Edits:
    """The changes that were made to a data set.

    Raises:
        DatasetError: their list is damaged.
    """
    path = path_of(dataset)
    if not path.exists():
        return Edits(dataset.fingerprint)
    edits = edit_list.read(path, len(dataset.y_train), dataset.facts.num_classes)
    if edits.fingerprint != dataset.fingerprint:
        raise DatasetError(
            f"The list of changes {path.name} belongs to other pictures. Take all changes back on the Data page."
        )
    return edits


def exclude(dataset: Dataset, rows: Iterable[int]) -> None:
    """These training pictures take part in no training any more. Raises DatasetError."""
    _add(dataset, "drop", rows, NO_CLASS)


def relabel(dataset: Dataset, rows: Iterable[int], label: int) -> None:
    """These training pictures belong to another class from now on. Raises DatasetError."""
    if dataset.facts.is_multilabel:
        raise DatasetError(
            f"A picture of {dataset.facts.title} may have several labels, so it cannot be given another class. Throw "
            "it out, or mend the table and import it anew."
        )
    if not 0 <= label < dataset.facts.num_classes:
        raise DatasetError(f"There is no class {label}; {dataset.facts.title} has {dataset.facts.num_classes}.")
    _add(dataset, "relabel", rows, label)


def restore(dataset: Dataset, rows: Iterable[int]) -> None:
    """These training pictures are as they were published again. Raises DatasetError."""
    _add(dataset, "restore", rows, NO_CLASS)


def undo(dataset: Dataset) -> None:
    """The last change was not made. Raises DatasetError."""
    with _only_one(dataset):
        _write(dataset, edits_of(dataset).without_last())


def undo_all(dataset: Dataset) -> None:
    """No change was made; that also helps where the list is damaged. Raises DatasetError."""
    with _only_one(dataset):
        _write(dataset, Edits(dataset.fingerprint))


def path_of(dataset: Dataset) -> Path:
    """Where the list lies: beside the folder of the data set, so that it stays when that is prepared anew."""
    folder = store.folder_of(dataset.facts.name)
    return folder.with_name(f"{folder.name}.edits-{dataset.fingerprint}.json")


def edits_stamp(name: str) -> tuple[tuple[str, int], ...]:
    """What differs when the changes to a data set do, without opening it."""
    folder = store.folder_of(name)
    found = []
    for path in sorted(folder.parent.glob(f"{folder.name}.edits-*.json")):
        try:
            found.append((path.name, path.stat().st_mtime_ns))
        except OSError:
            continue  # taken back in this very moment
    return tuple(found)


def _add(dataset: Dataset, action: str, rows: Iterable[int], label: int) -> None:
    rows = tuple(sorted({int(row) for row in rows}))
    _check(dataset, rows)
    if not rows:
        return
    with _only_one(dataset):
        published = tuple(row for row in rows if action == "relabel" and dataset.y_train[row] == label)
        edits = edits_of(dataset).then(Step(action, rows, label, published))
        if len(edits.steps) > edit_list.MOST_STEPS:
            raise DatasetError("There are too many changes in this list: take some back, or make larger steps.")
        _write(dataset, edits)


def _check(dataset: Dataset, rows: Iterable[int]) -> None:
    count = len(dataset.y_train)
    for row in rows:
        if not 0 <= row < count:
            raise DatasetError(
                f"There is no training picture {row:,}: {dataset.facts.title} has those from 0 to {count - 1:,}."
            )


def _write(dataset: Dataset, edits: Edits) -> None:
    path = path_of(dataset)
    try:
        if edits.steps:
            atomic.write_json(path, edits.as_dict())
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DatasetError(
            f"The change could not be written to {path.name}: {error.strerror}. Make room there and try again."
        ) from error


def _only_one(dataset: Dataset) -> filelock.BaseFileLock:
    """Two tabs that change the list at once must not lose a change."""
    return filelock.FileLock(path_of(dataset).with_suffix(".lock"), timeout=LOCK_SECONDS)
