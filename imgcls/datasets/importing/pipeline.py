"""The import itself: a source and a wish become a data set. It runs in a process of its own."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from imgcls import datasets
from imgcls.datasets import CustomDataset, custom, lookup
from imgcls.datasets.importing import class_names, dataset_writer, decode, holdout, multilabel, sources
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import ImportRequest, Source, folder_layout
from imgcls.errors import ImageError, SettingError, SourceError
from imgcls.images import square
from imgcls.system import paths

SIDES = (28, 32, 64, 96, 128, 224)
MOST_BROKEN = 0.5
NO_TEST = "No picture is left for the test: nearly all are copies of each other. Bring pictures that differ."
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class ImportSettings:
    """How the pictures shall be stored. `into` names a data set to which they are added, in its size and colour.

    Raises:
        SettingError: a value is none of the choices.
    """

    title: str = ""
    note: str = ""
    side: int = 64
    channels: int = 3
    fit: str = "crop"
    into: str = ""

    def __post_init__(self):
        for what, value, choices in (
            ("size", self.side, SIDES),
            ("number of colours", self.channels, (1, 3)),
            ("way to make pictures square", self.fit, square.FITS),
        ):
            if value not in choices and not self.into:
                raise SettingError(f"The {what} is one of {', '.join(map(str, choices))}, not {value!r}.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def import_files(order: ImportRequest, wish: ImportSettings, work: Path, report: Report) -> str:
    """Imports into a new data set, or adds to the one that the wish names; returns its name.

    `work` is a folder beside the data sets, in which all is prepared.

    Raises:
        SourceError: the source cannot be imported, or the disk is full; nothing is visible then.
        DatasetError: the title is taken, or the data set to add to is gone.
    """
    old = datasets.custom_dataset(wish.into) if wish.into else None
    title = old.title if old else lookup.checked_title(wish.title)
    shape = old.shape if old else (wish.side, wish.side, wish.channels)
    report(0.0, "Looking at what is there")
    with _disk_errors(), contextlib.ExitStack() as stack:
        if old:
            stack.enter_context(dataset_writer.only_one(old.name))
        source = stack.enter_context(sources.opened(order))
        expected = _expected(source)
        dataset_writer.check_room(work, expected + (sum(old.counts) if old else 0), shape)
        pile, labels, parts = _read(source, work, shape, old.fit if old else wish.fit, expected, report)
        report(0.85, "Dividing into training and test pictures")
        if (
            source.is_multilabel
            or (source.form is not None and multilabel.is_multilabel(labels))
            or (old and old.is_multilabel)
        ):
            plan = _planned_with_several(labels, parts, pile.digests, old)
        else:
            plan = _planned(source.skips, labels, parts, pile.digests, old)
        report(0.87, "Writing")
        card = _written(plan, pile, shape, work / "state", old, report)
        card |= _told(source, plan, old) | {"shape": list(shape), "fit": old.fit if old else wish.fit}
        card["source"] = {"kind": "own", "from": order.kind}
        if old and old.ink:
            card["ink"] = True
        if old:
            return dataset_writer.publish_more(old, work / "state", card)
        return dataset_writer.publish_new(work, work / "state", card, title, wish.note.strip()[: custom.NOTE_LENGTH])


@dataclass
class _Plan:
    """Where each picture goes: its class (-1: left out) or its row of labels, and whether it is for the test."""

    classes: list[str]
    labels: np.ndarray
    test: np.ndarray
    held_back: bool
    copies: tuple[int, int, int]
    notes: list[str] = field(default_factory=list)

    @property
    def is_multilabel(self) -> bool:
        return self.labels.ndim == 2

    @property
    def kept(self) -> np.ndarray:
        """Which pictures are stored at all."""
        return np.ones(len(self.labels), bool) if self.is_multilabel else self.labels >= 0


def _read(
    source: Source, work: Path, shape: tuple[int, int, int], fit: str, expected: int, report: Report
) -> tuple[dataset_writer.Pile, list[str | multilabel.Labels], list[str]]:
    pile, labels, parts, broken = dataset_writer.Pile(work / "pictures.bin", shape), [], [], SkippedFiles()
    with contextlib.closing(pile):
        for seen, (item, result) in enumerate(decode.decoded(source.stream(), shape[0], shape[2], fit), 1):
            if isinstance(result, ImageError):
                broken.add(result.reason, item.name)
                source.skips.add(result.reason, item.name)
            else:
                pile.add(result)
                labels.append(item.label)
                parts.append(item.part)
            if seen % 25 == 0:
                of = f" of {max(expected, seen):,}" if source.items else ""
                report(0.85 * min(1, seen / max(1, expected)), f"Reading picture {seen:,}{of}")
    if broken.count > MOST_BROKEN * (broken.count + len(labels)):
        raise SourceError(
            f"{broken.count:,} of {broken.count + len(labels):,} pictures cannot be read{broken.said()}. More than "
            "half are broken, so nothing was imported. Look whether the source is complete."
        )
    return pile, labels, parts


def _planned(
    skips: SkippedFiles, labels: list[str], parts: list[str], digests: list[bytes], old: CustomDataset | None
) -> _Plan:
    classes, known, old_counts = [], {}, Counter()
    shown = folder_layout.spellings(Counter(labels), [])
    labels = [shown[label] for label in labels]
    if old:
        classes = list(old.classes)
        spelling = {class_names.key(name): name for name in classes}
        labels = [spelling.get(class_names.key(label), label) for label in labels]
        for part in ("train", "test"):
            stored = np.bincount(dataset_writer.stored_labels(old, part), minlength=len(classes))
            old_counts.update({(name, part): int(count) for name, count in zip(classes, stored, strict=True)})
            for chunk in dataset_writer.stored_chunks(old, part):
                known.update((dataset_writer.digest(pixels.data), part == "test") for pixels in chunk)
    given = "test" in parts
    counts = Counter(zip(labels, parts if given else [""] * len(parts), strict=True))
    usable = folder_layout.usable_classes(counts + old_counts, skips) | set(classes)
    classes += sorted(usable - set(classes), key=class_names.order)
    number = {name: place for place, name in enumerate(classes)}
    numbers = np.array([number.get(label, -1) for label in labels], np.int64)
    if given:
        test = np.array([part == "test" for part in parts], bool)
    else:
        test = np.zeros(len(labels), bool)
        rows = np.flatnonzero(numbers >= 0)
        test[rows] = holdout.held_back(numbers[rows].tolist(), [digests[row] for row in rows], known)
    rows = np.flatnonzero(numbers >= 0)
    if not old and not test[rows].any():
        raise SourceError(NO_TEST)
    copied = holdout.copies(numbers[rows].tolist(), [digests[row] for row in rows], test[rows])
    return _Plan(classes, numbers, test, not given, copied)


def _planned_with_several(
    labels: list[str | multilabel.Labels], parts: list[str], digests: list[bytes], old: CustomDataset | None
) -> _Plan:
    if old and not old.is_multilabel:
        raise SourceError(
            f"Each picture of “{old.title}” belongs to one class, and these have several labels. Import them as a new "
            "data set."
        )
    notes: list[str] = []
    known: dict[bytes, bool] = {}
    classes = list(old.classes) if old else []
    given = "test" in parts
    as_before = {class_names.key(name): name for name in classes}
    each = (multilabel.parted(label) if isinstance(label, str) else label for label in labels)
    items = [folder_layout.Item("", of, part if given else "") for of, part in zip(each, parts, strict=True)]
    chosen = [
        tuple(as_before.get(class_names.key(name), name) for name in item.label)
        for item in multilabel.spelled(items, notes)
    ]
    counts = Counter((name, item.part) for item, of in zip(items, chosen, strict=True) for name in of)
    classes += sorted(multilabel.usable_labels(counts, notes, classes) - set(classes), key=class_names.order)
    if old:
        for part in ("train", "test"):
            for chunk in dataset_writer.stored_chunks(old, part):
                known.update((dataset_writer.digest(pixels.data), part == "test") for pixels in chunk)
    matrix = multilabel.matrix(chosen, classes)
    if without := int((~matrix.any(1)).sum()):
        notes.append(f"Pictures without any label: {without:,}. They teach what none of the labels looks like.")
    test = np.array([part == "test" for part in parts], bool)
    if not given:
        test = multilabel.held_back(matrix, digests, known)
    if not old and not test.any():
        raise SourceError(NO_TEST)
    copied = holdout.copies([row.tobytes() for row in matrix], digests, test)
    return _Plan(classes, matrix, test, not given, copied, notes)


def _written(
    plan: _Plan, pile: dataset_writer.Pile, shape, state: Path, old: CustomDataset | None, report: Report
) -> dict[str, Any]:
    kept = plan.kept
    counts = {"train": int((kept & ~plan.test).sum()), "test": int((kept & plan.test).sum())}
    if old:
        counts = {"train": counts["train"] + old.counts[0], "test": counts["test"] + old.counts[1]}
    writer = dataset_writer.Writer(state, counts, shape, len(plan.classes) if plan.is_multilabel else 0)
    with contextlib.closing(writer):
        for part in ("train", "test") if old else ():
            start, labels = 0, dataset_writer.stored_labels(old, part)
            if plan.is_multilabel:  # nothing that was there has a label that is new
                labels = np.pad(labels, ((0, 0), (0, len(plan.classes) - labels.shape[1])))
            for chunk in dataset_writer.stored_chunks(old, part):
                writer.add(part, chunk, labels[start : start + len(chunk)])
                start += len(chunk)
        start = 0
        for chunk in pile.chunks():
            rows = slice(start, start + len(chunk))
            start += len(chunk)
            for part, wanted in (("train", kept[rows] & ~plan.test[rows]), ("test", kept[rows] & plan.test[rows])):
                writer.add(part, chunk[wanted], plan.labels[rows][wanted])
            report(0.87 + 0.12 * start / max(1, len(kept)), "Writing")
        return writer.finish()


def _told(source: Source, plan: _Plan, old: CustomDataset | None) -> dict[str, Any]:
    """What dataset.json says about how it came to be."""
    notes = list(dict.fromkeys([*source.notes, *plan.notes]))
    again, torn, leaked = plan.copies
    if plan.held_back:
        fraction = "About a fifth of each label" if plan.is_multilabel else "A fifth of each class"
        notes.append(f"{fraction} was held back for the test, chosen by content; copies stay on one side.")
    if again:
        notes.append(f"Exact copies of other pictures: {again:,}.")
    if torn:
        where = "With other labels" if plan.is_multilabel else "In more than one class"
        notes.append(f"{where}, with the very same pixels: {torn:,} pictures.")
    if leaked:
        notes.append(f"In the test and among those to learn from, so that the test is too kind: {leaked:,} pictures.")
    skipped = source.skips.rows()
    if old:
        notes = list(dict.fromkeys([*old.notes, *notes]))
        skipped = [{"reason": why, "count": count, "first": list(first)} for why, count, first in old.skipped] + skipped
    held_back = plan.held_back and (not old or old.held_back)
    card = {"classes": plan.classes, "held_back": held_back, "skipped": skipped[:60], "notes": notes[:60]}
    return card | ({"several": True} if plan.is_multilabel else {})


def _expected(source: Source) -> int:
    """How many pictures will come; for a table of pixels by its size, as no row was read yet."""
    if source.form is None:
        return len(source.items)
    size = Path(source.order.path).stat().st_size
    return max(1, size // (2 * source.form.columns)) if size else 1


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    """A full or a locked disk is not a bug: it gets its sentence."""
    try:
        yield
    except OSError as error:
        raise SourceError(
            f"The pictures could not be written to {paths.own_folder()}: {error.strerror or error}. "
            "Nothing was imported. Make room there, or set IMGCLS_OWN_DATA to another folder."
        ) from error
