"""YOLO: a text file per image with a line per object: number of the class, then box or polygon as fractions.

images/train/1.jpg, labels/train/1.txt, data.yaml        Ultralytics
train/images/1.jpg, train/labels/1.txt, data.yaml        Roboflow
1.jpg, 1.txt, classes.txt                                LabelImg, Darknet
"""

import functools
from typing import Any

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item, image_files, is_clutter
from imgcls.datasets.importing.sources.tables import boxes, class_lists
from imgcls.datasets.importing.sources.tables.boxes import Annotated, Box
from imgcls.datasets.importing.sources.tables.column_names import folder_part
from imgcls.datasets.importing.sources.tables.matching import images_of
from imgcls.errors import ImageError, SourceError

ORDER = 30
TITLE = "YOLO: boxes in a text file per image"
MIN_VALID = 0.9
"""Fraction of a sample of text files that must consist of valid lines."""
NO_LABEL_FILE = "without a text file of boxes"
_LISTS = ("classes.txt", "obj.names", "names.txt", "labels.txt", "predefined_classes.txt", "_darknet.labels")
_BOX = (4, 5)
"""Numbers after the class: a box, perhaps followed by a confidence. More are a polygon."""


def recognises(files: Files) -> bool:
    pairs = _pairs(files)
    sample = list(pairs.values())[:: max(1, len(pairs) // 20)][:20]
    valid = filled = 0
    for _, key in sample:
        try:
            lines = _lines(files.read(key))
            valid += all(_object(line) is not None for line in lines)
            filled += bool(lines)
        except ImageError:
            continue
    return bool(sample) and filled > 0 and valid >= MIN_VALID * len(sample)


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The images with the classes of their boxes, or one crop per box.

    Raises:
        SourceError: a line is wrong, a class has no name, or fewer than two classes remain.
    """
    pairs = _pairs(files)
    texts = {path for path, _ in pairs.values()}
    names, source = _names(files, texts)
    found = image_files(
        [entry for entry in files.entries if entry[0] not in texts and entry[0] != source], findings.skipped
    )
    images = []
    for path, _, key in found:
        if path not in pairs:
            findings.skipped.add(NO_LABEL_FILE, path)
            continue
        text_path, text_key = pairs[path]
        image = Annotated(path, key, folder_part(path), [])
        for number, line in enumerate(_lines(files.read(text_key)), 1):
            parsed = _object(line)
            if parsed is None:
                raise SourceError(
                    f"{short(text_path)}, line {number} is {short(line, 40)}. Expected the number of a class and the "
                    "centre, width and height of a box, as fractions. Fix or remove the line."
                )
            if names and parsed[0] not in names:
                raise SourceError(
                    f"{short(text_path)}, line {number} has the class {parsed[0]}, but {short(source)} names only "
                    f"{len(names)}. Add the name, or remove the line."
                )
            image.objects.append((names.get(parsed[0], str(parsed[0])), parsed[1]))
        images.append(image)
    if not names:
        findings.notes.append("No file with the names of the classes was found (data.yaml, classes.txt): see numbers.")
    return boxes.to_items(boxes.with_parts(images), files.name, findings)


@functools.lru_cache(maxsize=1)
def _pairs(files: Files) -> dict[str, tuple[str, Any]]:
    """Image path -> (path, key) of its text file: beside it, or in a folder `labels` in place of `images`."""
    texts = {path: key for path, key in files.entries if path.casefold().endswith(".txt")}
    if not texts:
        return {}
    found = {}
    for path, parts, _ in images_of(files):
        stem = path.rpartition(".")[0]
        swapped = [
            "/".join([*parts[:place], other, *parts[place + 1 : -1], parts[-1].rpartition(".")[0]])
            for place, folder in enumerate(parts[:-1])
            for other in ("labels",)
            if folder.casefold() in ("images", "image", "jpegimages", "img")
        ]
        for candidate in (*reversed(swapped), stem):
            if f"{candidate}.txt" in texts:
                found[path] = f"{candidate}.txt", texts[f"{candidate}.txt"]
                break
    return found


def _lines(data: bytes) -> list[str]:
    return [line.strip() for line in data.decode("utf-8", "replace").splitlines() if line.strip()]


def _object(line: str) -> tuple[int, Box] | None:
    """The class and the box of a line, or None if it is something else."""
    fields = line.split()
    try:
        number, values = int(float(fields[0])), [float(field) for field in fields[1:]]
    except ValueError:
        return None
    if number < 0 or number != float(fields[0]) or not all(-0.01 <= value <= 1.01 for value in values):
        return None
    if len(values) in _BOX:
        left, top, right, bottom = boxes.from_centre(*values[:4])
    elif len(values) >= 6 and len(values) % 2 == 0:
        left, top, right, bottom = boxes.around(list(zip(values[::2], values[1::2], strict=True)))
    else:
        return None
    return number, (max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))


def _names(files: Files, texts: set[str]) -> tuple[dict[int, str], str]:
    """The names of the classes and the file that lists them."""
    entries = [(path, key) for path, key in files.entries if path not in texts and not is_clutter(path.split("/"))]
    for path, key in sorted(entries, key=lambda entry: (entry[0].count("/"), entry[0])):
        last = path.rpartition("/")[2].casefold()
        if last.endswith((".yaml", ".yml")):
            found = class_lists.in_yaml(files.read(key).decode("utf-8", "replace"))
        elif last in _LISTS or last.endswith(".names"):
            found = {number: visible(line) for number, line in enumerate(_lines(files.read(key)))}
        else:
            continue
        if found:
            return found, path
    return {}, ""
