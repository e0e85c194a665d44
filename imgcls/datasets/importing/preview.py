"""A preview of a source before the import: classes, counts, sample images, and which files will be skipped and why.

It stops reading after a second and a half: small archives are checked completely, large ones by a sample spread over
all classes.
"""

import base64
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from imgcls.datasets.importing.class_names import short, sort_key, visible
from imgcls.datasets.importing.findings import Question
from imgcls.datasets.importing.pipeline import MAX_UNREADABLE, SIDES
from imgcls.datasets.importing.pixels import decode, handwriting_question, scale
from imgcls.datasets.importing.pixels.done import Done
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import ImportRequest, Source, multilabel, opened
from imgcls.datasets.importing.sources.arrays import ArrayTable
from imgcls.datasets.importing.sources.items import (
    NO_DATA,
    NO_IMAGE,
    SYSTEM,
    Box,
    Item,
    is_document,
    usable_classes,
)
from imgcls.datasets.importing.sources.spelling import one_spelling, spellings
from imgcls.datasets.importing.splits import holdout, units
from imgcls.errors import ImageError, SourceError
from imgcls.images.files import decoding
from imgcls.images.files.pixel_scale import PixelScale

SECONDS = 1.5
MIN_CHECKED = 10  # images, however long it takes
THUMBNAIL = 96
SAMPLES = 24
MEASURED = 12  # images, for the range of values in the thumbnails
MANY_SKIPPED = 0.01  # of all files
INDIVISIBLE = (
    "With “Keep groups together”, the import will be refused: each group has all images of a class, so none can be "
    "held out for the test. Import images of more groups, or switch it off (--no-keep-groups); the test score is then "
    "too optimistic."
)
ALL_TRAINING = (
    f"The source marks all images as training images, so {100 * holdout.FRACTION:g}% of them are held out as the test "
    "set, unless you choose another fraction."
)
MAX_MEGAPIXELS = 4
LARGE_SAMPLES = 4
"""Of larger images only so many are decoded for the preview, unless they are JPEG, which is read at reduced size."""


@dataclass
class Preview:
    """What the page shows before the import. `counts` are (class, training, test, unsplit images) per class."""

    counts: list[tuple[str, int, int, int]]
    samples: list[dict[str, Any]] = field(default_factory=list)  # class, name, url
    skipped: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checked: int = 0  # images that were opened
    unreadable: int = 0  # of those
    is_complete: bool = True  # whether all rows of a table could be counted in time
    side: int = 64  # recommended
    channels: int = 3
    square: bool = True  # whether all opened images are square
    typical_size: str = ""  # the median size, as text
    ink: str = ""  # "dark" or "light" if the images are handwriting with such ink
    questions: list[Question] = field(default_factory=list)
    skipped_images: int = 0  # files that are neither clutter of an operating system nor documents such as README
    groups: int = 0  # groups of images that a split must not divide
    group_example: str = ""  # the name of one
    multilabel_total: int = 0  # number of images if multi-label, since `counts` count an image for each label

    @property
    def is_undecided(self) -> bool:
        """Whether a question must be answered before the import."""
        return any(not question.answer for question in self.questions)

    @property
    def skips_many(self) -> bool:
        """Whether the user should look at the skipped files before the import: there are many, or they may hold images
        or labels."""
        found = self.total - self.unreadable + self.skipped_images
        may_matter = any(row["reason"] in NO_DATA for row in self.skipped)
        return may_matter or self.skipped_images > MANY_SKIPPED * found or self.unreadable > MANY_SKIPPED * self.checked

    @property
    def is_multilabel(self) -> bool:
        return self.multilabel_total > 0

    @property
    def total(self) -> int:
        return self.multilabel_total or sum(sum(numbers) for _, *numbers in self.counts)


