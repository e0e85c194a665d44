"""Questions about folders that may not be classes, although nothing else is."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from imgcls.datasets.importing.class_names import merge_key, short, sort_key, visible
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.folder_tree import folder_names
from imgcls.datasets.importing.sources.folder_tree.levels import KEY, detail
from imgcls.datasets.importing.sources.folder_tree.roles import Entry, Row

FOLD = "fold"
FOLDERS = "folders"
NUMBERS = "numbers"
SPLIT = "split"
SPLIT_CLASSES, TOGETHER, TRAINING = "split_classes", "together", "training"
NAMES_OR_FOLDERS = "names_or_folders"
OUTER, MIN_OUTER = "outer_folders", 3
ALIKE, NOT_ALIKE = 0.66, 0.58
"""From this likeness on, digits in file names are the classes; and up to which they are not."""
OTHER_FOLD = "in another fold, which repeats the images"
_COPY = re.compile(
    r"\s*\(\d+\)$|[\s_-]+(copy|kopie|copie|copia|kopia|cópia)(\s*\(?\d+\)?)?$|[\s_-]+aug(mented|mentation)?$"
    r"|^aug(mented|mentation)?[\s_-]+|^(copy of|kopie von|copie de|copia d[ei]|cópia de)\s+",
    re.IGNORECASE,
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


def of_different_classes(of_part: dict[str, set[str]], findings: Findings) -> str:
    """What the user makes of parts that have no class in common, or of a training part with one of several classes:
    `TOGETHER` or `TRAINING`; "" if the parts are usable."""
    train, others = of_part.get("train", set()), set().union(*(of_part[part] for part in of_part if part != "train"))
    if not train or not others:
        return ""
    learned, tested = set(map(merge_key, train)), set(map(merge_key, others))
    if len(learned) == 1 and len(tested - learned) > 0 and learned & tested:
        text = (
            f"Only {short(min(train))} has training images, as in anomaly detection, but a classifier needs training "
            "images of each class. Ignore the split of the source and hold out 20% of each class for the test?"
        )
        option = Option(TOGETHER, "Yes: hold out images of each class", detail(train | others))
        return findings.ask(SPLIT_CLASSES, text, [option])
    if learned & tested:
        return ""
    options = [
        Option(TOGETHER, "All are classes: hold out images of each", detail(train | others)),
        Option(TRAINING, "Only the training classes", detail(train)),
    ]
    text = "The folders for training and for testing have no class in common. Which classes do you want?"
    return findings.ask(SPLIT_CLASSES, text, options)


def are_file_names_classes(
    folders: Collection[str],
    names: Collection[str],
    example: Entry,
    alike: float | None,
    findings: Findings,
    *,
    are_groups: bool = False,
) -> bool:
    """Whether files that are called the same in all folders say the classes, such as `anna/7.png` and `ben/7.png`.

    The digits 0 to 9 count the images of a class as often as they are the class of an image: by default they are
    classes only if images of the same digit look `alike`, see `likeness`. If it is not clear, or if the folders
    `are_groups` by their names but images of the same name do not look alike, the user must answer.
    """
    default = "names" if alike is not None and alike >= ALIKE else ""
    if alike is not None and alike <= NOT_ALIKE and not are_groups:
        default = "folders"
    folder, name = example.folders[-1], example.file.rpartition(".")[0]
    options = [
        Option(
            "folders",
            f"The folders: {short(example.file)} in {short(folder)} is “{visible(folder)[:40]}”",
            detail(folders),
        ),
        Option("names", f"The file names: it is “{visible(name)[:40]}”, and each folder is a group", detail(names)),
    ]
    text = "All folders contain files with the same names. What are the classes?"
    return findings.ask(NAMES_OR_FOLDERS, text, options, default) == "names"


def are_outer_folders_groups(folders_of: Mapping[str, set[str]], findings: Findings) -> bool:
    """Whether the folders around the classes, such as those of students or places, are groups, by class.

    Names do not tell whether they are, so the user may say it; fewer than three cannot be divided.
    """
    folders = set().union(*folders_of.values())
    if min(map(len, folders_of.values()), default=0) < MIN_OUTER:
        return False
    first, second, *_ = sorted(folders, key=sort_key)
    options = [
        Option("apart", "No: each image is independent"),
        Option("together", "Yes: they stay in the same split", f"{len(folders):,} groups"),
    ]
    text = (
        f"Classes are repeated in outer folders such as {short(first)} and {short(second)}. Do the images of an outer "
        "folder belong together, for example because one person took them?"
    )
    return findings.ask(OUTER, text, options, "apart") == "together"


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
    """How to read classes, some of which may be folders of something else."""
    is_one = len(others) == 1
    options = [
        Option("class", "A class" if is_one else "Classes", detail(classes)),
        Option("skip", f"Not {'a class: skip it' if is_one else 'classes: skip them'}", detail(set(classes) - others)),
    ]
    names = " and ".join(map(short, sorted(others, key=sort_key)))
    text = f"Is the folder {names} a class?" if is_one else f"Are the folders {names} classes?"
    if findings.ask(SPLIT, text, options) == "skip":
        return lambda name: ("" if name in others else name, "")
    return _whole


def _whole(name: str) -> tuple[str, str]:
    return name, ""


def _are_doubtful(classes: Collection[str]) -> bool:
    parts: dict[str, set[str]] = defaultdict(set)  # by the rest of the name: bounding_box_train, bounding_box_test
    for part, rest in map(folder_names.split_of, classes):
        parts[merge_key(rest)].add(part)
    return (
        any(len(found - {""}) > 1 for found in parts.values())
        or (folder_names.are_identifiers(classes, certain=True) and all(map(folder_names.names_group, classes)))
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
