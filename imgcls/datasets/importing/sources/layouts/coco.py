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
from imgcls.datasets.importing.sources.items import Item
from imgcls.datasets.importing.sources.layouts._annotated_images import AnnotatedImages, parts_of
from imgcls.datasets.importing.sources.tables import boxes
from imgcls.datasets.importing.sources.tables.boxes import Annotated
from imgcls.datasets.importing.sources.tables.column_names import is_group
from imgcls.datasets.importing.sources.tables.matching import json_files
from imgcls.errors import ImageError, SourceError

ORDER = 20
TITLE = "COCO: annotations in a JSON file"
MAX_BYTES = 1_000_000_000
_KEYS = ("images", "annotations", "categories")


def recognises(files: Files) -> bool:
    return bool(documents(files))


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The images with the classes of their annotations, or one crop per box.

    Raises:
        SourceError: an annotation is damaged, or fewer than two classes remain.
    """
    found = documents(files)
    collected = AnnotatedImages(files, found, findings)
    parts = parts_of(found)
    for path, content in found.items():
        _collect(path, content, parts[path], collected)
    return collected.to_items(list(collected.images.values()), short(next(iter(found))))


@functools.lru_cache(maxsize=1)
def documents(files: Files) -> dict[str, dict[str, Any]]:
    """Path -> content of the files in this format."""
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


def _collect(path: str, content: Mapping[str, Any], part: str, collected: AnnotatedImages) -> None:
    """Adds the images of one document with their objects."""
    by_id: dict[Any, Annotated | None] = {}
    try:
        names = {category["id"]: visible(str(category["name"])) for category in content["categories"]}
        for image in content["images"]:
            by_id[image["id"]] = collected.add(str(image["file_name"]), path, short(path), part, group=_group(image))
        for annotation in content["annotations"]:
            owner = by_id[annotation["image_id"]]
            if owner is not None and not annotation.get("iscrowd"):
                owner.objects.append((names[annotation["category_id"]], _box(annotation)))
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(
            f"{short(path)} is not a valid COCO file: an entry lacks {error} or has another type. Export it again."
        ) from None


def _group(image: Mapping[str, Any]) -> str:
    """The sequence, patient or the like that an image belongs to; "" if none is named."""
    return next((visible(str(value)) for name, value in image.items() if is_group(name)), "")


def _box(annotation: Mapping[str, Any]) -> boxes.Box | None:
    """The corners of the box of an annotation; None if it has none, as in files for classification."""
    if not annotation.get("bbox"):
        return None
    left, top, width, height = map(float, annotation["bbox"])
    return left, top, left + width, top + height
