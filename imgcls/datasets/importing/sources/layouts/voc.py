"""Pascal VOC: an XML file per image with the name and box of each object.

Annotations/1.xml, JPEGImages/1.jpg, ImageSets/Main/train.txt
1.xml, 1.jpg
"""

import functools
from typing import Any
from xml.etree import ElementTree

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item, image_files, is_clutter
from imgcls.datasets.importing.sources.tables import boxes
from imgcls.datasets.importing.sources.tables.assign import MISSING, UNLISTED
from imgcls.datasets.importing.sources.tables.boxes import Annotated, Box
from imgcls.datasets.importing.sources.tables.column_names import folder_part
from imgcls.datasets.importing.sources.tables.matching import FileIndex, images_of
from imgcls.errors import ImageError, SourceError

ORDER = 25
TITLE = "Pascal VOC: boxes in an XML file per image"
MAX_BYTES = 2_000_000
MIN_FILES = 0.1
"""Fraction of the images that must have such a file: fewer describe another dataset in the same archive."""


def recognises(files: Files) -> bool:
    documents = _documents(files)
    if len(documents) < MIN_FILES * len(images_of(files)):
        return False
    for _, key in documents[:5]:
        try:
            root = parsed(files.read(key, MAX_BYTES), "")
        except (ImageError, SourceError):
            continue
        if root.tag == "annotation" and root.find("object") is not None:
            return True
    return False


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The images with the classes of their boxes, or one crop per box.

    Raises:
        SourceError: a file is damaged or has no valid box, or fewer than two classes remain.
    """
    documents = _documents(files)
    paths = {path for path, _ in documents}
    found = image_files([entry for entry in files.entries if entry[0] not in paths], findings.skipped)
    index = FileIndex(found)
    images: dict[str, Annotated] = {}
    for path, key in documents:
        root = parsed(files.read(key, MAX_BYTES), short(path))
        folder, _, last = path.rpartition("/")
        stem = last.rpartition(".")[0]
        match = index.find(root.findtext("filename") or stem, folder, short(path)) or index.find(
            stem, folder, short(path)
        )
        if match is None:
            findings.skipped.add(MISSING, path)
            continue
        objects = [_object(element, short(path)) for element in root.iter("object")]
        images.setdefault(match.path, Annotated(match.path, match.key, folder_part(match.path), objects))
    for path, _, _ in found:
        if path not in images:
            findings.skipped.add(UNLISTED, path)
    return boxes.to_items(boxes.with_parts(list(images.values())), files.name, findings)


@functools.lru_cache(maxsize=1)
def _documents(files: Files) -> list[tuple[str, Any]]:
    return [
        entry for entry in files.entries if entry[0].casefold().endswith(".xml") and not is_clutter(entry[0].split("/"))
    ]


def parsed(data: bytes, name: str) -> ElementTree.Element:
    """The root of an XML document. Declarations of entities, which can expand without limit, are refused."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise SourceError(f"{name} declares XML entities, which no annotation needs. Export it again.")
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError) as error:
        raise SourceError(f"{name} is not valid XML: {error}. Export it again.") from None


def _object(element: ElementTree.Element, name: str) -> tuple[str, Box | None]:
    label = visible(element.findtext("name") or "")
    box = element.find("bndbox")
    if not label:
        raise SourceError(f"{name} has an object without a name. Add it or remove the object.")
    if box is None:
        return label, None
    try:
        left, top, right, bottom = (float(box.findtext(side) or "") for side in ("xmin", "ymin", "xmax", "ymax"))
    except ValueError:
        raise SourceError(f"{name} has a box of {short(label)} without xmin, ymin, xmax or ymax.") from None
    return label, (left, top, right, bottom)
