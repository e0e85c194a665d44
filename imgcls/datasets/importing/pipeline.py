"""The import itself: a source and settings become a dataset. It runs in a separate process."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.datasets import custom, lookup
from imgcls.datasets.custom import CustomDataset
from imgcls.datasets.importing import dataset_writer, sources
from imgcls.datasets.importing.class_names import visible
from imgcls.datasets.importing.pixels import decode, handwriting_question, scale
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import ImportRequest, Source, multilabel
from imgcls.datasets.importing.splits import holdout, plan
from imgcls.datasets.importing.splits.holdout import Holdout
from imgcls.datasets.importing.splits.plan import Kept, Plan, ReadImages
from imgcls.datasets.importing.time_limit import TimeLimit
from imgcls.datasets.store.records import NONE, PARTS
from imgcls.errors import ImageError, SettingError, SourceError
from imgcls.images import square
from imgcls.images.files.pixel_scale import PixelScale
from imgcls.images.handwriting import EITHER
from imgcls.system import paths

SIDES = (28, 32, 64, 96, 128, 160, 224, 256, 320, 384, 512)
MAX_UNREADABLE = 0.5  # fraction of images
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class ImportSettings:
    """How to store the images. `into` is a dataset to add them to, with its size, colours and way to split.

    If the source has no test set, `test_fraction` of the images is held out, chosen by `split_seed`; with `stratified`,
    the classes keep their proportions. `keep_groups` and `link_duplicates` keep the images of a group, and near
    duplicates, together in every split.

    Raises:
        SettingError: a value is not one of the choices.
    """

    title: str = ""
    note: str = ""
    side: int = 64
    channels: int = 3
    fit: str = "crop"
    into: str = ""
    test_fraction: float = holdout.FRACTION
    split_seed: int = 0
    stratified: bool = True
    keep_groups: bool = True
    link_duplicates: bool = False

    def __post_init__(self):
        Holdout(self.test_fraction, self.split_seed, self.stratified)
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
        limit = TimeLimit()
        source = stack.enter_context(sources.opened(request, limit))
        ink = _ink_of(source, old)
        source.findings.check_answered()
        fit = ink or (old.fit if old else settings.fit)
        expected = _expected(source)
        dataset_writer.check_disk_space(work, expected + (sum(old.counts) if old else 0), shape)
        target = decode.Target(shape[0], shape[2], fit, _known_scale(old))
        try:
            images = _read(source, work, target, expected, limit, report)
        except decode.ScaleNeeded:
            report(0.0, "Measuring the range of values")
            measured = scale.choose(source.findings, limit.watch(map(source.bytes_of, source.items)))
            source.findings.check_answered()
            target = replace(target, scale=measured)
            images = _read(source, work, target, expected, limit, report)
        report(0.85, "Splitting into training and test images")
        how, keep = _holdout(settings, old)
        if (
            source.is_multilabel
            or (source.table is not None and multilabel.is_multilabel(images.labels))
            or (old and old.is_multilabel)
        ):
            planned = plan.multi_label(images, old, how, keep)
        else:
            planned = plan.single_label(images, source.findings, old, how, keep)
        report(0.87, "Writing")
        card = _write(planned, images, shape, work / "state", old, report)
        card |= _card_entries(source, planned, images, old, how)
        card |= {"shape": list(shape), "fit": old.fit if old else settings.fit}
        card |= {"pixels": target.scale.as_json()} if target.scale else {}
        before = custom.skipped_file(old.name) if old else None
        source.skipped.write_csv(work / "state" / custom.SKIPPED, [before] if before else [])
        card["source"] = {"kind": "own", "from": request.kind}
        card["split"] = asdict(how) | {"keep_groups": keep.groups, "link_duplicates": keep.near_duplicates}
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
    return handwriting_question.ask(source) or (EITHER if old else "")


def _known_scale(old: CustomDataset | None) -> PixelScale | None:
    """The scale of the dataset to add to; None if its images needed none, or if there is no such dataset."""
    return old.pixels if old and old.pixels.as_json() else None


def _read(
    source: Source, work: Path, target: decode.Target, expected: int, limit: TimeLimit, report: Report
) -> ReadImages:
    pixels = dataset_writer.PixelFile(work / "pictures.bin", (target.size, target.size, target.channels))
    images, unreadable = ReadImages(pixels), SkippedFiles()
    with contextlib.closing(pixels):
        for count, (item, result) in enumerate(limit.watch(decode.decoded(source.stream(), target)), 1):
            if isinstance(result, ImageError):
                unreadable.add(result.reason, item.name)
            else:
                pixels.add(result.pixels)
                images.done.add((*result.notes, *result.fitting))
                images.labels.append(item.label)
                images.parts.append(item.part)
                images.names.append(visible(item.name))
                images.groups.append(visible(item.group))
            if count % 25 == 0:
                of = f" of {max(expected, count):,}" if source.items else ""
                report(0.85 * min(1, count / max(1, expected)), f"Reading image {count:,}{of}")
    total = unreadable.count + len(images.labels)
    if unreadable.count > MAX_UNREADABLE * total:
        raise SourceError(
            f"{unreadable.count:,} of {total:,} images cannot be read{unreadable.summary()}. "
            "That is more than half, so nothing was imported. Check whether the source is complete."
        )
    source.skipped.include(unreadable)
    return images


def _holdout(settings: ImportSettings, old: CustomDataset | None) -> tuple[Holdout, Kept]:
    """How to hold out a test set, and what stays together: as in the dataset that is added to, if there is one."""
    if old:
        how = Holdout(old.test_fraction, old.split_seed, old.is_stratified)
        return how, Kept(old.keeps_groups, old.links_duplicates)
    how = Holdout(settings.test_fraction, settings.split_seed, settings.stratified)
    return how, Kept(settings.keep_groups, settings.link_duplicates)


def _write(
    planned: Plan,
    images: ReadImages,
    shape: tuple[int, int, int],
    state: Path,
    old: CustomDataset | None,
    report: Report,
) -> dict[str, Any]:
    stored, test = planned.stored, planned.test
    counts = {"train": int((stored & ~test).sum()), "test": int((stored & test).sum())}
    if old:
        counts = {"train": counts["train"] + old.counts[0], "test": counts["test"] + old.counts[1]}
    num_labels = len(planned.classes) if planned.is_multilabel else 0
    groups = None if planned.units is None else planned.units.numbers
    group_names = None if planned.units is None else planned.units.group_names
    writer = dataset_writer.Writer(state, counts, shape, num_labels, group_names)
    names = np.array(images.names, object)
    numbers = np.full((len(stored), 2), NONE)
    if groups is not None:
        numbers[stored] = groups[len(groups) - int(stored.sum()) :]
    with contextlib.closing(writer):
        if old:
            _copy(old, writer, num_labels, groups)
        start = 0
        for chunk in images.pixels.chunks():
            rows = slice(start, start + len(chunk))
            start += len(chunk)
            for part, wanted in (("train", stored[rows] & ~test[rows]), ("test", stored[rows] & test[rows])):
                writer.add(
                    part, chunk[wanted], planned.labels[rows][wanted], names[rows][wanted], numbers[rows][wanted]
                )
            report(0.87 + 0.12 * start / max(1, len(stored)), "Writing")
        return writer.finish()


def _copy(old: CustomDataset, writer: dataset_writer.Writer, num_labels: int, groups: np.ndarray | None) -> None:
    """Writes the images of the dataset that is added to."""
    known, before = dataset_writer.stored_records(old), 0
    for part in PARTS:
        labels = dataset_writer.stored_labels(old, part)
        if num_labels:  # existing images have none of the new labels
            labels = np.pad(labels, ((0, 0), (0, num_labels - labels.shape[1])))
        names = known.names.get(part) or [""] * len(labels)
        start = 0
        for chunk in dataset_writer.stored_chunks(old, part):
            rows = slice(start, start + len(chunk))
            numbers = None if groups is None else groups[before + start : before + start + len(chunk)]
            writer.add(part, chunk, labels[rows], names[rows], numbers)
            start += len(chunk)
        before += len(labels)


def _card_entries(
    source: Source, plan: Plan, images: ReadImages, old: CustomDataset | None, how: Holdout
) -> dict[str, Any]:
    """The entries of dataset.json about the import."""
    notes = list(dict.fromkeys([*source.notes, *plan.notes, *images.done.lines()]))
    copies, conflicting, leaked = plan.duplicates
    if plan.held_back:
        notes.append(how.sentence(is_multilabel=plan.is_multilabel, has_groups=plan.has_units))
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
