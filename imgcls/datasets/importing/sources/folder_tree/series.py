"""Images whose names say that they show the same thing. They form a group, which a split must not divide.

00003_00000.ppm … 00003_00029.ppm           the track of one traffic sign, as GTSRB has them
person12_bacteria_45.jpeg                   a patient
v_Biking_g01_c02_frame0007.jpg              a frame of a video
16_left.jpeg, 16_right.jpeg                 both eyes of a patient
SN10023_cam1.png, SN10023_cam2.png          a part, seen by several cameras
"""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.folder_tree import folder_names
from imgcls.datasets.importing.sources.items import Item

QUESTION, TOGETHER, APART = "series", "together", "apart"
MIN_SERIES = 3
"""Of each class: fewer cannot be divided into training, validation and test images."""
MEAN_SIZE = 1.5
MOST_SIDES = 4
COVERED = 0.9
"""Fraction of the images that must be part of such series of counted images."""
_WORDS = "|".join(sorted(folder_names.GROUPS - {"day", "date", "week", "sub", "pt", "pat", "seq", "set"}))
_THINGS = "plant|tree|leaf|scene|lesion|nodule"
_NAMED = re.compile(
    rf"(?:^|.*[\W_])((?:{_WORDS}|{_THINGS})[\s_.(-]{{0,2}}\d+\)?|TCGA-\w\w-\w{{4}})(?:\D.*)?", re.IGNORECASE
)
"""Also the patients of The Cancer Genome Atlas."""
_PARTS = (
    "burst|frame|frm|f|image|img|tile|patch|crop|slice|part|page|view|camera|cam|channel|ch|sensor|angle|position|pos"
    "|side|shot|photo|pic|exposure|scan|rep|replicate"
)
_COUNTED = re.compile(rf"(.*\d)[\s_.-]+(?:(?:{_PARTS})[\s_.-]*)?(\d+)", re.IGNORECASE)
_SIDED = re.compile(r"(.*\d)[\s_.-]+([^\W\d_]+)")


def grouped(items: Sequence[Item], findings: Findings) -> list[Item]:
    """The same images, in groups if their names say so, nothing else does, and the user agrees."""
    if not items or any(item.group for item in items):
        return list(items)
    groups = next(filter(None, (_usable(items, find(items)) for find in (_named, _sided, _counted))), None)
    if groups is None:
        return list(items)
    sizes = Counter(filter(None, groups))
    largest = sizes.most_common(1)[0][0]
    ends = (order(item.name for item in items).split("/")[:-1] for order in (min, max))
    shared = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(*ends, strict=False)))
    members = (item.name for item, group in zip(items, groups, strict=True) if group == largest)
    first, second, *_ = ("/".join(name.split("/")[shared:]) for name in members)
    detail = f"{len(sizes):,} groups, the largest with {sizes[largest]:,} images"
    options = [
        Option(TOGETHER, "Yes: they stay in the same split", detail),
        Option(APART, "No: each image is independent"),
    ]
    text = f"Do images with names like these belong together: {short(first)} and {short(second)}?"
    if findings.ask(QUESTION, text, options, TOGETHER) == APART:
        return list(items)
    return [replace(item, group=group) for item, group in zip(items, groups, strict=True)]


def _usable(items: Sequence[Item], groups: list[str]) -> list[str] | None:
    """These groups, if there are enough in each class that has any, and if they hold several images."""
    sizes = Counter(filter(None, groups))
    if not sizes or sizes.total() < MEAN_SIZE * len(sizes):
        return None
    of_class = defaultdict(set)
    for item, group in zip(items, groups, strict=True):
        for label in item.labels if group and item.part != "test" else ():
            of_class[label].add(group)
    return groups if min(map(len, of_class.values()), default=0) >= MIN_SERIES else None


def _named(items: Sequence[Item]) -> list[str]:
    """The first folder, or the word in the name, that names a group: `patient07/1.jpg`, `person12_cat.jpg`; or ""."""
    found = []
    for item in items:
        *folders, stem = _path(item.name).split("/")
        group = next((folder for folder in folders if folder_names.is_group(folder)), "")
        match = None if group else _NAMED.fullmatch(stem)
        is_part = match is not None and match[1] != stem  # otherwise the images are only numbered
        found.append((match[1] if match and is_part else group).casefold())
    return found


def _sided(items: Sequence[Item]) -> list[str]:
    """What precedes the last word in the names, if nearly all images come with each of a few words, such as left and
    right. Words that are the classes do not count."""
    found = [_SIDED.fullmatch(_path(item.name)) for item in items]
    words = {match[2].casefold() for match in found if match}
    labels = {label.casefold() for item in items for label in item.labels}
    if not 1 < len(words) <= MOST_SIDES or words == labels:
        return []
    groups = [match[1] if match else "" for match in found]
    sizes = Counter(groups)
    return groups if _covers(items, [group if sizes[group] == len(words) else "" for group in groups]) else []


def _counted(items: Sequence[Item]) -> list[str]:
    """What precedes the last number in the names, if nearly all images are in series without a gap."""
    groups, numbers = [], defaultdict(set)
    for item in items:
        match = (
            None if folder_names.is_date(_path(item.name).rpartition("/")[2]) else _COUNTED.fullmatch(_path(item.name))
        )
        groups.append(match[1] if match else "")
        if match:
            numbers[match[1]].add(int(match[2]))
    counted = {name for name, there in numbers.items() if max(there) - min(there) + 1 == len(there)}
    groups = [group if group in counted else "" for group in groups]
    return groups if _covers(items, [group if len(numbers[group]) > 1 else "" for group in groups]) else []


def _covers(items: Sequence[Item], groups: Sequence[str]) -> bool:
    """Whether nearly all images that can be learned from have a group."""
    learned = [bool(group) for item, group in zip(items, groups, strict=True) if item.part != "test"]
    return sum(learned) >= COVERED * len(learned) > 0


def _path(name: str) -> str:
    """The path without the extension."""
    return name.rpartition(".")[0] or name
