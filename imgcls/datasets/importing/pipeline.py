"""The import itself: a source and settings become a dataset. It runs in a separate process."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.datasets import custom, lookup
from imgcls.datasets.custom import CustomDataset
from imgcls.datasets.importing import class_names, dataset_writer, handwriting, holdout, sources
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.pixels import decode, scale
from imgcls.datasets.importing.pixels.done import Done
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import ImportRequest, Source, items, multilabel
from imgcls.datasets.importing.time_limit import TimeLimit
from imgcls.errors import ImageError, SettingError, SourceError
from imgcls.images import square
from imgcls.images.files.pixel_scale import PixelScale
from imgcls.images.handwriting import EITHER
from imgcls.system import paths

SIDES = (28, 32, 64, 96, 128, 160, 224, 256, 320, 384, 512)
MAX_UNREADABLE = 0.5  # fraction of images
NO_TEST = "No images are left for the test set, because nearly all are duplicates. Import images that differ."
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class ImportSettings:
    """How to store the images. `into` is a dataset to add them to, with its size and colours.

    Raises:
        SettingError: a value is not one of the choices.
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
            ("way to make images square", self.fit, square.FITS),
        ):
            if value not in choices and not self.into:
                raise SettingError(f"The {what} must be one of {', '.join(map(str, choices))}, not {value!r}.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def import_files(request: ImportRequest, settings: ImportSettings, work: Path, report: Report) -> str:
    """Imports into a new dataset, or adds to the dataset `settings.into`; returns its name.

    `work` is a folder for temporary files, on the same disk as the datasets.

    Raises:
        SourceError: the source cannot be imported, or the disk is full; nothing is changed then.
        DatasetError: the title is taken, or the dataset to add to does not exist.
    """
    old = custom.custom_dataset(settings.into) if settings.into else None
    title = old.title if old else lookup.checked_title(settings.title)
    shape = old.shape if old else (settings.side, settings.side, settings.channels)
    report(0.0, "Inspecting the source")
    with _disk_errors(), contextlib.ExitStack() as stack:
        if old:
            stack.enter_context(dataset_writer.exclusive(old.name))
        source = stack.enter_context(sources.opened(request))
        ink = _ink_of(source, old)
        source.findings.check_answered()
        fit = ink or (old.fit if old else settings.fit)
        expected = _expected(source)
        dataset_writer.check_disk_space(work, expected + (sum(old.counts) if old else 0), shape)
        limit = TimeLimit()
        target = decode.Target(shape[0], shape[2], fit, _known_scale(old))
        try:
            read = _read(source, work, target, expected, limit, report)
        except decode.ScaleNeeded:
            report(0.0, "Measuring the range of values")
            measured = scale.choose(source.findings, limit.watch(map(source.bytes_of, source.items)))
            source.findings.check_answered()
            target = replace(target, scale=measured)
            read = _read(source, work, target, expected, limit, report)
        pixels, labels, parts, done = read
        report(0.85, "Splitting into training and test images")
        if (
            source.is_multilabel
            or (source.table is not None and multilabel.is_multilabel(labels))
            or (old and old.is_multilabel)
        ):
            plan = _plan_multilabel(labels, parts, pixels.digests, old)
        else:
            plan = _plan(source.findings, [str(label) for label in labels], parts, pixels.digests, old)
        report(0.87, "Writing")
        card = _write(plan, pixels, shape, work / "state", old, report)
        card |= _card_entries(source, plan, done, old) | {"shape": list(shape), "fit": old.fit if old else settings.fit}
        card |= {"pixels": target.scale.as_json()} if target.scale else {}
        before = custom.skipped_file(old.name) if old else None
        source.skipped.write_csv(work / "state" / custom.SKIPPED, [before] if before else [])
        card["source"] = {"kind": "own", "from": request.kind}
        if ink:
            card |= {"ink": True, "ink_source": old.ink_source if old else ink}
        if old:
            return dataset_writer.publish_more(old, work / "state", card)
        return dataset_writer.publish_new(
            work, work / "state", card, title, settings.note.strip()[: custom.NOTE_LENGTH]
        )


def _ink_of(source: Source, old: CustomDataset | None) -> str:
    """How to decode handwriting, "" for other images. What is added to a dataset is what the dataset is."""
    if old and not old.ink:
        return ""
    return handwriting.ask(source) or (EITHER if old else "")


@dataclass
class _Plan:
    """What happens to each image: its class (-1: skipped) or its row of labels, and whether it is for the test."""

    classes: list[str]
    labels: np.ndarray
    test: np.ndarray
    held_back: bool
    duplicates: tuple[int, int, int]  # see `holdout.count_duplicates`
    notes: list[str] = field(default_factory=list)

    @property
    def is_multilabel(self) -> bool:
        return self.labels.ndim == 2

    @property
    def stored(self) -> np.ndarray:
        """Which images are stored."""
        return np.ones(len(self.labels), bool) if self.is_multilabel else self.labels >= 0


def _known_scale(old: CustomDataset | None) -> PixelScale | None:
    """The scale of the dataset to add to; None if its images needed none, or if there is no such dataset."""
    return old.pixels if old and old.pixels.as_json() else None


def _read(
    source: Source, work: Path, target: decode.Target, expected: int, limit: TimeLimit, report: Report
) -> tuple[dataset_writer.PixelFile, list[str | multilabel.Labels], list[str], Done]:
    pixels = dataset_writer.PixelFile(work / "pictures.bin", (target.size, target.size, target.channels))
    labels, parts, unreadable, done = [], [], SkippedFiles(), Done()
    with contextlib.closing(pixels):
        for count, (item, result) in enumerate(limit.watch(decode.decoded(source.stream(), target)), 1):
            if isinstance(result, ImageError):
                unreadable.add(result.reason, item.name)
            else:
                pixels.add(result.pixels)
                done.add((*result.notes, *result.fitting))
                labels.append(item.label)
                parts.append(item.part)
            if count % 25 == 0:
                of = f" of {max(expected, count):,}" if source.items else ""
                report(0.85 * min(1, count / max(1, expected)), f"Reading image {count:,}{of}")
    if unreadable.count > MAX_UNREADABLE * (unreadable.count + len(labels)):
        raise SourceError(
            f"{unreadable.count:,} of {unreadable.count + len(labels):,} images cannot be read{unreadable.summary()}. "
            "That is more than half, so nothing was imported. Check whether the source is complete."
        )
    source.skipped.include(unreadable)
    return pixels, labels, parts, done


def _plan(
    findings: Findings, labels: list[str], parts: list[str], digests: list[bytes], old: CustomDataset | None
) -> _Plan:
    classes: list[str] = []
    known: dict[bytes, bool] = {}
    old_counts: Counter = Counter()
    displayed = items.one_spelling(Counter(labels), findings)
    labels = [displayed[label] for label in labels]
    if old:
        classes = list(old.classes)
        if not items.keeps_case(findings):
            spelling = {class_names.merge_key(name): name for name in classes}
            spelling |= {class_names.merge_key(name): name for name in set(labels) & set(classes)}
            labels = [spelling.get(class_names.merge_key(label), label) for label in labels]
        for part in ("train", "test"):
            stored = np.bincount(dataset_writer.stored_labels(old, part), minlength=len(classes))
            old_counts.update({(name, part): int(count) for name, count in zip(classes, stored, strict=True)})
            for chunk in dataset_writer.stored_chunks(old, part):
                known.update((dataset_writer.digest(pixels.data), part == "test") for pixels in chunk)
    has_test = "test" in parts
    counts = Counter(zip(labels, parts if has_test else [""] * len(parts), strict=True))
    usable = items.usable_classes(counts + old_counts, findings.skipped) | set(classes)
    classes += sorted(usable - set(classes), key=class_names.sort_key)
    number = {name: place for place, name in enumerate(classes)}
    numbers = np.array([number.get(label, -1) for label in labels], np.int64)
    if has_test:
        test = np.array([part == "test" for part in parts], bool)
    else:
        test = np.zeros(len(labels), bool)
        rows = np.flatnonzero(numbers >= 0)
        test[rows] = holdout.choose_test(numbers[rows].tolist(), [digests[row] for row in rows], known)
    rows = np.flatnonzero(numbers >= 0)
    if not old and not test[rows].any():
        raise SourceError(NO_TEST)
    duplicates = holdout.count_duplicates(numbers[rows].tolist(), [digests[row] for row in rows], test[rows])
    return _Plan(classes, numbers, test, not has_test, duplicates)


def _plan_multilabel(
    labels: list[str | multilabel.Labels], parts: list[str], digests: list[bytes], old: CustomDataset | None
) -> _Plan:
    if old and not old.is_multilabel:
        raise SourceError(
            f"In “{old.title}” every image belongs to one class, but these images have several labels. Import them as "
            "a new dataset."
        )
    notes: list[str] = []
    known: dict[bytes, bool] = {}
    classes = list(old.classes) if old else []
    has_test = "test" in parts
    known_spelling = {class_names.merge_key(name): name for name in classes}
    each = (multilabel.split_labels(label) if isinstance(label, str) else label for label in labels)
    rows = [items.Item("", of, part if has_test else "") for of, part in zip(each, parts, strict=True)]
    chosen = [
        tuple(known_spelling.get(class_names.merge_key(name), name) for name in item.label)
        for item in multilabel.with_one_spelling(rows, notes)
    ]
    counts = Counter((name, item.part) for item, of in zip(rows, chosen, strict=True) for name in of)
    classes += sorted(multilabel.usable_labels(counts, notes, classes) - set(classes), key=class_names.sort_key)
    if old:
        for part in ("train", "test"):
            for chunk in dataset_writer.stored_chunks(old, part):
                known.update((dataset_writer.digest(pixels.data), part == "test") for pixels in chunk)
    matrix = multilabel.matrix(chosen, classes)
    if without := int((~matrix.any(1)).sum()):
        notes.append(f"Images without any label: {without:,}. They are negative examples for every label.")
    test = np.array([part == "test" for part in parts], bool)
    if not has_test:
        test = holdout.choose_test_multilabel(matrix, digests, known)
    if not old and not test.any():
        raise SourceError(NO_TEST)
    duplicates = holdout.count_duplicates([row.tobytes() for row in matrix], digests, test)
    return _Plan(classes, matrix, test, not has_test, duplicates, notes)


def _write(
    plan: _Plan, pixels: dataset_writer.PixelFile, shape, state: Path, old: CustomDataset | None, report: Report
) -> dict[str, Any]:
    stored = plan.stored
    counts = {"train": int((stored & ~plan.test).sum()), "test": int((stored & plan.test).sum())}
    if old:
        counts = {"train": counts["train"] + old.counts[0], "test": counts["test"] + old.counts[1]}
    writer = dataset_writer.Writer(state, counts, shape, len(plan.classes) if plan.is_multilabel else 0)
    with contextlib.closing(writer):
        for part in ("train", "test"):
            if old is None:
                break
            start, labels = 0, dataset_writer.stored_labels(old, part)
            if plan.is_multilabel:  # existing images have none of the new labels
                labels = np.pad(labels, ((0, 0), (0, len(plan.classes) - labels.shape[1])))
            for chunk in dataset_writer.stored_chunks(old, part):
                writer.add(part, chunk, labels[start : start + len(chunk)])
                start += len(chunk)
        start = 0
        for chunk in pixels.chunks():
            rows = slice(start, start + len(chunk))
            start += len(chunk)
            for part, wanted in (("train", stored[rows] & ~plan.test[rows]), ("test", stored[rows] & plan.test[rows])):
                writer.add(part, chunk[wanted], plan.labels[rows][wanted])
            report(0.87 + 0.12 * start / max(1, len(stored)), "Writing")
        return writer.finish()


def _card_entries(source: Source, plan: _Plan, done: Done, old: CustomDataset | None) -> dict[str, Any]:
    """The entries of dataset.json about the import."""
    notes = list(dict.fromkeys([*source.notes, *plan.notes, *done.lines()]))
    copies, conflicting, leaked = plan.duplicates
    if plan.held_back:
        fraction = "About 20% of each label" if plan.is_multilabel else "20% of each class"
        notes.append(
            f"{fraction} is held out as the test set, chosen by content. Duplicates are kept in the same split."
        )
    if copies:
        notes.append(f"Exact duplicates: {copies:,} images.")
    if conflicting:
        where = "with different labels" if plan.is_multilabel else "in several classes"
        notes.append(f"Identical images {where}: {conflicting:,} images.")
    if leaked:
        notes.append(f"Train/test duplicates (optimistic test score): {leaked:,} images.")
    skipped = source.skipped.rows()
    if old:
        notes = list(dict.fromkeys([*old.notes, *notes]))
        skipped = [{"reason": why, "count": count, "first": list(first)} for why, count, first in old.skipped] + skipped
    held_back = plan.held_back and (not old or old.held_back)
    card = {"classes": plan.classes, "held_back": held_back, "skipped": skipped[:60], "notes": notes[:60]}
    return card | ({"several": True} if plan.is_multilabel else {})


def _expected(source: Source) -> int:
    """The number of images; for a table it may be an estimate, because no row has been read yet."""
    return len(source.items) if source.table is None else source.table.expected


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    """A full or read-only disk is not a bug: it gets a message."""
    try:
        yield
    except OSError as error:
        raise SourceError(
            f"The images could not be written to {paths.own_folder()}: {error.strerror or error}. "
            "Nothing was imported. Free some disk space, or set IMGCLS_OWN_DATA to another folder."
        ) from error
