"""COCO: a JSON file with `images`, `annotations` and `categories`, as most tools for object detection export it.

annotations/instances_train2017.json, train2017/1.jpg
train/_annotations.coco.json, train/1.jpg               Roboflow
"""

import functools
import json
from collections.abc import Mapping
from typing import Any

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item, image_files
from imgcls.datasets.importing.sources.tables import boxes
from imgcls.datasets.importing.sources.tables.assign import MISSING, UNLISTED
from imgcls.datasets.importing.sources.tables.boxes import Annotated
from imgcls.datasets.importing.sources.tables.column_names import part_in
from imgcls.datasets.importing.sources.tables.matching import FileIndex, json_files
from imgcls.errors import ImageError, SourceError

ORDER = 20
TITLE = "COCO: annotations in a JSON file"
MAX_BYTES = 1_000_000_000
_KEYS = ("images", "annotations", "categories")


def recognises(files: Files) -> bool:
    return bool(_documents(files))


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The images with the classes of their annotations, or one crop per box.

    Raises:
        SourceError: an annotation is damaged, or fewer than two classes remain.
    """
    documents = _documents(files)
    found = image_files([entry for entry in files.entries if entry[0] not in documents], findings.skipped)
    index = FileIndex(found)
    parts = {path: part_in(path) for path in documents}
    is_split = "train" in parts.values() and len(set(parts.values())) > 1
    images: dict[str, Annotated] = {}
    for path, content in documents.items():
        for image in _images(path, content, index, findings):
            image.part = parts[path] if is_split else ""
            images.setdefault(image.path, image)
    for path, _, _ in found:
        if path not in images:
            findings.skipped.add(UNLISTED, path)
    return boxes.to_items(list(images.values()), short(next(iter(documents))), findings)


@functools.lru_cache(maxsize=1)
def _documents(files: Files) -> dict[str, dict[str, Any]]:
    found = {}
    for path, key in json_files(files):
        try:
            data = files.read(key, MAX_BYTES)
            if all(f'"{name}"'.encode() in data for name in _KEYS):
                content = json.loads(data)
                if isinstance(content, dict) and all(isinstance(content.get(name), list) for name in _KEYS):
                    found[path] = content
        except (ImageError, ValueError, RecursionError):
            continue
    return found


def _images(path: str, content: Mapping[str, Any], index: FileIndex, findings: Findings) -> list[Annotated]:
    """The images of one document that are in the container."""
    folder = path.rpartition("/")[0]
    by_id: dict[Any, Annotated | None] = {}
    try:
        names = {category["id"]: visible(str(category["name"])) for category in content["categories"]}
        for image in content["images"]:
            file = str(image["file_name"])
            match = index.find(file, folder, short(path))
            if match is None:
                findings.skipped.add(MISSING, file)
            by_id[image["id"]] = Annotated(match.path, match.key, "", []) if match else None
        for annotation in content["annotations"]:
            owner = by_id[annotation["image_id"]]
            if owner is not None and not annotation.get("iscrowd"):
                owner.objects.append((names[annotation["category_id"]], _box(annotation)))
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(
            f"{short(path)} is not a valid COCO file: an entry lacks {error} or has another type. Export it again."
        ) from None
    return [image for image in by_id.values() if image is not None]


def _box(annotation: Mapping[str, Any]) -> boxes.Box | None:
    """The corners of the box of an annotation; None if it has none, as in files for classification."""
    if not annotation.get("bbox"):
        return None
    left, top, width, height = map(float, annotation["bbox"])
    return left, top, left + width, top + height
