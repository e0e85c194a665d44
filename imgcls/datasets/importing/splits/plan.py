"""What happens to each image that was read: its class, whether it is for the test, and which images stay together."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from imgcls.datasets.custom import CustomDataset
from imgcls.datasets.importing import class_names, dataset_writer
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.pixels.done import Done
from imgcls.datasets.importing.sources import items, multilabel
from imgcls.datasets.importing.sources.spelling import keeps_case, one_spelling
from imgcls.datasets.importing.splits import holdout, units
from imgcls.datasets.importing.splits.holdout import Holdout
from imgcls.datasets.importing.splits.units import Units
from imgcls.datasets.store.records import NONE, PARTS
from imgcls.errors import DamagedFile, SourceError

NO_TEST = "No images are left for the test set, because nearly all are duplicates. Import images that differ."
NO_TEST_GROUP = (
    "No group can be held out as a test set, because each has all images of a class. Import images of more groups, or "
    "switch “Keep groups together” off (--no-keep-groups); the test score is then too optimistic."
)


class Kept(NamedTuple):
    """What stays together in every split."""

    groups: bool = True
    near_duplicates: bool = False


@dataclass
class ReadImages:
    """The images of a source in the order of arrival: pixels on disk, and labels, parts, names and groups (n,).

    `done` is what was done to them.
    """

    pixels: dataset_writer.PixelFile
    labels: list[str | multilabel.Labels] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    done: Done = field(default_factory=Done)


@dataclass
class Plan:
    """What happens to each image: its class (-1: skipped) or its row of labels, and whether it is for the test.

    `units` are those of the images of the dataset that is added to, training first, then of the new images.
    """

    classes: list[str]
    labels: np.ndarray
    test: np.ndarray
    held_back: bool
    duplicates: tuple[int, int, int]  # see `holdout.count_duplicates`
    notes: list[str] = field(default_factory=list)
    units: Units | None = None

    @property
    def is_multilabel(self) -> bool:
        return self.labels.ndim == 2

    @property
    def has_units(self) -> bool:
        """Whether images have to stay together."""
        return self.units is not None and bool((self.units.numbers[:, 1] >= 0).any())

    @property
    def stored(self) -> np.ndarray:
        """Which images are stored."""
        return np.ones(len(self.labels), bool) if self.is_multilabel else self.labels >= 0


@dataclass
class _Earlier:
    """The images of the dataset that is added to: training first, then test."""

    labels: np.ndarray
    digests: list[bytes]
    is_test: np.ndarray
    groups: list[str]
    units: np.ndarray

    @property
    def known(self) -> dict[bytes, bool]:
        return dict(zip(self.digests, self.is_test.tolist(), strict=True))


def single_label(images: ReadImages, findings: Findings, old: CustomDataset | None, how: Holdout, keep: Kept) -> Plan:
    """The plan for images that belong to one class each.

    Raises:
        SourceError: there are too few classes or images, or no test set can be held out.
    """
    classes: list[str] = []
    displayed = one_spelling(Counter(map(str, images.labels)), findings)
    labels = [displayed[str(label)] for label in images.labels]
    earlier, old_counts = _earlier(old), Counter[tuple[str, str]]()
    if old:
        classes = list(old.classes)
        if not keeps_case(findings):
            spelling = {class_names.merge_key(name): name for name in classes}
            spelling |= {class_names.merge_key(name): name for name in set(labels) & set(classes)}
            labels = [spelling.get(class_names.merge_key(label), label) for label in labels]
        for number, is_test in zip(earlier.labels.tolist(), earlier.is_test.tolist(), strict=True):
            old_counts[classes[number], "test" if is_test else "train"] += 1
    has_test = "test" in images.parts
    counts = Counter(zip(labels, images.parts if has_test else [""] * len(labels), strict=True))
    usable = items.usable_classes(counts + old_counts, findings.skipped) | set(classes)
    classes += sorted(usable - set(classes), key=class_names.sort_key)
    place = {name: number for number, name in enumerate(classes)}
    numbers = np.array([place.get(label, -1) for label in labels], np.int64)
    rows = np.flatnonzero(numbers >= 0)
    found = _units(images, rows, numbers[rows], len(classes), earlier, old, keep)
    test = np.array([part == "test" for part in images.parts], bool)
    digests = [images.pixels.digests[row] for row in rows]
    if not has_test and found is None:
        test[rows] = holdout.choose_test(numbers[rows].tolist(), digests, earlier.known, how)
    elif not has_test and found is not None:
        test[rows] = _whole_units(numbers[rows], digests, earlier, found, how)
    if not old and not test[rows].any():
        raise SourceError(NO_TEST if found is None or has_test else NO_TEST_GROUP)
    duplicates = holdout.count_duplicates(numbers[rows].tolist(), digests, test[rows])
    notes = _notes(found, np.concatenate([earlier.is_test, test[rows]]), keep)
    return Plan(classes, numbers, test, not has_test, duplicates, notes, found)


def multi_label(images: ReadImages, old: CustomDataset | None, how: Holdout, keep: Kept) -> Plan:
    """The plan for images with several labels each. Raises SourceError as `single_label` does."""
    if old and not old.is_multilabel:
        raise SourceError(
            f"In “{old.title}” every image belongs to one class, but these images have several labels. Import them as "
            "a new dataset."
        )
    notes: list[str] = []
    classes = list(old.classes) if old else []
    has_test = "test" in images.parts
    known_spelling = {class_names.merge_key(name): name for name in classes}
    each = (multilabel.split_labels(label) if isinstance(label, str) else label for label in images.labels)
    rows = [items.Item("", of, part if has_test else "") for of, part in zip(each, images.parts, strict=True)]
    chosen = [
        tuple(known_spelling.get(class_names.merge_key(name), name) for name in item.label)
        for item in multilabel.with_one_spelling(rows, notes)
    ]
    counts = Counter((name, item.part) for item, of in zip(rows, chosen, strict=True) for name in of)
    classes += sorted(multilabel.usable_labels(counts, notes, classes) - set(classes), key=class_names.sort_key)
    matrix = multilabel.matrix(chosen, classes)
    if without := int((~matrix.any(1)).sum()):
        notes.append(f"Images without any label: {without:,}. They are negative examples for every label.")
    earlier, digests = _earlier(old), images.pixels.digests
    if earlier.labels.ndim == 2:
        earlier.labels = np.pad(earlier.labels, ((0, 0), (0, len(classes) - earlier.labels.shape[1])))
    one_class = np.zeros(len(matrix), np.int64)
    found = _units(images, np.arange(len(matrix)), one_class, 1, earlier, old, keep)
    test = np.array([part == "test" for part in images.parts], bool)
    if not has_test and found is None:
        test = holdout.choose_test_multilabel(matrix, digests, earlier.known, how)
    elif not has_test and found is not None:
        test = _whole_units(matrix, digests, earlier, found, how)
    if not old and not test.any():
        raise SourceError(NO_TEST if found is None or has_test else NO_TEST_GROUP)
    duplicates = holdout.count_duplicates([row.tobytes() for row in matrix], digests, test)
    notes += _notes(found, np.concatenate([earlier.is_test, test]), keep)
    return Plan(classes, matrix, test, not has_test, duplicates, notes, found)


def _earlier(old: CustomDataset | None) -> _Earlier:
    """The images of the dataset that is added to. Raises SourceError if its groups are damaged."""
    if old is None:
        return _Earlier(np.zeros(0, np.int64), [], np.zeros(0, bool), [], np.zeros(0, np.int32))
    try:
        known = dataset_writer.stored_records(old)
    except (DamagedFile, FileNotFoundError) as error:
        raise SourceError(
            f"The groups of “{old.title}” cannot be read, so nothing can be added to it. Delete it, and import the "
            "images again."
        ) from error
    labels = [dataset_writer.stored_labels(old, part) for part in PARTS]
    digests = [
        dataset_writer.digest(pixels.data)
        for part in PARTS
        for chunk in dataset_writer.stored_chunks(old, part)
        for pixels in chunk
    ]
    groups = [known.group(part, row) for part, of in zip(PARTS, labels, strict=True) for row in range(len(of))]
    numbers = [known.units(part) for part in PARTS]
    units_of_all = [
        np.full(len(of), NONE, np.int32) if found is None else found for of, found in zip(labels, numbers, strict=True)
    ]
    is_test = np.repeat([False, True], [len(of) for of in labels])
    return _Earlier(np.concatenate(labels), digests, is_test, groups, np.concatenate(units_of_all))


def _units(
    images: ReadImages,
    rows: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    earlier: _Earlier,
    old: CustomDataset | None,
    keep: Kept,
) -> Units | None:
    """The units of the images of the old dataset and of these rows of the new ones."""
    pairs = np.zeros((0, 2), np.int64)
    if keep.near_duplicates:
        old_labels = earlier.labels if earlier.labels.ndim == 1 else np.zeros(len(earlier.labels), np.int64)
        all_labels = np.concatenate([old_labels, labels])
        pairs = units.near_duplicates(_chunks(images, rows, old), all_labels, num_classes)
    groups = earlier.groups + [images.groups[row] for row in rows]
    digests = earlier.digests + [images.pixels.digests[row] for row in rows]
    return units.units_of(groups, digests, pairs, earlier.units, keep_groups=keep.groups)


def _chunks(images: ReadImages, rows: np.ndarray, old: CustomDataset | None) -> Iterator[np.ndarray]:
    if old:
        for part in PARTS:
            yield from dataset_writer.stored_chunks(old, part)
    is_used = np.zeros(len(images.labels), bool)
    is_used[rows] = True
    start = 0
    for chunk in images.pixels.chunks():
        used = chunk[is_used[start : start + len(chunk)]]
        start += len(chunk)
        if len(used):
            yield used


def _whole_units(labels: np.ndarray, digests: list[bytes], earlier: _Earlier, found: Units, how: Holdout) -> np.ndarray:
    """Which of the new images are for the test, if units are held out as a whole."""
    count = len(earlier.digests)
    known = np.concatenate([earlier.is_test.astype(np.int8), np.full(len(digests), -1, np.int8)])
    all_labels = np.concatenate([earlier.labels, labels]) if count else labels
    every = found.numbers[:, 1]
    return holdout.choose_test_groups(all_labels, earlier.digests + digests, every, known, how)[count:]


def _notes(found: Units | None, test: np.ndarray, keep: Kept) -> list[str]:
    """Remarks on the units, given which images are for the test."""
    if found is None:
        return ["No near duplicates were found."] if keep.near_duplicates else []
    notes, (group, unit) = [], found.numbers.T
    if found.group_names:
        sizes = np.bincount(group[group >= 0], minlength=len(found.group_names))
        largest = int(sizes.argmax())
        alone = f" {int((group < 0).sum()):,} images belong to no group." if (group < 0).any() else ""
        notes.append(
            f"Groups: {len(sizes):,}. The largest, {class_names.short(found.group_names[largest])}, has "
            f"{int(sizes[largest]):,} images.{alone} "
            + ("Splits never divide a group." if keep.groups else "Splits may divide a group, as you chose.")
        )
    if keep.near_duplicates:
        without_group = unit[(unit >= 0) & (group < 0)]
        notes.append(
            f"Near duplicates: {len(without_group):,} images in {len(np.unique(without_group)):,} sets. Each set stays "
            "together in every split."
            if len(without_group) or not found.group_names
            else "Groups that share near duplicates stay together in every split."
        )
    divided = np.intersect1d(unit[test & (unit >= 0)], unit[~test & (unit >= 0)])
    if len(divided):
        notes.append(
            f"Groups or near duplicates with both training and test images: {len(divided):,}, as the source divides "
            "them. This makes the test score optimistic."
        )
    return notes
