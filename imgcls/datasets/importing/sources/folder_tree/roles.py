"""The role of each folder in a tree of images, judged from its name and its neighbours.

train/oak/1.jpg                 train is a part if test or val is next to it
train_oak/1.jpg                 a part and a class, if each class has its training folder
oak/patient07/1.jpg             a group, if all folders next to it are named like groups
images/1.jpg, masks/1.png       a container, and a companion that is skipped
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from imgcls.datasets.importing.class_names import merge_key, without_time
from imgcls.datasets.importing.sources.folder_tree import folder_names

Folders = tuple[str, ...]

COMPANION = "masks, annotations or thumbnails next to the images"
NEXT_TO_SPLITS = "in a folder next to train and test"
TAKEOUT = "in a folder of a year, which repeats the albums of Google Photos"


@dataclass(frozen=True, slots=True)
class Entry:
    """An image file: its path as text, its folders, and how its container finds it."""

    name: str
    folders: Folders
    file: str
    key: Any


@dataclass(frozen=True, slots=True)
class Role:
    """What a folder says: a word that may be a class, a part, a group, nothing, or why its files are skipped.

    `is_version`: it holds a version of the same images as the folders next to it.
    """

    word: str = ""
    part: str = ""
    group: str = ""
    skip: str = ""
    is_version: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What the folders of some images say. `words` are those that may be the class, the outermost first.

    `skip` is why the images are skipped, or empty.
    """

    folders: Folders
    images: int
    words: Folders
    part: str
    group: Folders
    skip: str
    is_version: bool


def rows(entries: Iterable[Entry]) -> dict[Folders, Row]:
    """The folders that hold images themselves, with the roles of all folders around applied."""
    tree = _Tree(entries)
    roles = tree.roles()
    found = {}
    for folders, images in tree.images.items():
        on_path = [roles[folders[: depth + 1]] for depth in range(len(folders))]
        words = tuple(role.word for role in on_path if role.word)
        parts = [role.part for role in on_path if role.part]
        group = tuple(role.group for role in on_path if role.group)
        skip = next((role.skip for role in on_path if role.skip), "")
        is_version = any(role.is_version for role in on_path)
        found[folders] = Row(folders, images, words, parts[-1] if parts else "", group, skip, is_version)
    return found


