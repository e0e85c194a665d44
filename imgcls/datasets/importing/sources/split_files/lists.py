"""A list of images per part.

meta/train.txt, meta/test.txt            apple_pie/1005649                    Food-101
meta/train.json, meta/test.json          {"apple_pie": ["apple_pie/1005649"]}
train_val_list.txt, test_list.txt        00000001_000.png                     NIH's chest X-rays
annotations/trainval.txt, test.txt       Abyssinian_100 1 1 1                 Oxford's pets
labels/train1.txt, val1.txt, test1.txt   banded/banded_0002.jpg               ten splits of DTD
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from imgcls.datasets.importing.class_names import sort_key
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.folder_tree import folder_names
from imgcls.datasets.importing.sources.items import PARTS, is_clutter
from imgcls.datasets.importing.sources.tables.matching import FileIndex, Match
from imgcls.errors import ImageError

ENDINGS = (".txt", ".lst", ".json", ".csv", ".tsv")
MAX_BYTES = 50_000_000
MATCHED = 0.5
"""Fraction of the names of a list that must be images."""

Found = tuple[tuple[str, ...], dict[str, str]]
"""The paths of the files of a split, and path of an image -> part."""


def documents(files: Files) -> list[tuple[str, str, Any]]:
    """(path, part, key) of files whose names say a part."""
    found = []
    for path, key in files.entries:
        if path.casefold().endswith(ENDINGS) and not is_clutter(path.split("/")) and (part := _part(path)):
            found.append((path, part, key))
    return sorted(found, key=lambda entry: sort_key(entry[0]))


def splits(files: Files, index: FileIndex) -> Iterator[Found]:
    """The splits that lists with otherwise equal names make up: each image in one part, with training images."""
    by_name: dict[tuple[str, ...], dict[str, list[tuple[str, set[str]]]]] = defaultdict(lambda: defaultdict(list))
    for path, part, key in documents(files):
        if listed := _listed(files, key, index):
            by_name[_rest(path)][part].append((path, listed))
    for parts in by_name.values():
        part_of: dict[str, str] = {}
        there = [(part, path, listed) for part, lists in parts.items() for path, listed in lists]
        for part, _, listed in there:
            part_of |= dict.fromkeys(listed, part)
        together = sum(len(set().union(*(listed for _, listed in lists))) for lists in parts.values())
        if "train" in parts and len(parts) > 1 and together == len(part_of):
            yield tuple(path for _, path, _ in there), part_of


def _part(path: str) -> str:
    """The part that the name of a file says: the training part if it says two, as `train_val_list.txt` does."""
    parts = {PARTS[token] for token in folder_names.tokens(PurePosixPath(path).stem) if token in PARTS}
    return "train" if "train" in parts else parts.pop() if len(parts) == 1 else ""


def _rest(path: str) -> tuple[str, ...]:
    """What tells one split from another: all words of the path that name no part."""
    return tuple(token for token in folder_names.tokens(path.casefold()) if token not in PARTS)


def _listed(files: Files, key: Any, index: FileIndex) -> set[str]:
    """The images that a file lists; empty if most of its entries are none."""
    try:
        text = files.read(key, MAX_BYTES).decode("utf-8-sig", "replace")
    except ImageError:
        return set()
    names = _in_json(text) if text.lstrip()[:1] in ("{", "[") else [line.strip() for line in text.splitlines()]
    names = [name for name in names if name]
    found = {path for name in names if (path := _image(name, index))}
    return found if len(found) > MATCHED * len(names) else set()


def _image(name: str, index: FileIndex) -> str:
    """The image that a line begins with, or ""."""
    for candidate in dict.fromkeys((name, name.split()[0], name.split(",")[0].strip('"'))):
        if isinstance(match := index.match(candidate), Match):
            return match.path
    return ""


def _in_json(text: str) -> list[str]:
    """The texts in a list, or in the lists of an object."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return []
    lists = list(content.values()) if isinstance(content, dict) else [content]
    return [name for names in lists if isinstance(names, list) for name in names if isinstance(name, str)]
