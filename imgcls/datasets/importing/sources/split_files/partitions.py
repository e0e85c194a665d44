"""One file with the part of each image.

list_eval_partition.txt     000001.jpg 0, with 0, 1 and 2 for training, validation and test images (CelebA)
list_eval_partition.txt     img/Dress/1.jpg train (DeepFashion)
train_test_split.txt        000001.jpg 1, with 1 for training and 0 for test images
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.split_files.lists import ENDINGS, MAX_BYTES, Found
from imgcls.datasets.importing.sources.tables.column_names import part_of
from imgcls.datasets.importing.sources.tables.matching import FileIndex, Match
from imgcls.errors import ImageError

NUMBERS = {"partition": {"0": "train", "1": "val", "2": "test"}, "train_test_split": {"1": "train", "0": "test"}}
MATCHED = 0.5
"""Fraction of the lines that must name an image."""


def documents(files: Files) -> list[tuple[str, dict[str, str], Any]]:
    """(path, value -> part, key) of files that are called a partition or a split."""
    found = []
    for path, key in files.entries:
        name = PurePosixPath(path).name.casefold()
        numbers = next((numbers for word, numbers in NUMBERS.items() if word in name), None)
        if name.endswith(ENDINGS) and numbers:
            found.append((path, numbers, key))
    return found


def splits(files: Files, index: FileIndex) -> Iterator[Found]:
    """The split that each such file describes."""
    for path, numbers, key in documents(files):
        try:
            lines = files.read(key, MAX_BYTES).decode("utf-8-sig", "replace").splitlines()
        except ImageError:
            continue
        pairs = [line.replace(",", " ").replace("\t", " ").rsplit(maxsplit=1) for line in lines if line.strip()]
        parts: dict[str, str] = {}
        for pair in pairs:
            part = part_of(pair[-1]) or numbers.get(pair[-1], "")
            if len(pair) == 2 and part and isinstance(match := index.match(pair[0]), Match):
                parts[match.path] = part
        if len(parts) > MATCHED * len(pairs) and "train" in parts.values() and len(set(parts.values())) > 1:
            yield (path,), parts
