"""Lists of images as CSV and JSON files, and edits applied from such a file.

Every list (edits, duplicates, outliers, suspected label errors) has the same first columns, `COLUMNS`, so that any of
them can be filled in elsewhere and applied: write "exclude", "relabel" or "restore" in the column `action`, and the
class in `new label`. Images are found by file name, else by the digest of their pixels; rows without an action are
ignored. The digest is BLAKE2b with 16 bytes of the stored pixels (height × width × channels, uint8), in hexadecimal.
"""

import csv
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imgcls.datasets.editing import actions
from imgcls.datasets.store import Dataset
from imgcls.datasets.store.edits import NO_CLASS, Edits
from imgcls.errors import DatasetError
from imgcls.system import safe_csv

COLUMNS = ("file", "digest", "part", "row", "group", "label", "action", "new label")
VERSION = 1
EXCLUDE, RELABEL, RESTORE = "exclude", "relabel", "restore"
MAX_BYTES = 50_000_000
MAX_ROWS = 1_000_000
BLOCK_BYTES = 8_000_000


@dataclass(frozen=True)
class Change:
    """A row of a file: an image by its file name or digest ("" if not given), and what to do with it."""

    file: str
    digest: str
    action: str
    label: str = ""

    @property
    def shown(self) -> str:
        return self.file or self.digest


@dataclass
class Matched:
    """What a file would change: training images to exclude, to give a class, and to restore.

    `unchanged` counts images that already are as requested. `problems` are rows that cannot be applied: reason -> the
    names.
    """

    exclude: list[int] = field(default_factory=list)
    relabel: dict[int, list[int]] = field(default_factory=dict)  # class -> rows
    restore: list[int] = field(default_factory=list)
    unchanged: int = 0
    problems: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def count(self) -> int:
        """The number of images that would change."""
        return len(self.exclude) + len(self.restore) + sum(map(len, self.relabel.values()))


# ---- writing


def columns(
    dataset: Dataset, edits: Edits, positions: Iterable[int], more: Mapping[str, Sequence[Any]] | None = None
) -> dict[str, Sequence[Any]]:
    """The list of the images at these positions (training first, then test): `COLUMNS`, then the columns of `more`."""
    found: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    count, facts = len(dataset.y_train), dataset.facts
    for position in map(int, positions):
        part, row = ("train", position) if position < count else ("test", position - count)
        images, labels = (dataset.x_train, dataset.y_train) if part == "train" else (dataset.x_test, dataset.y_test)
        edited = edits.labels.get(position) if part == "train" else None
        values = (
            dataset.records.name(part, row),
            digest(images[row]),
            part,
            row,
            dataset.records.group(part, row),
            facts.named(labels[row]),
            "" if edited is None else EXCLUDE if edited == NO_CLASS else RELABEL,
            "" if edited is None or edited == NO_CLASS else facts.classes[edited],
        )
        for name, value in zip(COLUMNS, values, strict=True):
            found[name].append(value)
    return {**found, **(more or {})}


def to_csv(content: Mapping[str, Sequence[Any]]) -> bytes:
    """A list as CSV. No cell starts a formula."""
    return safe_csv.csv_file(content)


def to_json(dataset: Dataset, kind: str, content: Mapping[str, Sequence[Any]]) -> bytes:
    """A list as JSON: the dataset, the kind of the list, and an object for each image. It never contains NaN."""
    images = [
        {name: _plain(value) for name, value in zip(content, row, strict=True)}
        for row in zip(*content.values(), strict=True)
    ]
    about = {"version": VERSION, "kind": kind, "dataset": dataset.facts.name, "fingerprint": dataset.fingerprint}
    text = json.dumps(about | {"images": images}, ensure_ascii=False, allow_nan=False, indent=1)
    return text.encode("utf-8", "replace")


def digest(pixels: np.ndarray) -> str:
    """The digest of an image, equal only for identical pixels."""
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not np.isfinite(value) else value


# ---- reading