class _Tree:
    def __init__(self, entries: Iterable[Entry]):
        self.children: dict[Folders, set[str]] = defaultdict(set)
        self.images: Counter[Folders] = Counter(entry.folders for entry in entries)
        for folders in self.images:
            for depth, name in enumerate(folders):
                self.children[folders[:depth]].add(name)
        self._split_depths: set[int] = set()

    def roles(self) -> dict[Folders, Role]:
        found: dict[Folders, Role] = {}
        for parent in sorted(self.children, key=len):
            names = sorted(self.children[parent])
            found.update(((*parent, name), role) for name, role in self._of_siblings(parent, names).items())
        for path, role in found.items():
            part, _ = folder_names.split_of(path[-1])
            if part and not role.part and len(self.children[path[:-1]]) == 1 and len(path) in self._split_depths:
                found[path] = Role(part=part)
        return found

    def _of_siblings(self, parent: Folders, names: list[str]) -> dict[str, Role]:
        if parent and self.images[parent] and all(map(folder_names.is_companion, names)):
            return {name: Role(skip=COMPANION) for name in names}  # such as thumbnails inside a class
        return (
            self._splits(parent, names)
            or _companions(names)
            or self._calendar(parent, names)
            or _groups(names)
            or _takeout(names)
            or _variants(names)
            or self._only_child(parent, names)
            or {name: Role(word=without_time(name)) for name in names}
        )

    def _calendar(self, parent: Folders, names: list[str]) -> dict[str, Role]:
        """A group per date, such as `2024/05/01`; folders of dates within dates say nothing by themselves."""
        dates = {name: folder_names.calendar((*parent, name)) for name in names}
        if not all(dates.values()):
            return {}
        return {name: Role(group="" if self._holds_dates((*parent, name)) else date) for name, date in dates.items()}

    def _holds_dates(self, folder: Folders) -> bool:
        inside = self.children.get(folder, set())
        return bool(inside) and all(folder_names.calendar((*folder, name)) for name in inside)

    def _splits(self, parent: Folders, names: list[str]) -> dict[str, Role]:
        split = {name: folder_names.split_of(name) for name in names}
        parts = {name: part for name, (part, _) in split.items() if part} or folder_names.glued_splits(names)
        companions = {name for name in parts if folder_names.is_companion(split[name][1])}
        if len(companions) < len(parts):
            parts = {name: part for name, part in parts.items() if name not in companions}
        if "train" not in parts.values() and len(others := set(names) - set(parts) - companions) == 1:
            parts |= dict.fromkeys(self._training_next_to(parent, parts, *others), "train")
        nested = {name for name in parts if self.children.get((*parent, name))}
        alone = set(names) == set(parts) | companions
        if len(set(parts.values())) < 2 or not (alone or any(parts[name] == "train" for name in nested)):
            return {}
        self._split_depths.add(len(parent) + 1)
        found = {name: Role(skip=COMPANION if name in companions else NEXT_TO_SPLITS) for name in names}
        classes = {} if nested else classes_beside_splits({name: split[name] for name in parts})
        return found | {name: Role(part=part, word=classes.get(name, "")) for name, part in parts.items()}

    def _training_next_to(self, parent: Folders, parts: Iterable[str], other: str) -> list[str]:
        """The other folder, if it has most of the subfolders of the parts, and more images: `images` next to
        `test_images`."""
        tested = set().union(*(self._innermost((*parent, name)) for name in parts))
        shared = tested & self._innermost((*parent, other))
        is_larger = self._inside((*parent, other)) > sum(self._inside((*parent, name)) for name in parts)
        return [other] if len(tested) > 1 and 2 * len(shared) > len(tested) and is_larger else []

    def _inside(self, folder: Folders) -> int:
        """The number of images in a folder and in those inside."""
        return sum(count for path, count in self.images.items() if path[: len(folder)] == folder)

    def _innermost(self, folder: Folders) -> set[str]:
        """The names of the folders inside that hold images."""
        return {path[-1] for path in self.images if len(path) > len(folder) and path[: len(folder)] == folder}

    def _only_child(self, parent: Folders, names: list[str]) -> dict[str, Role]:
        """A container whose name says nothing new: `images`, a split without the other one, or a doubled folder."""
        name = names[0]
        is_doubled = bool(parent) and len(name) > 1 and _bare(parent[-1]) == _bare(name)
        says_nothing = folder_names.is_filler(name) or folder_names.split_of(name)[0] or is_doubled
        return {name: Role()} if len(names) == 1 and not self.images[parent] and says_nothing else {}


def _bare(name: str) -> str:
    return merge_key(without_time(name))


def classes_beside_splits(split: dict[str, tuple[str, str]]) -> dict[str, str]:
    """name -> class for `train_oak`, `train_birch`, `test_oak`: at least two classes, all of which can be learned."""
    learned = {merge_key(rest) for part, rest in split.values() if part == "train"}
    every = {merge_key(rest) for _, rest in split.values()}
    if len(learned) < 2 or "" in every or every != learned:
        return {}
    return {name: rest for name, (_, rest) in split.items()}


def _companions(names: list[str]) -> dict[str, Role]:
    fillers = {name for name in names if folder_names.is_filler(name) or folder_names.is_variant(name)}
    companions = {name for name in names if folder_names.is_companion(name)}
    if not fillers or not companions or fillers | companions != set(names):
        return {}
    return {name: Role() if name in fillers else Role(skip=COMPANION) for name in names}


def _groups(names: list[str]) -> dict[str, Role]:
    return {name: Role(group=name) for name in names} if all(map(folder_names.is_group, names)) else {}


def _takeout(names: list[str]) -> dict[str, Role]:
    years = {name for name in names if name.casefold().startswith("photos from ") and folder_names.is_date(name)}
    if not years or years == set(names):
        return {}
    return {name: Role(skip=TAKEOUT) if name in years else Role(word=name) for name in names}


def _variants(names: list[str]) -> dict[str, Role]:
    are_versions = all(map(folder_names.is_variant, names)) or folder_names.are_sizes(names)
    return {name: Role(is_version=True) for name in names} if len(names) > 1 and are_versions else {}
