"""CVAT for images or video: `annotations.xml` with a list of images, each with tags or boxes, or of tracks over frames.

<image name="1.jpg" …><tag label="cat"/></image>
<image name="2.jpg" …><box label="dog" xtl="10" ytl="5" xbr="60" ybr="80"/></image>
<track label="dog" …><box frame="7" outside="0" xtl="10" ytl="5" xbr="60" ybr="80"/></track>    frame_000007.PNG
"""

import functools
from typing import Any
from xml.etree.ElementTree import Element

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Box, Item
from imgcls.datasets.importing.sources.layouts._annotated_images import AnnotatedImages
from imgcls.datasets.importing.sources.layouts.voc import parsed
from imgcls.datasets.importing.sources.tables import boxes
from imgcls.datasets.importing.sources.tables.column_names import folder_part, part_of
from imgcls.errors import ImageError, SourceError

ORDER = 24
TITLE = "CVAT: tags and boxes in an XML file"
MAX_BYTES = 400_000_000
SHAPES = ("tag", "box", "polygon")


def recognises(files: Files) -> bool:
    return bool(_documents(files))


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The images with the classes of their tags and boxes, or one crop per box.

    Raises:
        SourceError: the file is damaged, or fewer than two classes remain.
    """
    documents = dict(_documents(files))
    collected = AnnotatedImages(files, documents, findings)
    for path, key in documents.items():
        root = parsed(files.read(key, MAX_BYTES), short(path))
        for frame, objects in _by_frame(root, short(path)).items():
            collected.add(f"frame_{frame:06}", path, short(path), objects=objects)
        for element in root.iter("image"):
            objects = [_object(shape, short(path)) for shape in element if shape.tag in SHAPES]
            image = collected.add(element.get("name") or "", path, short(path), objects=objects)
            if image is not None:
                image.part = part_of(element.get("subset") or "") or folder_part(image.path)
    return collected.to_items(boxes.with_parts(list(collected.images.values())), files.name)


@functools.lru_cache(maxsize=1)
def _documents(files: Files) -> list[tuple[str, Any]]:
    found = []
    for path, key in files.entries:
        if path.lower().endswith("annotations.xml"):
            try:
                start = files.read(key, MAX_BYTES)[:100_000]
            except ImageError:
                continue
            if b"<annotations" in start and any(tag in start for tag in (b"<image ", b"<track ", b"<meta>")):
                found.append((path, key))
    return found


def _by_frame(root: Element, name: str) -> dict[int, list[tuple[str, Box | None]]]:
    """The objects of tracks in each frame in which they are visible."""
    found: dict[int, list[tuple[str, Box | None]]] = {}
    for track in root.iter("track"):
        for shape in track:
            if shape.tag in SHAPES and shape.get("outside") != "1":
                shape.set("label", track.get("label") or "")
                try:
                    found.setdefault(int(shape.get("frame") or ""), []).append(_object(shape, name))
                except ValueError:
                    raise SourceError(f"{name} has a track without numbers of frames. Export it again.") from None
    return found


def _object(shape: Element, name: str) -> tuple[str, Box | None]:
    label = visible(shape.get("label") or "")
    try:
        if shape.tag == "box":
            left, top, right, bottom = (float(shape.attrib[side]) for side in ("xtl", "ytl", "xbr", "ybr"))
            return label, (left, top, right, bottom)
        if shape.tag == "polygon":
            pairs = [pair.split(",") for pair in shape.attrib["points"].split(";")]
            return label, boxes.around([(float(x), float(y)) for x, y in pairs])
    except (KeyError, ValueError):
        raise SourceError(f"{name} has a {shape.tag} of {short(label)} without its corners. Export it again.") from None
    return label, None
