"""The images that a source lists, and the rules that all sources share: one spelling per class, enough images."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.findings import Findings
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


@dataclass(frozen=True, slots=True)
class Item:
    """An image to import."""

    name: str  # its relative path, to show; never used to open a file
    label: str | tuple[str, ...]  # the class; for multi-label images all labels
    part: str = ""  # "train", "test", or "" if not split yet
    key: Any = None  # how its source finds it
    group: str = ""  # images of one group, such as a patient, stay in the same split
    box: tuple[int, int, int, int] | None = None  # left, top, right, bottom: the pixels to use, or None for all


def is_clutter(parts: list[str]) -> bool:
    """Whether a path is a file that operating systems leave behind."""
    return (
        parts[0] == "__MACOSX" or parts[-1].startswith(".") or parts[-1].casefold() in ("thumbs.db", "desktop.ini")
    ) or any(part.startswith(".") for part in parts[:-1])


def image_files(paths: Iterable[tuple[str, Any]], skipped: SkippedFiles) -> list[tuple[str, list[str], Any]]:
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


def merge_spellings(items: list[Item], findings: Findings) -> list[Item]:
    """The same images with one spelling per class: `Cat` and `cat` are the same, shown in the most common spelling.

    Images of classes with too few images are skipped.

    Raises:
        SourceError: fewer than two classes remain, or there are too many.
    """
    shown = spellings(Counter(str(item.label) for item in items), findings.notes)
    kept = []
    for item in items:
        name = shown[str(item.label)]
        if not name:
            findings.skipped.add("in a folder without a name", item.name)
        elif len(name) > class_names.MAX_LENGTH:
            findings.skipped.add(f"in a class whose name is longer than {class_names.MAX_LENGTH} characters", item.name)
        else:
            kept.append(item if item.label == name else replace(item, label=name))
    counts = Counter((item.label, item.part) for item in kept)
    usable = usable_classes(counts, findings.skipped)
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
