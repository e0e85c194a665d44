"""A small file with the class beside each image, or in a folder next to that of the images, with the same name.

000042.jpg, 000042.cls              WebDataset: the class as text or number
1.jpg, 1.json                       LabelMe: {"shapes": [{"label": "cat", "points": [[x, y], …]}]}, or {"label": "cat"}
2.jpg, 2.json                       LabelMe, for the image as a whole: {"flags": {"cat": true}, "shapes": []}
img/1.jpg, ann/1.jpg.json           Supervisely: {"tags": [{"name": "cat"}], "objects": [{"classTitle": "cat", …}]},
                                    or {"tags": [{"name": "kind", "value": "cat"}], …}
images/1.jpg, annotations/1.json    V7: {"annotations": [{"name": "cat", "bounding_box": {"x": 5, …}}]}
"""

import functools
import json
from dataclasses import replace
from typing import Any

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Box, Item, image_files
from imgcls.datasets.importing.sources.tables import boxes
from imgcls.datasets.importing.sources.tables.boxes import Annotated
from imgcls.datasets.importing.sources.tables.column_names import folder_part, normal
from imgcls.datasets.importing.sources.tables.matching import images_of
from imgcls.datasets.importing.sources.values import canonical
from imgcls.errors import ImageError, SourceError

ORDER = 35
TITLE = "A file with the class next to each image"
MIN_FILES = 0.5
"""Fraction of the images that must have such a file."""
VALUE = ": "
"""Between the name and the value of a tag."""
NO_SIDECAR = "without a file that holds their class"
_LABELS = ("label", "class", "classname", "category", "target", "cls")


def recognises(files: Files) -> bool:
    count, pairs = _pairs(files)
    if not pairs or len(pairs) < MIN_FILES * count:
        return False
    try:
        return all(_objects(files, *pair) is not None for pair in list(pairs.values())[:5])
    except (ImageError, SourceError):
        return False


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The images with the classes from their files; those with shapes also as one crop per shape.

    Raises:
        SourceError: a file cannot be read, or fewer than two classes remain.
    """
    _, pairs = _pairs(files)
    beside = {path for path, _ in pairs.values()}
    found = image_files([entry for entry in files.entries if entry[0] not in beside], findings.skipped)
    images = []
    for path, _, key in found:
        if path not in pairs:
            findings.skipped.add(NO_SIDECAR, path)
            continue
        objects = _objects(files, *pairs[path])
        if objects is None:
            raise SourceError(f"{short(pairs[path][0])} holds no class for {short(path)}. Add it or remove the image.")
        images.append(Annotated(path, key, folder_part(path), objects))
    return boxes.to_items(boxes.with_parts(_without_common_name(images)), files.name, findings)


@functools.lru_cache(maxsize=1)
def _pairs(files: Files) -> tuple[int, dict[str, tuple[str, Any]]]:
    """The number of images, and image path -> (path, key) of the file beside it."""
    there = {path: key for path, key in files.entries if path.lower().endswith((".cls", ".json"))}
    images = images_of(files) if there else []
    by_folder: dict[str, list[str]] = {}  # the folder around -> folders of such files in it
    for folder in {path.rpartition("/")[0] for path in there}:
        by_folder.setdefault(folder.rpartition("/")[0], []).append(folder)
    found = {}
    for path, _, _ in images:
        folder, _, name = path.rpartition("/")
        stem = name.rpartition(".")[0]
        for place in (folder, *sorted(by_folder.get(folder.rpartition("/")[0], []))):
            candidates = (f"{place}/{file}".lstrip("/") for file in (f"{stem}.cls", f"{stem}.json", f"{name}.json"))
            beside = next((candidate for candidate in candidates if candidate in there), None)
            if beside is not None:
                found[path] = beside, there[beside]
                break
    return len(images), found


def _objects(files: Files, path: str, key: Any) -> list[tuple[str, Box | None]] | None:
    """The classes in a file, with the boxes around their shapes; None if it holds no class."""
    text = files.read(key).decode("utf-8-sig", "replace")
    if path.lower().endswith(".cls"):
        return [(canonical(text), None)] if canonical(text) else None
    try:
        content = json.loads(text)
        if isinstance(content.get("shapes"), list):
            flags = content.get("flags") or {}
            said: list[tuple[str, Box | None]] = [
                (visible(str(name)), None) for name, is_set in flags.items() if is_set
            ]
            return said or [(visible(str(shape["label"])), _around(shape)) for shape in content["shapes"]]
        if isinstance(content.get("objects"), list) and isinstance(content.get("tags"), list):
            tags: list[tuple[str, Box | None]] = [(_tag(tag), None) for tag in content["tags"]]
            return tags or [(visible(str(one["classTitle"])), _outline(one)) for one in content["objects"]]
        if isinstance(content.get("item"), dict) and isinstance(content.get("annotations"), list):
            return [(visible(str(one["name"])), _box(one.get("bounding_box"))) for one in content["annotations"]]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"{short(path)} cannot be read: {short(str(error))}. Export it again.") from None
    label = next((content[name] for name in content if normal(name) in _LABELS), None)
    return [(canonical(str(label)), None)] if isinstance(label, (str, int)) and canonical(str(label)) else None


def _tag(tag: dict[str, Any]) -> str:
    """The name of a tag of Supervisely, with its value if that is one of several words."""
    name, value = visible(str(tag["name"])), tag.get("value")
    return f"{name}{VALUE}{visible(value)}" if isinstance(value, str) and value else name


def _without_common_name(images: list[Annotated]) -> list[Annotated]:
    """The same images with the values of a tag as classes, if there is only one: `cat` instead of `kind: cat`."""
    names = {label.partition(VALUE)[:2] for image in images for label, _ in image.objects}
    if len(names) != 1 or not all(separator for _, separator in names):
        return images
    return [
        replace(image, objects=[(label.partition(VALUE)[2], box) for label, box in image.objects]) for image in images
    ]


def _outline(shape: dict[str, Any]) -> Box | None:
    """The box around an object of Supervisely; None if it has no outline, such as a bitmap."""
    points = shape.get("points")
    return boxes.around([(float(x), float(y)) for x, y in points["exterior"]]) if points else None


def _box(place: dict[str, Any] | None) -> Box | None:
    if not place:
        return None
    left, top, width, height = (float(place[side]) for side in ("x", "y", "w", "h"))
    return left, top, left + width, top + height


def _around(shape: dict[str, Any]) -> Box:
    points = [(float(x), float(y)) for x, y in shape["points"]]
    if shape.get("shape_type") == "circle" and len(points) == 2:
        (x, y), (other_x, other_y) = points
        radius = ((x - other_x) ** 2 + (y - other_y) ** 2) ** 0.5
        points = [(x - radius, y - radius), (x + radius, y + radius)]
    return boxes.around(points)