def make_preview(request: ImportRequest, seconds: float | None = None, skipped_csv: Path | None = None) -> Preview:
    """Inspects a source, for at most `seconds` (None: `SECONDS`), but at least `MIN_CHECKED` images.

    Writes all skipped files with their reasons to `skipped_csv`, if given.

    Raises:
        SourceError: it cannot be imported; the message says why.
    """
    seconds = SECONDS if seconds is None else seconds
    end = time.monotonic() + seconds
    with opened(request) as source:
        shown = _of_table(source, source.table, seconds) if source.table is not None else _of_files(source, end)
        groups = sorted(set(map(visible, source.groups)) - {""})
        shown.groups, shown.group_example = len(groups), short(groups[0]) if groups else ""
        shown.ink = handwriting_question.ask(source)
        if shown.ink:
            shown.side, shown.channels, shown.square = SIDES[0], 1, True
        shown.questions = source.findings.questions
        harmless = source.skipped.count_of(SYSTEM) + source.skipped.count_if(NO_IMAGE, is_document)
        shown.skipped_images = source.skipped.count - harmless
        _foresee_split(shown, source)
        if skipped_csv:
            source.skipped.write_csv(skipped_csv)
        return shown


def _foresee_split(shown: Preview, source: Source) -> None:
    """Says what the import makes of a source without a test set."""
    if not shown.is_complete or any(test for _, _, test, _ in shown.counts):
        return
    if any(training for _, training, _, _ in shown.counts):
        shown.counts = [(label, 0, 0, training + unsplit) for label, training, _, unsplit in shown.counts]
        shown.notes.append(ALL_TRAINING)
    if not source.is_multilabel and not units.can_divide([str(item.label) for item in source.items], source.groups):
        shown.notes.append(INDIVISIBLE)


