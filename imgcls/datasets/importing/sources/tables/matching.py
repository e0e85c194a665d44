"""The file of an archive that a row of a table means.

Tables are written on other machines: with backslashes, absolute or foreign leading folders, no extension, or numbers
that lost their leading zeros. A name means the file with which it shares the longest sequence of last components.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import IMAGES, PARTS, image_files
from imgcls.datasets.importing.sources.tables.column_names import part_in
from imgcls.datasets.importing.sources.values import canonical
from imgcls.errors import SourceError

MAX_JSON = 100
"""Files that may describe all images. Archives with thousands of JSON files have one per image."""
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/]*/|^[A-Za-z]:(?=/)")
_UPLOADED = re.compile(r"[0-9a-f]{8}-.")
"""What Label Studio puts before the names of uploaded files."""
_MASKS = frozenset(
    ("mask", "masks", "annotation", "annotations", "label", "labels", "seg", "segmentation", "trimaps", "gt")
)

Entry = tuple[str, tuple[str, ...], Any]
"""Path, its components, and key of a file."""
EXTENSIONS = (
    *IMAGES,
    *(".dcm", ".dicom", ".nii", ".nii.gz", ".svs", ".npy", ".pdf", ".svg"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"),
    *(".wav", ".mp3", ".flac", ".ogg", ".m4a", ".mp4", ".avi", ".mov"),
)
"""Endings that a table may name although the file has another one: a scan, raw photo or sound became an image."""
EXACT, TAIL, STEM, LOOSE = 3, 2, 1, 0
"""How a name was matched: by all of its components, by its last ones, without extension, or ignoring case and zeros."""


@functools.lru_cache(maxsize=1)
def images_of(files: Files) -> list[tuple[str, list[str], Any]]:
    """The images of a container, as `items.image_files`. Cached, because several layouts look at them."""
    return image_files(files.entries, SkippedFiles())


@functools.lru_cache(maxsize=1)
def json_files(files: Files) -> list[tuple[str, Any]]:
    """(path, key) of JSON files that are not about the image with the same name, the outermost first."""
    found = [entry for entry in files.entries if entry[0].casefold().endswith(".json")]
    if len(found) > MAX_JSON:
        stems = {path.rpartition(".")[0] for path, _, _ in images_of(files)}
        found = [entry for entry in found if entry[0].rpartition(".")[0] not in stems]
    return sorted(found, key=lambda entry: (entry[0].count("/"), entry[0]))[:MAX_JSON]


@dataclass(frozen=True, slots=True)
class Match:
    """A file, how many components of the name it shares, and how: EXACT, TAIL, STEM or LOOSE."""

    path: str
    key: Any
    length: int
    quality: int


class FileIndex:
    """Finds the files of an archive by the names in a table. `found` is what `items.image_files` returns."""

    def __init__(self, found: Iterable[tuple[str, list[str], Any]]):
        self._names: dict[str, list[Entry]] = {}
        self._stems: dict[str, list[Entry]] = {}
        self._loose: dict[str, list[Entry]] = {}
        self._tails: dict[tuple[str, int], dict[tuple[str, ...], list[Entry]]] = {}
        for path, components, key in found:
            parts = tuple(map(class_names.visible, components))
            stem = _stem(parts[-1])
            for index, name in ((self._names, parts[-1]), (self._stems, stem), (self._loose, _loose(stem))):
                index.setdefault(name, []).append((path, parts, key))

    def __contains__(self, name: str) -> bool:
        return bool(self._candidates(components_of(name))[0])

    def match(self, name: str) -> Match | list[str] | None:
        """The file, None if there is none, or the paths of several that are equally good."""
        wanted = components_of(name)
        files, length, quality = self._candidates(wanted)
        if len(files) > 1:
            files = _without_masks(files)
        if len(files) > 1:
            return [path for path, _, _ in files]
        if not files:
            return None
        path, parts, key = files[0]
        if length < len(wanted) and length < len(parts) and _contradict(wanted[:-length], parts[:-length]):
            return None
        return Match(path, key, length, quality)

    def find(self, name: str, folder: str, where: str, part: str = "") -> Match | None:
        """The file that a document in `folder` means; among several with that name, the one in that folder.

        Otherwise the one in a folder of the part that the name of the document says: `train.csv` means `train/1.jpg`.

        Raises:
            SourceError: several files are equally good. The message begins with `where`, such as "table.csv, row 3".
        """
        match = self.match(f"{folder}/{name}" if folder else name)
        if isinstance(match, list):
            here = [path for path in match if folder and path.startswith(f"{folder}/")]
            if len(here) != 1 and part:
                here = [path for path in match if part_in(path.rpartition("/")[0]) == part]
            if len(here) != 1:
                raise SourceError(
                    f"{where} lists {short(name)}, but several files in the archive have that name: "
                    f"{', '.join(map(short, match[:2]))}. Use full paths in the table."
                )
            match = self.match(here[0])
            assert isinstance(match, Match)
        return match

    def _candidates(self, wanted: tuple[str, ...]) -> tuple[list[Entry], int, int]:
        """The files with the longest common sequence of last components, its length, and how they were matched."""
        if not wanted:
            return [], 0, LOOSE
        last = wanted[-1]
        if files := self._names.get(last):
            files, length = self._longest(0, last, files, wanted)
            return files, length, EXACT if length == len(wanted) else TAIL
        ending = next((ending for ending in EXTENSIONS if last.casefold().endswith(ending)), "")
        stems = (canonical(last), last[: len(last) - len(ending)] or last) if ending else (canonical(last),)
        for stem in stems:
            if files := self._stems.get(stem):
                return *self._longest(1, stem, files, wanted), STEM
        if _UPLOADED.match(last):
            return self._candidates((*wanted[:-1], last[9:]))
        if (plain := unquote(last)) != last:  # of a link: my%20cat.jpg
            return self._candidates((*wanted[:-1], plain))
        loose = _loose(stems[-1])
        if files := self._loose.get(loose):
            return *self._longest(2, loose, files, wanted), LOOSE
        return [], 0, LOOSE

    def _longest(self, index: int, name: str, files: list[Entry], wanted: tuple[str, ...]) -> tuple[list[Entry], int]:
        """Those of the files with that name that share most folders with the wanted path, and the common length."""
        if len(files) == 1:
            parts = files[0][1]
            length = 1
            while length < min(len(parts), len(wanted)) and parts[-1 - length] == wanted[-1 - length]:
                length += 1
            return files, length
        tails = self._tails.get((name, index))
        if tails is None:
            tails = self._tails[name, index] = {}
            for entry in files:
                folders = entry[1][:-1]
                for start in range(len(folders) + 1):
                    tails.setdefault(folders[start:], []).append(entry)
        folders = wanted[:-1]
        for start in range(len(folders) + 1):
            if there := tails.get(folders[start:]):
                return there, len(wanted) - start
        return files, 1


def components_of(name: str) -> tuple[str, ...]:
    """The components of a path as written in a table: `C:\\data\\.\\cat\\1.jpg` -> ("data", "cat", "1.jpg")."""
    name = name.strip().strip("'\"").replace("\\", "/")
    name = _SCHEME.sub("", name).split("?")[0] if "://" in name else _SCHEME.sub("", name)
    parts: list[str] = []
    for part in name.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", ".", ".."):
            parts.append(class_names.visible(part))
    return tuple(parts)


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _loose(stem: str) -> str:
    stem = stem.casefold()
    return stem.lstrip("0") or "0" if stem.isdigit() else stem


def _without_masks(files: list[Entry]) -> list[Entry]:
    """Images before masks, which have the same names in another folder."""
    others = [entry for entry in files if not _MASKS & {part.casefold() for part in entry[1][:-1]}]
    return others or files


def _contradict(wanted: tuple[str, ...], there: tuple[str, ...]) -> bool:
    """Whether the folders before the common end name different parts, as in `test/1.jpg` and `train/1.jpg`."""
    first = {PARTS[part.casefold()] for part in wanted if part.casefold() in PARTS}
    second = {PARTS[part.casefold()] for part in there if part.casefold() in PARTS}
    return bool(first and second and not first & second)
