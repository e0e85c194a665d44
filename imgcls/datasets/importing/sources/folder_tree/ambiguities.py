"""Questions about folders that may not be classes, although nothing else is."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence

from imgcls.datasets.importing.class_names import merge_key, short, sort_key
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.folder_tree import folder_names
from imgcls.datasets.importing.sources.folder_tree.levels import KEY, detail
from imgcls.datasets.importing.sources.folder_tree.roles import Row

FOLD = "fold"
FOLDERS = "folders"
NUMBERS = "numbers"
SPLIT = "split"
OTHER_FOLD = "in another fold, which repeats the images"
_COPY = re.compile(
    r"\s*(\(\d+\)|- copy( \(\d+\))?)$|[\s_-]+aug(mented|mentation)?$|^aug(mented|mentation)?[\s_-]+", re.IGNORECASE
)
"""What a copy of a folder has in its name, or one of altered copies: `cat (2)`, `cat_augmented`."""

Reading = Callable[[str], tuple[str, str]]
"""From the name of a folder to its class ("" to skip it) and to the rest of the name, which is a group."""


def confirm(classes: Collection[str], findings: Findings) -> None:
    """Asks whether folders are classes that do not look like any."""
    option = Option("classes", "Yes, each folder is a class", detail(classes))
    findings.ask(FOLDERS, "These folders do not look like classes. Import them as classes nevertheless?", [option])


def of_one_fold(kept: Sequence[Row], findings: Findings) -> list[Row]:
    """The images of one fold, which the user chooses, if each fold has training and test images of its own.

    Together they would hold every image several times, for training and for testing.
    """
    parts: dict[str, set[str]] = defaultdict(set)
    for row in kept:
        for name in row.group:
            if "fold" in "".join(folder_names.tokens(name)):
                parts[name].add(row.part)
    folds = sorted((name for name, found in parts.items() if len(found - {""}) > 1), key=sort_key)
    if len(folds) < 2:
        return list(kept)
    options = [
        Option(name, name, f"{sum(row.images for row in kept if name in row.group):,} images for training and testing")
        for name in folds
    ]
    answer = findings.ask(FOLD, "Each fold has its own training and test images. Which one do you want?", options)
    return [row for row in kept if answer in row.group]


def are_splits(names: Collection[str]) -> bool:
    """Whether the names differ only in words for splits."""
    return all(folder_names.split_of(name)[0] for name in names) and len(set(map(folder_names.rest_of, names))) < 2


def reading(classes: Collection[str], findings: Findings) -> Reading:
    """How to read the names of class folders. The user is asked if they look like something else, or like more."""
    if any(question.key == KEY for question in findings.questions):
        return _whole  # the user sees the classes of each reading already
    if _are_doubtful(classes):
        confirm(classes, findings)
        return _whole
    if stems := _stems(classes):
        options = [
            Option("class", "Different classes", detail(classes)),
            Option("same", "The same class, if the rest of the name agrees", detail(set(stems.values()))),
        ]
        first, second = _pair(stems)
        text = f"Are {short(first)} and {short(second)} different classes?"
        if findings.ask(NUMBERS, text, options) == "same":
            return lambda name: (stems[name], folder_names.without_identifiers(name)[1])
        return _whole
    if (others := set(filter(folder_names.is_set_aside, classes))) and len(classes) - len(others) > 1:
        return _without(others, classes, findings)
    return _whole


def _without(others: set[str], classes: Collection[str], findings: Findings) -> Reading:
    """How to read classes, some of which may be folders of something else; masks and thumbnails need an answer."""
    is_one = len(others) == 1
    options = [
        Option("class", "A class" if is_one else "Classes", detail(classes)),
        Option("skip", f"Not {'a class: skip it' if is_one else 'classes: skip them'}", detail(set(classes) - others)),
    ]
    names = " and ".join(map(short, sorted(others, key=sort_key)))
    text = f"Is the folder {names} a class?" if is_one else f"Are the folders {names} classes?"
    default = "" if any(map(folder_names.is_companion, others)) else "class"
    if findings.ask(SPLIT, text, options, default) == "skip":
        return lambda name: ("" if name in others else name, "")
    return _whole


def _whole(name: str) -> tuple[str, str]:
    return name, ""


def _is_split(name: str) -> bool:
    part, rest = folder_names.split_of(name)
    return bool(part) and not rest


def _are_doubtful(classes: Collection[str]) -> bool:
    parts = {folder_names.split_of(name)[0] for name in classes if _is_split(name)}
    return (
        len(parts) > 1
        or any(map(folder_names.is_container, classes))
        or all(map(folder_names.is_doubtful, classes))
        or folder_names.are_numbered_containers(classes)
    )


def _stems(classes: Collection[str]) -> dict[str, str]:
    """Class -> its name without numbers, if there are several folders for most names: cat1, cat2, dog1, dog2.

    Or without the mark of a copy, if there are copies.
    """
    copies = {name: _COPY.sub("", name) for name in classes}
    there = set(map(merge_key, classes))
    if any(stem != name and stem and merge_key(stem) in there for name, stem in copies.items()):
        return {name: stem if merge_key(stem) in there else name for name, stem in copies.items()}
    stems = {name: folder_names.without_identifiers(name)[0] for name in classes}
    several = all(stem and stem != name for name, stem in stems.items())
    return stems if several and 1 < len(set(stems.values())) <= len(classes) // 2 else {}


def _pair(stems: dict[str, str]) -> tuple[str, str]:
    """Two folders with the same stem."""
    first: dict[str, str] = {}
    for name, stem in sorted(stems.items()):
        if stem in first:
            return first[stem], name
        first[stem] = name
    return next(iter(stems)), ""
