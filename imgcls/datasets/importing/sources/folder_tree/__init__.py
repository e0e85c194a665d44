"""The class, part and group of each image, from the folders it is in.

folder_names    what the name of a folder suggests
roles           which folders are splits, groups, containers or companions, judged with their neighbours
levels          which of the remaining levels holds the classes; asks if the names allow several readings
ambiguities     questions about folders that look like something else
file_names      the class in the file name, if no folder is one
synsets         names of ImageNet's synsets
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.folder_tree import ambiguities, file_names, folder_names, levels, synsets
from imgcls.datasets.importing.sources.folder_tree.roles import Entry, Row, classes_beside_splits, rows
from imgcls.datasets.importing.sources.items import Item, merge_spellings
from imgcls.errors import SourceError

NO_CLASS = "outside the class folders, so without a class"
MASK = "a mask of the image with the same name"
MASKS = ("_mask", "_mask_1", "_mask_2", "_segmentation", "_seg", "_gt")
EXPECTED = (
    "Expected one folder per class (inside the train and test folders, if there are any), the class in the file name "
    "(ship_0001.jpg), or a CSV table of file names and labels."
)


@dataclass(frozen=True, slots=True)
class _Labelled:
    row: Row
    label: str
    group: str = ""  # from the name of the folder that is the class
    others: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # the folders outside and inside of the class


def to_items(entries: Iterable[Entry], files: Files, findings: Findings) -> list[Item]:
    """Images with their classes, parts and groups.

    Raises:
        SourceError: fewer than two classes remain, there are too many, or nothing says what the classes are.
    """
    kept, left_out = rows(_without_masks(list(entries), findings))
    for entry, reason in left_out:
        findings.skipped.add(reason, entry.name)
    kept = ambiguities.of_one_fold(kept, findings)
    labelled = _labelled(kept, findings)
    with_class = {one.row.entry.name for one in labelled if one.label}
    for row in kept:
        if row.entry.name not in with_class:
            findings.skipped.add(NO_CLASS, row.entry.name)
    labelled = [one for one in labelled if one.label]
    group, part = _groups(labelled), _parts(labelled, findings)
    shown = synsets.names(files, {one.label for one in labelled})
    items = [
        Item(one.row.entry.name, shown.get(one.label, one.label), part[one.row.part], one.row.entry.key, name)
        for one, name in zip(labelled, group, strict=True)
    ]
    return merge_spellings(items, findings)


def _without_masks(entries: list[Entry], findings: Findings) -> list[Entry]:
    """Without `x_mask.png` next to `x.png`."""
    there = {(entry.folders, PurePosixPath(entry.file).stem.casefold()) for entry in entries}
    kept = []
    for entry in entries:
        stem = PurePosixPath(entry.file).stem.casefold()
        if any(stem.endswith(end) and (entry.folders, stem.removesuffix(end)) in there for end in MASKS):
            findings.skipped.add(MASK, entry.name)
        else:
            kept.append(entry)
    return kept


def _labelled(kept: list[Row], findings: Findings) -> list[_Labelled]:
    """The images that have a class: from their folders, else from their file names."""
    in_folders = [row for row in kept if row.words]
    nested = [row for row in in_folders if len(row.words) > 1]
    if nested and all(folder_names.split_of(row.words[0])[0] for row in in_folders if len(row.words) == 1):
        in_folders = nested  # the others are unlabelled, such as `test` next to a folder with all classes
    words = levels.without_common([row.words for row in in_folders])
    in_folders = [replace(row, words=left) for row, left in zip(in_folders, words, strict=True) if left]
    if in_folders:
        way = levels.reading([row.words for row in in_folders], findings)
        found = [_Labelled(row, way.label(row.words), "", way.others(row.words)) for row in in_folders]
        classes = {one.label for one in found if one.label}
        if len(classes) > 1:
            read = ambiguities.reading(classes, findings)
            return [_Labelled(one.row, *read(one.label), one.others) for one in found if one.label]
    learned = [row.entry.file for row in kept if row.part in ("", "train")]
    if by_file := file_names.reader(learned, findings):
        return _by_file_name(kept, by_file, findings)
    if in_folders and not all(map(folder_names.is_doubtful, classes)):
        return found  # of one class
    innermost = {row.entry.folders[-1] for row in kept if row.entry.folders}
    if len(innermost) < 2 or ambiguities.are_splits(innermost):
        places = ", ".join(map(short, sorted(innermost)[:4]))
        where = f"in {places}" if places else "not in folders"
        raise SourceError(f"Nothing says what the classes are: the {len(kept):,} images are {where}. {EXPECTED}")
    ambiguities.confirm(innermost, findings)
    return [_Labelled(replace(row, part="", group=()), row.entry.folders[-1]) for row in kept if row.entry.folders]


def _by_file_name(kept: list[Row], label: Callable[[str], str], findings: Findings) -> list[_Labelled]:
    """The images with the class in their file names, which may hold a split (`train_cat_1.jpg`) or a group as well."""
    named = [(row, name) for row in kept if (name := label(row.entry.file))]
    splits = {name: folder_names.split_of(name) for _, name in named}
    if classes := classes_beside_splits(splits):
        found = [_Labelled(replace(row, part=splits[name][0]), classes[name]) for row, name in named]
    else:
        read = ambiguities.reading(splits, findings)
        found = [_Labelled(row, *read(name)) for row, name in named]
    file, told = next((one.row.entry.file, one.label) for one in found if one.label)
    findings.notes.append(f"There are no class folders, so file names tell the class: {file} is “{told}”.")
    return found


def _parts(labelled: list[_Labelled], findings: Findings) -> dict[str, str]:
    """Part of a folder -> part of its images: each run makes its own validation set, and a part alone is none."""
    there = {one.row.part for one in labelled} - {""}
    part = {name: name if len(there) > 1 else "" for name in ("", "train", "test", "val")}
    if part["val"] and "val" in there:
        part["val"] = "train" if "test" in there else "test"
        purpose = "testing" if part["val"] == "test" else "training; each run makes its own validation split"
        findings.notes.append(f"The images in the validation folder are used for {purpose}.")
    return part


def _groups(labelled: list[_Labelled]) -> list[str]:
    """The group of each image: the outermost folder that is named like a group, or numbered."""
    numbered: dict[tuple[bool, int], set[str]] = defaultdict(set)
    for one in labelled:
        for is_inside, names in enumerate(one.others):
            for place, name in enumerate(names):
                numbered[bool(is_inside), place].add(name)
    grouping = {
        place
        for place, names in numbered.items()
        if folder_names.are_identifiers(names, certain=not place[0]) and not folder_names.are_numbered_containers(names)
    }
    groups = []
    for one in labelled:
        outside, inside = (
            [name for place, name in enumerate(names) if (bool(is_inside), place) in grouping]
            for is_inside, names in enumerate(one.others)
        )
        groups.append(next(iter([*outside, *one.row.group, *([one.group] if one.group else []), *inside]), ""))
    return groups if len({name.strip().casefold() for name in groups}) > 1 else [""] * len(groups)
