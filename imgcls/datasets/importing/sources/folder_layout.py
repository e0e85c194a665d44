"""The class of each image, from the folder it is in.

leaf/oak/1.jpg            a single enclosing folder is ignored: class oak
train/oak/1.jpg           train, test and val(idation) are parts, with the classes inside
oak/summer/1.jpg          folders inside a class are merged: class oak
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.errors import SourceError

IMAGES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp")
UNREAD = (".heic", ".heif", ".avif", ".tif", ".tiff", ".svg", ".raw", ".dng", ".cr2", ".nef", ".psd")
PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
}
MAX_CLASSES = 1000
MIN_IMAGES = 3
"""Images per class: two for training and one for testing. Two if the source has a test set."""

SYSTEM = "system files (such as .DS_Store)"
NO_IMAGE = "not an image, judging by the file extension"
NO_CLASS = "outside the class folders, so without a class"


@dataclass(frozen=True, slots=True)
class Item:
    """An image to import: its display name, its class, its part ("train", "test", or "" if not split yet).

    For multi-label images, `label` is a tuple of all labels."""

    name: str
    label: str | tuple[str, ...]
    part: str = ""
    key: Any = None  # how its source finds it


def is_clutter(parts: list[str]) -> bool:
    """Whether a path is a file that operating systems leave behind."""
    return (
        parts[0] == "__MACOSX" or parts[-1].startswith(".") or parts[-1].casefold() in ("thumbs.db", "desktop.ini")
    ) or any(part.startswith(".") for part in parts[:-1])


def to_items(paths: Iterable[tuple[str, Any]], skipped: SkippedFiles, notes: list[str]) -> list[Item]:
    """Images with their classes and parts, from (path, key). Other files go to `skipped`, remarks to `notes`.

    Raises:
        SourceError: fewer than two classes remain, or there are too many.
    """
    found = images(paths, skipped)
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
    return merge_spellings(items, skipped, notes)


def images(paths: Iterable[tuple[str, Any]], skipped: SkippedFiles) -> list[tuple[str, list[str], Any]]:
    """(path, its components, key) of files with an image extension; other files go to `skipped`."""
    found = []
    for path, key in paths:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if not parts or is_clutter(parts):
            skipped.add(SYSTEM, path)
        elif parts[-1].casefold().endswith(IMAGES):
            found.append((path, parts, key))
        elif parts[-1].casefold().endswith(UNREAD):
            skipped.add("in an unsupported image format: convert to JPEG", path)
        else:
            skipped.add(NO_IMAGE, path)
    return found


def merge_spellings(items: list[Item], skipped: SkippedFiles, notes: list[str]) -> list[Item]:
    """The same images with one spelling per class: `Cat` and `cat` are the same, shown in the most common spelling.

    Images of classes with too few images go to `skipped`. Raises SourceError as `to_items` does.
    """
    shown = spellings(Counter(str(item.label) for item in items), notes)
    kept = []
    for item in items:
        name = shown[str(item.label)]
        if not name:
            skipped.add("in a folder without a name", item.name)
        elif len(name) > class_names.MAX_LENGTH:
            skipped.add(f"in a class whose name is longer than {class_names.MAX_LENGTH} characters", item.name)
        else:
            kept.append(item if item.label == name else Item(item.name, name, item.part, item.key))
    counts = Counter((item.label, item.part) for item in kept)
    usable = usable_classes(counts, skipped)
    return [item for item in kept if item.label in usable]


def spellings(counts: Mapping[str, int], notes: list[str]) -> dict[str, str]:
    """Label -> displayed name: `Cat` and `cat`, or two encodings of é, get the most common spelling."""
    shown = {label: class_names.visible(label) for label in counts}
    groups: dict[str, Counter] = {}
    for label, name in shown.items():
        groups.setdefault(class_names.merge_key(name), Counter())[name] += counts[label]
    usual = {key: max(group, key=lambda name: (group[name], name)) for key, group in groups.items()}
    for key, group in groups.items():
        if len(group) > 1 and key:
            notes.append(f"{' and '.join(map(class_names.short, sorted(group)))} are treated as one class.")
    if sum(len(set(raw)) > 1 for raw in _raw_by_shown(shown).values()):
        notes.append("Folders whose names look identical but are encoded differently are treated as one class.")
    return {label: usual[class_names.merge_key(name)] for label, name in shown.items()}


def _raw_by_shown(shown: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for label, name in shown.items():
        found.setdefault(name, []).append(label)
    return found


def usable_classes(counts: Counter, skipped: SkippedFiles) -> set[str]:
    """The classes with enough images, from counts by (class, part). Images of the others go to `skipped`.

    Raises:
        SourceError: fewer than two remain, or there are too many.
    """
    labels = {label for label, _ in counts}
    has_test = any(part == "test" for _, part in counts)
    if len(labels) > MAX_CLASSES:
        raise SourceError(
            f"There are {len(labels):,} classes. Expected at most {MAX_CLASSES:,}. Check whether every folder (or "
            "every value of the label column) is a class."
        )
    usable = set()
    for label in labels:
        training = counts[label, "train"] + counts[label, ""]
        if training >= (MIN_IMAGES - 1 if has_test else MIN_IMAGES):
            usable.add(label)
        else:
            reason = "in a class with too few images (at least two for training and one for testing)"
            skipped.add(reason, label, training + counts[label, "test"])
    if len(usable) < 2:
        there = f"class {class_names.short(min(labels))}" if len(labels) == 1 else f"{len(labels)} classes"
        raise SourceError(
            f"Found {there} with images, but {'only one' if usable else 'none'} with enough of them. Expected at least "
            f"two classes with at least {MIN_IMAGES} images each, every class in its own folder. Add images and try "
            "again."
        )
    return usable


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
    return [Item(item.name, item.label, part if item.part == "val" else item.part, item.key) for item in items]
