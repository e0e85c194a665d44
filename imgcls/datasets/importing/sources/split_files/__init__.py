"""Files next to the images that say which are for training and which for testing.

lists        one file per part, with the names of its images
partitions   one file with the part of each image
tables       a table with a column for it

They only count if the layout itself divides the images in no other way, and the user can refuse them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources import multilabel
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item, usable_classes
from imgcls.datasets.importing.sources.layouts import label_table
from imgcls.datasets.importing.sources.split_files import lists, partitions, tables
from imgcls.datasets.importing.sources.tables.matching import FileIndex

KEY, NONE = "split_files", "none"
COVERED = 0.9
"""Fraction of the images that a split must name. The others are skipped."""
UNLISTED = "in none of the lists of the split"


@dataclass(frozen=True)
class Split:
    """Path -> part, and the paths of the files that say so."""

    files: tuple[str, ...]
    part_of: dict[str, str]


def applied(items: list[Item], files: Files, findings: Findings) -> list[Item]:
    """The same images with the parts that files of their container name, unless they have parts already.

    Raises:
        SourceError: fewer than two classes remain.
    """
    if not items or any(item.part for item in items):
        return items
    splits = _usable(_all_splits(items, files), {_path(item) for item in items}, findings)
    if not splits:
        return items
    options = [
        Option(str(number), f"As {_named(split)} says", _detail(split)) for number, split in enumerate(splits, 1)
    ]
    options.append(Option(NONE, "None of these: hold out other images"))
    answer = findings.ask(KEY, "Which images are for testing?", options, "1" if len(splits) == 1 else "")
    if answer == NONE:
        return items
    chosen = splits[int(answer) - 1].part_of
    findings.used.update(splits[int(answer) - 1].files)
    found = []
    for item in items:
        if part := chosen.get(_path(item)):
            found.append(replace(item, part=part))
        else:
            findings.skipped.add(UNLISTED, item.name)
    found = multilabel.without_validation(found, findings)
    if found and not isinstance(found[0].label, str):
        return found
    usable = usable_classes(Counter((item.label, item.part) for item in found), findings.skipped)
    return [item for item in found if item.label in usable]


def _path(item: Item) -> str:
    """The path of the image; the name of a crop also has a number."""
    return item.name.rpartition("#")[0] or item.name if item.box else item.name


def _all_splits(items: Sequence[Item], files: Files) -> list[Split]:
    readers = [
        *([lists] if lists.documents(files) else []),
        *([partitions] if partitions.documents(files) else []),
        *([tables] if label_table.tables_of(files) else []),
    ]
    if not readers:
        return []
    paths = dict.fromkeys(map(_path, items))
    index = FileIndex((path, path.split("/"), path) for path in paths)
    return [Split(*found) for reader in readers for found in reader.splits(files, index)]


def _usable(splits: Sequence[Split], paths: set[str], findings: Findings) -> list[Split]:
    """The splits that name nearly all images, each once."""
    found: list[Split] = []
    for split in splits:
        if len(split.part_of) < COVERED * len(paths):
            if split.part_of:
                there = f"{len(split.part_of):,} of {len(paths):,} images"
                findings.notes.append(f"The split in {_named(split)} is ignored: it has only {there}.")
        elif all(split.part_of != other.part_of for other in found):
            found.append(split)
    return found


def _named(split: Split) -> str:
    names = (short(PurePosixPath(path).name) for path in split.files[:3])
    return " and ".join(names) + (" …" if len(split.files) > 3 else "")


def _detail(split: Split) -> str:
    counts = Counter(split.part_of.values())
    names = {"train": "training", "val": "validation", "test": "test"}
    return ", ".join(f"{counts[part]:,} {name}" for part, name in names.items() if counts[part]) + " images"