def _of_files(source: Source, end: float) -> Preview:
    counts = source.counts
    usable = multilabel.usable_labels(counts, source.notes) if source.is_multilabel else {label for label, _ in counts}
    labels = sorted(usable, key=sort_key)
    shown = Preview([(label, counts[label, "train"], counts[label, "test"], counts[label, ""]) for label in labels])
    shown.multilabel_total = len(source.items) if source.is_multilabel else 0
    unreadable, sizes, grey, done = SkippedFiles(), [], True, Done()
    target = decode.Target(THUMBNAIL, 3, "pad", None)
    for item in _spread(source.items):
        if time.monotonic() > end and shown.checked >= MIN_CHECKED:
            break
        data = source.bytes_of(item)
        shown.checked += 1
        try:
            if isinstance(data, ImageError):
                raise data
            if target.scale is None and scale.needs_scale(data):
                target = replace(target, scale=_sampled_scale(source, data, end))
            image, size = _thumbnail(data, target, item.box, is_wanted=len(shown.samples) < LARGE_SAMPLES)
        except ImageError as error:
            unreadable.add(error.reason, item.name)
            continue
        if size:
            sizes.append(size)
        if image is not None:
            pixels = image.pixels
            done.add(image.notes)
            grey = grey and bool((pixels[..., :1] == pixels).all())
            if len(shown.samples) < SAMPLES:
                shown.samples.append(_sample(multilabel.as_text(item.label), item.name, pixels))
    shown.unreadable = unreadable.count
    if unreadable.count > MAX_UNREADABLE * shown.checked and shown.checked >= min(MIN_CHECKED, len(source.items)):
        raise SourceError(
            f"{unreadable.count:,} of the {shown.checked:,} inspected images cannot be read{unreadable.summary()}. "
            "Check whether the source is complete, and save the images as JPEG or PNG."
        )
    source.skipped.include(unreadable)
    source.notes.extend(done.lines(shown.checked if shown.checked < len(source.items) else 0))
    shown.skipped, shown.notes = source.skipped.rows(), source.notes
    if sizes:
        usual = float(np.median([min(size) for size in sizes]))
        shown.side, shown.channels = suggested_side(usual), 1 if grey else 3
        shown.square = all(width == height for width, height in sizes)
        width, height = sorted(sizes, key=lambda size: size[0] * size[1])[len(sizes) // 2]
        shown.typical_size = f"{width}×{height}"
    return shown


def _of_table(source: Source, table: ArrayTable, seconds: float) -> Preview:
    counts, images, complete = table.counted(seconds)
    is_multilabel = multilabel.is_multilabel(label for label, _ in counts)
    labels_of = {label: multilabel.split_labels(label) if is_multilabel else (label,) for label, _ in counts}
    each: Counter = Counter()
    for (label, part), count in counts.items():
        each.update(dict.fromkeys(((name, part) for name in labels_of[label]), count))
    by_label: Counter = Counter()
    for (label, _), count in each.items():
        by_label[label] += count
    spelling = spellings(by_label, source.notes) if is_multilabel else one_spelling(by_label, source.findings)
    totals: Counter = Counter()
    for (label, part), count in each.items():
        totals[spelling[label], part] += count
    usable = {label for label, _ in totals}
    if complete and is_multilabel:
        usable = multilabel.usable_labels(totals, source.notes)
        source.notes.append(multilabel.NOTE)
    elif complete:
        usable = usable_classes(totals, source.skipped)
    labels = sorted(usable, key=sort_key)
    shown = Preview([(label, *(totals[label, part] for part in ("train", "test", ""))) for label in labels])
    shown.is_complete = complete
    shown.multilabel_total = counts.total() if is_multilabel else 0
    most, done = max(1, SAMPLES // len(labels)), Done()
    shown_of: Counter = Counter()
    for label, number, pixels in images:
        shown_of[label] += 1
        image = decoding.from_array(pixels)
        done.add(image.notes)
        labels_shown = tuple(spelling[part] for part in labels_of[label] if spelling[part] in usable)
        if (labels_shown or is_multilabel) and shown_of[label] <= most and len(shown.samples) < SAMPLES:
            shown.samples.append(_sample(multilabel.as_text(labels_shown), f"row {number}", image.pixels))
    source.notes.extend(done.lines(len(images)))
    shown.skipped, shown.notes = source.skipped.rows(), source.notes
    shown.side, shown.channels = suggested_side(table.side), table.channels
    shapes = sorted({pixels.shape[:2] for _, _, pixels in images} or {(table.side, table.side)})
    shown.square = all(height == width for height, width in shapes)
    shown.typical_size = f"{shapes[0][1]}×{shapes[0][0]}"
    return shown


def suggested_side(pixels: float) -> int:
    """The recommended size for images with a shorter side of so many pixels: small ones keep it, photos get 64."""
    return next((side for side in SIDES[:2] if pixels <= side), 64)


def _sampled_scale(source: Source, first: bytes, end: float) -> PixelScale:
    """The scale of a few images, for the thumbnails; the import measures all of them."""
    some = itertools.takewhile(lambda _: time.monotonic() < end, itertools.islice(_spread(source.items), MEASURED))
    files = itertools.chain([first], (source.bytes_of(item) for item in some))
    return scale.choose(source.findings, files, is_sample=True)


def _thumbnail(
    data: bytes, target: decode.Target, box: Box | None, *, is_wanted: bool
) -> tuple[decode.Decoded | None, tuple[int, int] | None]:
    """A thumbnail (None if decoding takes too long and it is not wanted) and the image size. Raises ImageError."""
    size = decoding.size_of(data)
    is_slow = size and size[0] * size[1] > MAX_MEGAPIXELS * 1e6 and not data.startswith(b"\xff\xd8")
    if size and box:
        across, down = (1, 1) if max(box) > 1 else size
        size = max(1, round((box[2] - box[0]) * across)), max(1, round((box[3] - box[1]) * down))
    if is_slow and not is_wanted:
        return None, size
    return decode.image_of(data, target, box), size


def _sample(label: str, name: str, pixels: np.ndarray) -> dict[str, Any]:
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    content = BytesIO()
    image.save(content, "PNG")
    url = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    return {"class": label, "name": visible(name)[:200], "url": url}


def _spread(items: list[Item]) -> Iterator[Item]:
    """All items in random order, alternating between classes."""
    by_class: dict[str | multilabel.Labels, list[int]] = {}
    for place, item in enumerate(items):
        by_class.setdefault(item.label, []).append(place)
    orders = [np.random.default_rng(0).permutation(places) for places in by_class.values()]
    for turn in range(max(map(len, orders))):
        for class_order in orders:
            if turn < len(class_order):
                yield items[class_order[turn]]
