"""A first look at what somebody brought: classes, numbers, some pictures, and what will be left out and why.

It reads no more than it needs for that, and stops after a second and a half: small archives are checked as a whole,
of large ones a sample spread over all classes.
"""

import base64
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from imgcls.datasets.importing import decode, multilabel
from imgcls.datasets.importing.class_names import order as in_order
from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.pipeline import MOST_BROKEN, SIDES
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import ImportRequest, Source, folder_layout, opened, pixel_csv
from imgcls.datasets.importing.sources.folder_layout import Item
from imgcls.errors import ImageError, SourceError

SECONDS = 1.5
FEWEST_CHECKED = 10  # however long it takes
THUMBNAIL = 96
SAMPLES = 24
MOST_MEGAPIXELS = 4
"""Larger pictures are imported, but not decoded for a preview unless they are JPEG, which is read at an eighth."""


@dataclass
class Preview:
    """What a page shows before the import. `counts` are (class, training, test, undivided), by class."""

    counts: list[tuple[str, int, int, int]]
    samples: list[dict[str, Any]] = field(default_factory=list)  # class, name, url
    skipped: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checked: int = 0  # pictures that were opened
    broken: int = 0  # of those
    whole: bool = True  # whether all rows of a table could be counted in time
    side: int = 64  # suggested
    channels: int = 3
    square: bool = True  # whether all pictures that were opened are square
    widest: str = ""  # the usual size, in words
    is_multilabel: int = 0  # pictures in all, where a picture may have several labels and counts for each of them

    @property
    def total(self) -> int:
        return self.is_multilabel or sum(sum(numbers) for _, *numbers in self.counts)


def make_preview(order: ImportRequest, seconds: float = SECONDS) -> Preview:
    """Looks into a source.

    Raises:
        SourceError: it cannot be imported, and why.
    """
    end = time.monotonic() + seconds
    with opened(order) as source:
        return _of_table(source, seconds) if source.form is not None else _of_files(source, end)


def _of_files(source: Source, end: float) -> Preview:
    counts = source.counts
    usable = multilabel.usable_labels(counts, source.notes) if source.is_multilabel else {label for label, _ in counts}
    labels = sorted(usable, key=in_order)
    shown = Preview([(label, counts[label, "train"], counts[label, "test"], counts[label, ""]) for label in labels])
    shown.is_multilabel = len(source.items) if source.is_multilabel else 0
    broken, sizes, grey = SkippedFiles(), [], True
    for item in _spread(source.items):
        if time.monotonic() > end and shown.checked >= FEWEST_CHECKED:
            break
        data = source.bytes_of(item)
        shown.checked += 1
        try:
            if isinstance(data, ImageError):
                raise data
            pixels, size = _thumbnail(data)
        except ImageError as error:
            broken.add(error.reason, item.name)
            continue
        if size:
            sizes.append(size)
        if pixels is not None:
            grey = grey and bool((pixels[..., :1] == pixels).all())
            if len(shown.samples) < SAMPLES:
                shown.samples.append(_sample(multilabel.shown(item.label), item.name, pixels))
    shown.broken = broken.count
    if broken.count > MOST_BROKEN * shown.checked and shown.checked >= min(FEWEST_CHECKED, len(source.items)):
        raise SourceError(
            f"{broken.count:,} of the {shown.checked:,} pictures that were looked at cannot be read{broken.said()}. "
            "Look whether the source is complete, and save the pictures as JPEG or PNG."
        )
    for row in broken.rows():
        source.skips.add(row["reason"], row["first"][0], row["count"])
    shown.skipped, shown.notes = source.skips.rows(), source.notes
    if sizes:
        usual = float(np.median([min(size) for size in sizes]))
        shown.side, shown.channels = suggested_side(usual), 1 if grey else 3
        shown.square = all(width == height for width, height in sizes)
        width, height = sorted(sizes, key=lambda size: size[0] * size[1])[len(sizes) // 2]
        shown.widest = f"{width} x {height}"
    return shown


def _of_table(source: Source, seconds: float) -> Preview:
    form, order = source.form, source.order
    counts, images, whole = pixel_csv.counted(Path(order.path), short(order.name), form, seconds)
    is_multilabel = multilabel.is_multilabel(counts)
    labels_of = {label: multilabel.parted(label) if is_multilabel else (label,) for label in counts}
    each: Counter = Counter()
    for label, count in counts.items():
        each.update(dict.fromkeys(labels_of[label], count))
    spelling = folder_layout.spellings(each, source.notes)
    totals: Counter = Counter()
    for label, count in each.items():
        totals[spelling[label], ""] += count
    usable = {label for label, _ in totals}
    if whole and is_multilabel:
        usable = multilabel.usable_labels(totals, source.notes)
        source.notes.append(multilabel.NOTE)
    elif whole:
        usable = folder_layout.usable_classes(totals, source.skips)
    labels = sorted(usable, key=in_order)
    shown = Preview([(label, 0, 0, totals[label, ""]) for label in labels], whole=whole)
    shown.is_multilabel = counts.total() if is_multilabel else 0
    most, seen = max(1, SAMPLES // len(labels)), Counter()
    for label, number, pixels in images:
        seen[label] += 1
        kept = tuple(spelling[part] for part in labels_of[label] if spelling[part] in usable)
        if (kept or is_multilabel) and seen[label] <= most and len(shown.samples) < SAMPLES:
            shown.samples.append(_sample(multilabel.shown(kept), f"row {number}", pixels))
    shown.skipped, shown.notes = source.skips.rows(), source.notes
    shown.side, shown.channels, shown.widest = suggested_side(form.side), form.channels, f"{form.side} x {form.side}"
    return shown


def suggested_side(pixels: float) -> int:
    """The size that suits pictures of so many pixels on the shorter side: small ones keep it, photos become 64."""
    return next((side for side in SIDES[:2] if pixels <= side), 64)


def _thumbnail(data: bytes) -> tuple[np.ndarray | None, tuple[int, int] | None]:
    """A small picture (none of one that takes long to decode) and the size. Raises PictureError."""
    size = decode.size_of(data)
    if size and size[0] * size[1] > MOST_MEGAPIXELS * 1e6 and not data.startswith(b"\xff\xd8"):
        return None, size
    return decode.pixels_of(data, THUMBNAIL, 3, "pad"), size


def _sample(label: str, name: str, pixels: np.ndarray) -> dict[str, Any]:
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    content = BytesIO()
    image.save(content, "PNG")
    url = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    return {"class": label, "name": visible(name)[:200], "url": url}


def _spread(items: list[Item]) -> Iterator[Item]:
    """The first pictures of each class in turn, then the others from all over the source."""
    by_class: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        by_class.setdefault(item.label, []).append(place)
    orders = [np.random.default_rng(0).permutation(places) for places in by_class.values()]
    for turn in range(max(map(len, orders))):
        for order in orders:
            if turn < len(order):
                yield items[order[turn]]
