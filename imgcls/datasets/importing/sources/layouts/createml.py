"""Create ML: JSON with a list of images and their objects, as Apple's tools, Roboflow and others export it.

[{"image": "1.jpg", "annotations": [{"label": "cat", "coordinates": {"x": 50, "y": 40, "width": 20, "height": 10}}]}]
"""

import functools
import json
from typing import Any

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item
from imgcls.datasets.importing.sources.layouts._annotated_images import AnnotatedImages, parts_of
from imgcls.datasets.importing.sources.tables import boxes
from imgcls.datasets.importing.sources.tables.matching import json_files
from imgcls.errors import ImageError, SourceError

ORDER = 22
TITLE = "Create ML: objects in a JSON file"
MAX_BYTES = 400_000_000


def recognises(files: Files) -> bool:
    return bool(documents(files))


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The images with the classes of their objects, or one crop per box.

    Raises:
        SourceError: an entry is wrong, or fewer than two classes remain.
    """
    found = documents(files)
    collected = AnnotatedImages(files, found, findings)
    parts = parts_of(found)
    for path, content in found.items():
        for number, entry in enumerate(content, 1):
            where = f"{short(path)}, entry {number}"
            name = str(entry.get("image") or entry.get("imagefilename"))
            try:
                objects = [_object(annotation) for annotation in entry["annotations"]]
            except (KeyError, TypeError, ValueError):
                raise SourceError(f"{where} has an annotation without label or coordinates. Export it again.") from None
            collected.add(name, path, where, parts[path], objects)
    return collected.to_items(list(collected.images.values()), short(next(iter(found))))


@functools.lru_cache(maxsize=1)
def documents(files: Files) -> dict[str, list[dict[str, Any]]]:
    """Path -> content of the files in this format."""
    found = {}
    for path, key in json_files(files):
        try:
            data = files.read(key, MAX_BYTES)
            if data.lstrip()[:1] == b"[" and b'"annotations"' in data and b'"coordinates"' in data:
                content = json.loads(data)
                if all(isinstance(entry, dict) and isinstance(entry.get("annotations"), list) for entry in content):
                    found[path] = content
        except (ImageError, ValueError, RecursionError):
            continue
    return found


def _object(annotation: dict[str, Any]) -> tuple[str, boxes.Box | None]:
    place = annotation["coordinates"]
    box = boxes.from_centre(*(float(place[side]) for side in ("x", "y", "width", "height")))
    return visible(str(annotation["label"])), box
