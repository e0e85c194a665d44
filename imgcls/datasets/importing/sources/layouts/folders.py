"""Folders are classes. Any container can be read this way, so this layout comes last.

leaf/oak/1.jpg            a single enclosing folder is ignored: class oak
train/oak/1.jpg           train, test and val(idation) are parts, with the classes inside
oak/summer/1.jpg          folders inside a class are merged: class oak
"""

from dataclasses import replace

from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import PARTS, Item, image_files, merge_spellings
from imgcls.errors import SourceError

ORDER = 100
NO_CLASS = "outside the class folders, so without a class"


def recognises(files: Files) -> bool:
    return True


def to_items(files: Files, findings: Findings) -> list[Item]:
    """Images with their classes and parts. Other files are skipped.

    Raises:
        SourceError: fewer than two classes remain, or there are too many.
    """
    skipped, notes = findings.skipped, findings.notes
    found = image_files(files.entries, skipped)
    if not found:
        raise SourceError(
            f"No images found in it{skipped.summary()}. Expected one folder per class, containing PNG, JPEG, WebP, GIF "
            "or BMP files."
        )
    found = _unwrapped(found, skipped)
    has_parts = _has_parts(found)
    items = []
    for name, parts, key in found:
        part = PARTS.get(parts[0].strip().casefold(), "") if has_parts else ""
        if has_parts and not part:
            skipped.add("in a folder next to train and test", name)
            continue
        inside = parts[1:] if has_parts else parts
        if len(inside) < 2:
            skipped.add(NO_CLASS, name)
            continue
        items.append(Item(name, inside[0], part, key))
    if has_parts:
        items = _reassign_validation(items, notes)
    return merge_spellings(items, findings)


def _unwrapped(found: list, skipped: SkippedFiles) -> list:
    """Without enclosing folders that all files share."""
    while True:
        deep = [entry for entry in found if len(entry[1]) > 2]
        tops = {entry[1][0] for entry in found if len(entry[1]) > 1}
        if len(tops) != 1 or len(deep) * 2 < len(found):
            return found
        for name, parts, _ in found:
            if len(parts) < 3:
                skipped.add(NO_CLASS, name)
        found = [(name, parts[1:], key) for name, parts, key in deep]


def _has_parts(found: list) -> bool:
    """Whether the folders are parts: one for training, another one, and classes inside."""
    tops = {parts[0].strip().casefold() for _, parts, _ in found if len(parts) > 1}
    kinds = {PARTS[top] for top in tops if top in PARTS}
    deep = any(PARTS.get(parts[0].strip().casefold()) == "train" and len(parts) > 2 for _, parts, _ in found)
    return "train" in kinds and len(kinds) > 1 and deep


def _reassign_validation(items: list[Item], notes: list[str]) -> list[Item]:
    """Assigns validation images to another part, because each run makes its own validation set."""
    there = {item.part for item in items}
    if "val" not in there:
        return items
    part = "train" if "test" in there else "test"
    purpose = "training; each run makes its own validation split" if part == "train" else "testing"
    notes.append(f"The images in the validation folder are used for {purpose}.")
    return [replace(item, part=part) if item.part == "val" else item for item in items]
