"""What is stored about each image besides pixels and label: its file name, and the group that a split must not cut.

STATE/names_PART.npy, name_offsets_PART.npy  the file names of a part ("train" or "test"), see `Texts`
STATE/groups_PART.npy                        int32 (n, 2): the group and the unit of each image, see `Records`
STATE/group_names.npy, group_offsets.npy     the names of the groups

All files are mapped into memory, so opening a dataset stays instant. Datasets without file names have none of them.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

import numpy as np

from imgcls.errors import DamagedFile
from imgcls.system.arrays import map_npy

PARTS = ("train", "test")
NONE = -1
"""The group of an image that belongs to none."""
MAX_NAME = 1000
"""Longer file names keep their end, which is the part that tells images apart."""


class Texts(Sequence[str]):
    """A list of n strings in two arrays, neither of them empty, because an empty file cannot be mapped.

    `content` uint8: all strings as UTF-8, each followed by a zero, then another zero. `offsets` uint64 (n + 1,): where
    each string starts, and where the last one ends.
    """

    def __init__(self, content: np.ndarray, offsets: np.ndarray):
        self.content, self.offsets = content, offsets

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        # A lone surrogate, which a foreign archive may bring in a name, cannot be encoded.
        encoded = [text.encode("utf-8", "replace") + b"\0" for text in texts]
        offsets = np.zeros(len(encoded) + 1, np.uint64)
        offsets[1:] = np.cumsum([len(text) for text in encoded], dtype=np.uint64)
        return cls(np.frombuffer(b"".join(encoded) + b"\0", np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        row = int(row) % len(self)
        start, end = int(self.offsets[row]), int(self.offsets[row + 1])
        return self.content[start : end - 1].tobytes().decode("utf-8", "replace")

    @property
    def is_sound(self) -> bool:
        """Whether the two arrays can belong together; files may be damaged."""
        content, offsets = self.content, self.offsets
        return (
            (content.dtype, content.ndim) == (np.uint8, 1)
            and (offsets.dtype, offsets.ndim) == (np.uint64, 1)
            and len(offsets) > 0
            and int(offsets[-1]) == len(content) - 1
        )


@dataclass(frozen=True, eq=False)
class Records:
    """The file names and groups of the images of a dataset.

    `names` has the names of a part, or no entry if there are none. `groups` has int32 (n, 2) for a part: the number of
    each image's group in `group_names` (a patient, a plot, a writer), and the number of its unit. A unit is what a
    split never cuts: a group, several groups that share images, or near duplicates. -1 stands for none; such an image
    is a unit of its own.
    """

    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    group_names: Sequence[str] = ()

    def name(self, part: str, row: int) -> str:
        """The file name of an image; empty if it has none."""
        names = self.names.get(part, ())
        return names[row] if row < len(names) else ""

    def units(self, part: str) -> np.ndarray | None:
        """The unit of each image of a part, int32 (n,), or None if every image is one of its own."""
        groups = self.groups.get(part)
        return None if groups is None else groups[:, 1]

    def group(self, part: str, row: int) -> str:
        """The name of the group of an image; empty if it has none."""
        groups = self.groups.get(part)
        return "" if groups is None or groups[row, 0] < 0 else self.group_names[int(groups[row, 0])]


def shortened(name: str) -> str:
    """A file name as it is stored."""
    return name if len(name) <= MAX_NAME else "…" + name[1 - MAX_NAME :]


def write(folder: Path, records: Records) -> None:
    """Writes the records of a dataset next to its arrays."""
    for part, names in records.names.items():
        _write_texts(folder, f"names_{part}", f"name_offsets_{part}", names)
    for part, groups in records.groups.items():
        _save(folder / f"groups_{part}.npy", np.asarray(groups, np.int32))
    if records.groups:
        _write_texts(folder, "group_names", "group_offsets", records.group_names)


def read(folder: Path, counts: dict[str, int], *, has_groups: bool) -> Records:
    """The records in a folder, for so many images of each part.

    Names that are missing or damaged are left out, because nothing depends on them.

    Raises:
        DamagedFile, FileNotFoundError: the dataset should have groups, but they cannot be read.
    """
    names: dict[str, Sequence[str]] = {}
    for part, count in counts.items():
        try:
            found = _read_texts(folder, f"names_{part}", f"name_offsets_{part}")
        except (DamagedFile, FileNotFoundError):
            continue
        if len(found) == count:
            names[part] = found
    if not has_groups:
        return Records(names)
    group_names = _read_texts(folder, "group_names", "group_offsets")
    groups = {part: map_npy(folder / f"groups_{part}.npy") for part in counts}
    for part, numbers in groups.items():
        is_valid = numbers.shape == (counts[part], 2) and numbers.dtype == np.int32
        if not is_valid or (numbers[:, 0].max(initial=NONE) >= len(group_names)):
            raise DamagedFile(folder / f"groups_{part}.npy", "the groups do not belong to these images")
    return Records(names, groups, group_names)


def _write_texts(folder: Path, content: str, offsets: str, texts: Sequence[str]) -> None:
    stored = texts if isinstance(texts, Texts) else Texts.of(texts)
    _save(folder / f"{content}.npy", stored.content)
    _save(folder / f"{offsets}.npy", stored.offsets)


def _save(path: Path, array: np.ndarray) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def _read_texts(folder: Path, content: str, offsets: str) -> Texts:
    found = Texts(map_npy(folder / f"{content}.npy"), map_npy(folder / f"{offsets}.npy"))
    if not found.is_sound:
        raise DamagedFile(folder / f"{content}.npy", "the names are incomplete")
    return found
