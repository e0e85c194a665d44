"""CUB-200 and NABirds: lists that refer to images by number.

images.txt                  1 001.Black_footed_Albatross/Black_Footed_Albatross_0046_18.jpg
image_class_labels.txt      1 1
classes.txt                 1 001.Black_footed_Albatross
train_test_split.txt        1 0, with 1 for training images
bounding_boxes.txt          1 60.0 27.0 325.0 304.0: left, top, width, height
"""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, TypeVar

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item, image_files
from imgcls.datasets.importing.sources.tables import boxes
from imgcls.datasets.importing.sources.tables.assign import MISSING, UNLISTED
from imgcls.datasets.importing.sources.tables.boxes import Annotated, Box
from imgcls.datasets.importing.sources.tables.matching import FileIndex, Match
from imgcls.errors import ImageError, SourceError

ORDER = 31
IMAGES, LABELS, CLASSES = "images.txt", "image_class_labels.txt", "classes.txt"
SPLIT, BOXES = "train_test_split.txt", "bounding_boxes.txt"
PARTS = {"1": "train", "0": "test"}
T = TypeVar("T")


def recognises(files: Files) -> bool:
    return {IMAGES, LABELS} <= {PurePosixPath(path).name for path, _ in files.entries}


def to_items(files: Files, findings: Findings) -> list[Item]:
    """Images with their classes and parts, as a whole or cropped to their boxes.

    Raises:
        SourceError: a list cannot be read, or fewer than two classes remain.
    """
    there = {PurePosixPath(path).name: (path, key) for path, key in files.entries}
    keys = {name: there[name][1] for name in (IMAGES, LABELS, CLASSES, SPLIT, BOXES) if name in there}
    used = {there[name][0] for name in keys}
    paths, labels = _numbered(files, IMAGES, keys, str), _numbered(files, LABELS, keys, str)
    titles, parts = _numbered(files, CLASSES, keys, visible), _numbered(files, SPLIT, keys, PARTS.__getitem__)
    corners = _numbered(files, BOXES, keys, _box)
    found = image_files([entry for entry in files.entries if entry[0] not in used], findings.skipped)
    index = FileIndex(found)
    images: dict[str, Annotated] = {}
    for number, path in paths.items():
        match = index.match(path)
        if not isinstance(match, Match):
            findings.skipped.add(MISSING, path)
            continue
        if number not in labels:
            raise SourceError(f"{LABELS} has no class for image {number} ({short(path)}). Add it to the list.")
        label = titles.get(labels[number], labels[number])
        images[match.path] = Annotated(match.path, match.key, parts.get(number, ""), [(label, corners.get(number))])
    for path, _, _ in found:
        if path not in images:
            findings.skipped.add(UNLISTED, path)
    return boxes.to_items(boxes.with_parts(list(images.values())), IMAGES, findings, boxes.ONE)


def _numbered(files: Files, name: str, keys: Mapping[str, Any], read: Callable[[str], T]) -> dict[str, T]:
    """Number -> value of each line of a list, if there is one. Raises SourceError, which names a wrong line."""
    if name not in keys:
        return {}
    try:
        lines = files.read(keys[name]).decode("utf-8", "replace").splitlines()
    except ImageError as error:
        raise SourceError(f"{name} in {files.name} cannot be read. Create the archive again.") from error
    found = {}
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            number, value = line.split(maxsplit=1)
            found[number] = read(value.strip())
        except (ValueError, KeyError):
            raise SourceError(f"{name}, line {place} is {short(line, 40)}. Expected a number and its value.") from None
    return found


def _box(text: str) -> Box:
    left, top, width, height = map(float, text.split())
    return left, top, left + width, top + height
