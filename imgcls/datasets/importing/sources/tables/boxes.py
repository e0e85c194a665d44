"""Objects in images: boxes with a class each, as tools for object detection export them.

They become images with one label, images with several, or one cropped image per box; the user chooses.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from imgcls.datasets.importing.class_names import sort_key
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources import multilabel
from imgcls.datasets.importing.sources.items import Box, Item
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.errors import SourceError

QUESTION = "boxes"
CROPS, ONE, SEVERAL, LARGEST = "crops", "one", "several", "largest"
MIN_SIDE = 3
"""Pixels. Smaller boxes are skipped."""
TOO_SMALL = f"boxes smaller than {MIN_SIDE} pixels"
NO_BOX = "without a box, so without a class"


@dataclass
class Annotated:
    """An image and the objects in it: (class, box) each. The box is None if only the class is known."""

    path: str
    key: Any
    part: str
    objects: list[tuple[str, Box | None]]
    group: str = ""


def from_centre(x: float, y: float, width: float, height: float) -> Box:
    """The corners of a box from its centre."""
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def around(points: Sequence[tuple[float, float]]) -> Box:
    """The corners of the box around a polygon."""
    across, down = zip(*points, strict=True)
    return min(across), min(down), max(across), max(down)


def with_parts(images: list[Annotated]) -> list[Annotated]:
    """The same images without their part, unless they are divided into several."""
    parts = {image.part for image in images}
    return images if len(parts) > 1 and "" not in parts else [replace(image, part="") for image in images]


def to_items(images: Sequence[Annotated], name: str, findings: Findings, default: str = "") -> list[Item]:
    """Images with labels from their boxes, after asking what to make of these.

    Raises:
        SourceError: there is no box, or fewer than two classes remain.
    """
    labelled = [image for image in images if image.objects]
    if not labelled:
        raise SourceError(f"{name} describes no object in any image of the archive. Check whether images are missing.")
    answer = _ask(labelled, findings, default)
    if answer == CROPS:
        return multilabel.finished(_crops(images, findings), findings)
    items = []
    for image in images:
        labels = tuple(dict.fromkeys(label for label, _ in image.objects))
        if answer == SEVERAL:
            items.append(Item(image.path, labels, image.part, image.key, image.group))
        elif not labels:
            findings.skipped.add(NO_BOX, image.path)
        else:
            label = max(image.objects, key=lambda found: _area(found[1]))[0]
            items.append(Item(image.path, label, image.part, image.key, image.group))
    return multilabel.finished(items, findings)


def _ask(images: Sequence[Annotated], findings: Findings, default: str) -> str:
    boxes = Counter(label for image in images for label, _ in image.objects)
    per_image = [{label for label, _ in image.objects} for image in images]
    names = sorted(boxes, key=sort_key)
    classes = f"{len(names):,} classes: {', '.join(name[:40] for name in names[:6])}{', …' if len(names) > 6 else ''}"
    options = []
    if all(len(labels) == 1 for labels in per_image):
        options.append(Option(ONE, "One class per image", f"{len(images):,} images, {classes}"))
    else:
        mixed = sum(len(labels) > 1 for labels in per_image)
        several = f"{len(images):,} images, {mixed:,} of them with several labels, {classes}"
        options.append(Option(SEVERAL, "All labels of each image", several))
        options.append(Option(LARGEST, "The label of the largest box of each image", f"{len(images):,} images"))
    if all(box is not None for image in images for _, box in image.objects):
        options.append(Option(CROPS, "One image per box, cropped to it", f"{boxes.total():,} images, {classes}"))
    if len(options) == 1:
        return options[0].value
    default = default if default in {option.value for option in options} else ""
    return findings.ask(QUESTION, "The images have boxes around objects. What should be classified?", options, default)


def _crops(images: Sequence[Annotated], findings: Findings) -> list[Item]:
    """One item per box. Boxes of an image form a group, because they overlap and share their background."""
    items = []
    for image in images:
        if not image.objects:
            findings.skipped.add(NO_BOX, image.path)
        for number, (label, box) in enumerate(image.objects, 1):
            assert box is not None
            left, top, right, bottom = box
            least = MIN_SIDE if max(box) > 1 else 0.002
            name = f"{image.path}#{number}"
            if right - left < least or bottom - top < least:
                findings.skipped.add(TOO_SMALL, name)
            else:
                items.append(Item(name, label, image.part, image.key, image.group or image.path, box))
    return items


def _area(box: Box | None) -> float:
    return 0.0 if box is None else (box[2] - box[0]) * (box[3] - box[1])


# ---- columns of a table

_CORNERS = (
    ("xmin", "ymin", "xmax", "ymax"),
    ("x1", "y1", "x2", "y2"),
    ("left", "top", "right", "bottom"),
    ("roix1", "roiy1", "roix2", "roiy2"),
)
_SIZES = (
    ("x", "y", "w", "h"),
    ("x", "y", "width", "height"),
    ("xmin", "ymin", "width", "height"),
    ("x1", "y1", "width", "height"),
    ("left", "top", "width", "height"),
    ("bboxx", "bboxy", "bboxwidth", "bboxheight"),
    ("bboxx", "bboxy", "bboxw", "bboxh"),
)
_CENTRES = (("xcenter", "ycenter", "width", "height"), ("xcentre", "ycentre", "width", "height"))
_LISTS = ("bbox", "box", "boundingbox")
_IMAGE_SIZE = ("width", "height", "imagewidth", "imageheight", "imgwidth", "imgheight", "imagesize", "filesize")


@dataclass(frozen=True)
class BoxColumns:
    """The places of the columns of a box, and how to read them: "corners", "size", "centre" or "list"."""

    places: tuple[int, ...]
    kind: str

    def corners(self, table: Table, number: int, row: Sequence[str]) -> Box | None:
        """The box of a row, or None if its fields are empty. Raises SourceError if they are no numbers."""
        fields = [row[place] for place in self.places]
        if not any(fields):
            return None
        try:
            values = json.loads(fields[0].replace("(", "[").replace(")", "]")) if self.kind == "list" else fields
            first, second, third, fourth = map(float, values)
        except (ValueError, TypeError):
            raise SourceError(
                f"{table.row_name(number)} has no box in {', '.join(table.header[place] for place in self.places)}. "
                "Expected four numbers. Fix or remove the row."
            ) from None
        if self.kind == "corners":
            return first, second, third, fourth
        if self.kind == "centre":
            return from_centre(first, second, third, fourth)
        return first, second, first + third, second + fourth


def columns(names: Sequence[str]) -> BoxColumns | None:
    """The columns of a box among these normal names, or None."""
    for kind, ways in (("centre", _CENTRES), ("corners", _CORNERS), ("size", _SIZES)):
        for way in ways:
            if all(name in names for name in way):
                return BoxColumns(tuple(names.index(name) for name in way), kind)
    return next((BoxColumns((names.index(name),), "list") for name in _LISTS if name in names), None)


def image_sizes(names: Sequence[str]) -> list[int]:
    """The columns with the size of the images or their files, which is no label."""
    return [place for place, name in enumerate(names) if name in _IMAGE_SIZE]