def read(content: bytes) -> list[Change]:
    """The changes in a CSV or JSON file; rows without an action are left out.

    Raises:
        DatasetError: it is neither, or lacks a column.
    """
    if len(content) > MAX_BYTES:
        raise DatasetError(f"The file is {len(content) / 1e6:,.0f} MB; the limit is {MAX_BYTES / 1e6:,.0f} MB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError("The file is not UTF-8 text. Save it as “CSV UTF-8”, or as JSON.") from error
    rows = _json_rows(text) if text.lstrip()[:1] in ("{", "[") else _csv_rows(text)
    if len(rows) > MAX_ROWS:
        raise DatasetError(f"The file has {len(rows):,} rows; the limit is {MAX_ROWS:,}.")
    return [change for number, row in enumerate(rows, 1) if (change := _change(number, row)) is not None]


def _json_rows(text: str) -> list[dict[str, Any]]:
    try:
        content = json.loads(text)
        rows = content["images"] if isinstance(content, dict) else content
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("no list of objects")
    except (ValueError, KeyError, RecursionError) as error:
        raise DatasetError(
            "The JSON file holds no list of images. Expected {“images”: [{“file”: …, “action”: …}]}."
        ) from error
    return rows


def _csv_rows(text: str) -> list[dict[str, Any]]:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise DatasetError(f"The CSV file cannot be read: {error}.") from error
    names = {_name(name) for name in rows[0]} if rows else set()
    if rows and not (names & {"file", "digest"} and names & {"action", "new label"}):
        raise DatasetError(
            "The table needs a column “file” or “digest”, and a column “action” or “new label”. Its columns are: "
            f"{', '.join(sorted(name for name in names if name))[:200]}."
        )
    return rows


def _change(number: int, row: Mapping[Any, Any]) -> Change | None:
    values = {_name(name): value for name, value in row.items() if isinstance(name, str)}
    file, digest_, action, label = (
        safe_csv.original(str(values.get(name) or "").strip()) for name in ("file", "digest", "action", "new label")
    )
    action = action.casefold() or (RELABEL if label else "")
    if not action:
        return None
    if action not in (EXCLUDE, RELABEL, RESTORE):
        raise DatasetError(
            f"Row {number}: “{action[:40]}” is not an action. Expected {EXCLUDE}, {RELABEL} or {RESTORE}."
        )
    if not file and not digest_:
        raise DatasetError(f"Row {number} has an action but neither a file nor a digest, so its image is unknown.")
    if action == RELABEL and not label:
        raise DatasetError(f"Row {number} relabels an image, but its column “new label” is empty.")
    return Change(file, digest_.casefold(), action, label)


def _name(column: Any) -> str:
    return " ".join(str(column or "").replace("_", " ").split()).casefold()


# ---- applying


def matched(dataset: Dataset, edits: Edits, changes: Sequence[Change]) -> Matched:
    """What these changes would do to a dataset. Several rows about one image: the last one counts."""
    found, wanted = Matched(), {}
    classes = {name.casefold(): number for number, name in enumerate(dataset.facts.classes)}
    classes |= {name: number for number, name in enumerate(dataset.facts.classes)}
    finder = _Finder(dataset, changes)
    for change in changes:
        row, problem = finder.row_of(change)
        label = classes.get(change.label, classes.get(change.label.casefold(), NO_CLASS))
        if not problem and change.action == RELABEL:
            if dataset.facts.is_multilabel:
                problem = "cannot be relabelled, because the dataset is multi-label"
            elif label == NO_CLASS:
                problem = f"have the label “{change.label[:40]}”, which is not a class of this dataset"
        if problem:
            found.problems[problem].append(change.shown)
        else:
            wanted[row] = (change.action, label)
    for row, (action, label) in sorted(wanted.items()):
        now = edits.labels.get(row)
        published = None if dataset.facts.is_multilabel else int(dataset.y_train[row])
        if action == RESTORE or (action == RELABEL and label == published):
            rows, is_done = found.restore, now is None
        elif action == EXCLUDE:
            rows, is_done = found.exclude, now == NO_CLASS
        else:
            rows, is_done = found.relabel.setdefault(label, []), now == label
        if is_done:
            found.unchanged += 1
        else:
            rows.append(row)
    found.relabel = {label: rows for label, rows in found.relabel.items() if rows}
    return found


def apply(dataset: Dataset, found: Matched) -> None:
    """Makes these changes, each kind as one edit that can be undone. Raises DatasetError."""
    actions.exclude(dataset, found.exclude)
    for label, rows in found.relabel.items():
        actions.relabel(dataset, rows, label)
    actions.restore(dataset, found.restore)


class _Finder:
    """Finds training images by name and digest."""

    def __init__(self, dataset: Dataset, changes: Sequence[Change]):
        self._by_base: dict[str, list[tuple[str, int]]] = defaultdict(list)
        names = {part: dataset.records.names.get(part, ()) for part in ("train", "test")}
        for row, name in enumerate(names["train"]):
            self._by_base[_base(name)].append((name, row))
        self._test_names = set(names["test"])
        self._by_digest: dict[str, list[int]] = {}
        self._test_digests: set[str] = set()
        # Only if it must be: this reads all images.
        if any(change.digest and len(self._named(change.file)) != 1 for change in changes):
            self._by_digest = _rows_by_digest(dataset.x_train)
            self._test_digests = set(_rows_by_digest(dataset.x_test))

    def row_of(self, change: Change) -> tuple[int, str]:
        """The training image that a change is about, or -1 and why there is none."""
        rows = self._named(change.file)
        same = self._by_digest.get(change.digest, [])
        if len(rows) > 1 and same:
            rows = [row for row in rows if row in same]
        rows = rows or same
        if len(rows) == 1:
            return rows[0], ""
        if rows:
            return -1, "match several training images"
        if change.file in self._test_names or change.digest in self._test_digests:
            return -1, "are test images, which cannot be edited"
        return -1, "are not in this dataset"

    def _named(self, file: str) -> list[int]:
        """Images with this name; else those whose path ends with it, or that it ends with."""
        if not file:
            return []
        wanted = file.replace("\\", "/")
        there = self._by_base.get(_base(wanted), [])
        exact = [row for name, row in there if name == file]
        if exact:
            return exact
        paths = [(f"/{name.replace(chr(92), '/')}", row) for name, row in there]
        return [row for path, row in paths if path.endswith(f"/{wanted}") or f"/{wanted}".endswith(path)]


def _base(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _rows_by_digest(images: np.ndarray) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    size = max(1, BLOCK_BYTES // max(1, images[0].size)) if len(images) else 1
    for start in range(0, len(images), size):
        for row, pixels in enumerate(np.asarray(images[start : start + size]), start):
            found[digest(pixels)].append(row)
    return found
