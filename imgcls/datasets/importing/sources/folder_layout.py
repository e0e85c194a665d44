"""Which class a picture belongs to, by the folder in which it lies.

leaf/oak/1.jpg            one outer folder is unwrapped: class oak
train/oak/1.jpg           train, test and val (validation): a part, then the class
oak/summer/1.jpg          folders inside a class are taken together: class oak
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
MOST_CLASSES = 1000
FEWEST = 3
"""Pictures of a class: two to learn from, one to be tested. Two where the test part is given."""

SYSTEM = "files of the operating system (such as .DS_Store)"
NO_IMAGE = "not a picture, by the ending of its name"
NO_CLASS = "beside the class folders, so without a class"


@dataclass(frozen=True, slots=True)
class Item:
    """A picture to come: what messages call it, its class, its part ("train", "test", or "" while undivided).

    Where a picture may have several labels, `label` is a tuple of all that it has."""

    name: str
    label: str | tuple[str, ...]
    part: str = ""
    key: Any = None  # by which its source finds it


def is_clutter(parts: list[str]) -> bool:
    """Whether a path is what systems leave behind, and no person's picture."""
    return (
        parts[0] == "__MACOSX" or parts[-1].startswith(".") or parts[-1].casefold() in ("thumbs.db", "desktop.ini")
    ) or any(part.startswith(".") for part in parts[:-1])


def arranged(paths: Iterable[tuple[str, Any]], skips: SkippedFiles, notes: list[str]) -> list[Item]:
    """Pictures with their classes and parts from (path, key); what is none goes to `skips`, what was read to `notes`.

    Raises:
        SourceError: fewer than two classes are left, or too many.
    """
    found = images(paths, skips)
    if not found:
        raise SourceError(
            f"There is no picture in it{skips.said()}. Expected one folder for each class, with PNG, JPEG, WEBP, GIF "
            "or BMP files in it."
        )
    found = _unwrapped(found, skips)
    divided = _is_divided(found)
    items = []
    for name, parts, key in found:
        part = PARTS.get(parts[0].strip().casefold(), "") if divided else ""
        if divided and not part:
            skips.add("in a folder beside train and test", name)
            continue
        inside = parts[1:] if divided else parts
        if len(inside) < 2:
            skips.add(NO_CLASS, name)
            continue
        items.append(Item(name, inside[0], part, key))
    if divided:
        items = _two_parts(items, notes)
    return merged(items, skips, notes)


def images(paths: Iterable[tuple[str, Any]], skips: SkippedFiles) -> list[tuple[str, list[str], Any]]:
    """(path, its parts, key) of what is a picture by its name; the rest goes to `skips`."""
    found = []
    for path, key in paths:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if not parts or is_clutter(parts):
            skips.add(SYSTEM, path)
        elif parts[-1].casefold().endswith(IMAGES):
            found.append((path, parts, key))
        elif parts[-1].casefold().endswith(UNREAD):
            skips.add("a picture in a format that is not read here: save it as JPEG", path)
        else:
            skips.add(NO_IMAGE, path)
    return found


def merged(items: list[Item], skips: SkippedFiles, notes: list[str]) -> list[Item]:
    """The same pictures with one spelling for each class: `Cat` and `cat` are one, shown as most of them are.

    Classes with too few pictures go to `skips`. Raises SourceError as `arranged` does.
    """
    shown = spellings(Counter(item.label for item in items), notes)
    kept = []
    for item in items:
        name = shown[item.label]
        if not name:
            skips.add("in a folder without a name", item.name)
        elif len(name) > class_names.MOST_LETTERS:
            skips.add(f"in a class whose name is longer than {class_names.MOST_LETTERS} letters", item.name)
        else:
            kept.append(item if item.label == name else Item(item.name, name, item.part, item.key))
    counts = Counter((item.label, item.part) for item in kept)
    usable = usable_classes(counts, skips)
    return [item for item in kept if item.label in usable]


def spellings(counts: Mapping[str, int], notes: list[str]) -> dict[str, str]:
    """Each label as it is shown: `Cat` and `cat`, or é in two normal forms, are one class, in the usual spelling."""
    shown = {label: class_names.visible(label) for label in counts}
    groups: dict[str, Counter] = {}
    for label, name in shown.items():
        groups.setdefault(class_names.key(name), Counter())[name] += counts[label]
    usual = {key: max(group, key=lambda name: (group[name], name)) for key, group in groups.items()}
    for key, group in groups.items():
        if len(group) > 1 and key:
            notes.append(f"{' and '.join(map(class_names.short, sorted(group)))} are taken as one class.")
    if sum(len(set(raw)) > 1 for raw in _raw_by_shown(shown).values()):
        notes.append("Folders whose names look the same, but are written in two ways, are taken as one class.")
    return {label: usual[class_names.key(name)] for label, name in shown.items()}


def _raw_by_shown(shown: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for label, name in shown.items():
        found.setdefault(name, []).append(label)
    return found


def usable_classes(counts: Counter, skips: SkippedFiles) -> set[str]:
    """The classes with enough pictures, from numbers by (class, part); the others go to `skips`, with their reason.

    Raises:
        SourceError: fewer than two are left, or there are too many.
    """
    labels = {label for label, _ in counts}
    given = any(part == "test" for _, part in counts)
    if len(labels) > MOST_CLASSES:
        raise SourceError(
            f"There are {len(labels):,} classes. Expected at most {MOST_CLASSES:,}. Look whether each folder (or each "
            "value of the label's column) is a class."
        )
    usable = set()
    for label in labels:
        learn = counts[label, "train"] + counts[label, ""]
        if learn >= (FEWEST - 1 if given else FEWEST):
            usable.add(label)
        else:
            reason = "of a class with too few pictures (two to learn from and one to be tested are needed)"
            skips.add(reason, label, learn + counts[label, "test"])
    if len(usable) < 2:
        there = f"class {class_names.short(min(labels))}" if len(labels) == 1 else f"{len(labels)} classes"
        raise SourceError(
            f"There {'is' if len(labels) == 1 else 'are'} {there} with pictures, and {_those(len(usable))} enough of "
            f"them. Expected two classes or more with {FEWEST} pictures or more each, every class in a folder of its "
            "own. Add pictures and try again."
        )
    return usable


def _those(count: int) -> str:
    return "none has" if not count else "only one has"


def _unwrapped(found: list, skips: SkippedFiles) -> list:
    """Without the outer folders that all share."""
    while True:
        deep = [entry for entry in found if len(entry[1]) > 2]
        tops = {entry[1][0] for entry in found if len(entry[1]) > 1}
        if len(tops) != 1 or len(deep) * 2 < len(found):
            return found
        for name, parts, _ in found:
            if len(parts) < 3:
                skips.add(NO_CLASS, name)
        found = [(name, parts[1:], key) for name, parts, key in deep]


def _is_divided(found: list) -> bool:
    """Whether the folders are parts: there is one for training, one that is not, and classes inside."""
    tops = {parts[0].strip().casefold() for _, parts, _ in found if len(parts) > 1}
    kinds = {PARTS[top] for top in tops if top in PARTS}
    deep = any(PARTS.get(parts[0].strip().casefold()) == "train" and len(parts) > 2 for _, parts, _ in found)
    return "train" in kinds and len(kinds) > 1 and deep


def _two_parts(items: list[Item], notes: list[str]) -> list[Item]:
    """Validation pictures join one of the other parts: the playground takes its own out of the training pictures."""
    there = {item.part for item in items}
    if "val" not in there:
        return items
    part = "train" if "test" in there else "test"
    purpose = "training; a validation part is taken out of them anew for each run" if part == "train" else "the test"
    notes.append(f"The pictures in the validation folder are used for {purpose}.")
    return [Item(item.name, item.label, part if item.part == "val" else item.part, item.key) for item in items]
