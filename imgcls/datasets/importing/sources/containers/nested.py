"""Archives in an archive, or in a folder: each is read as a folder with its name.

train.zip, test.zip                         folders train and test
oak.zip, birch.zip                          one archive per class
oak.zip with oak/1.jpg                      one folder oak, not two
oak-20240501T101112Z-001.zip, …-002.zip     Google Drive: parts of one folder
train.csv.zip                               a table

They pass the checks of any archive, and those in them are not opened. All are copied to one temporary file (compressed
tar archives decompressed), from which single files are read, so that the memory never holds an archive.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from imgcls.datasets.importing.class_names import short, without_time
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import file_types, items
from imgcls.datasets.importing.sources.containers import compression, name_encoding, tar_archive, zip_archive
from imgcls.datasets.importing.sources.containers.unpacked import Container, Store
from imgcls.datasets.importing.time_limit import TimeLimit
from imgcls.errors import ImageError, SourceError

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
QUESTION, SKIP, READ = "archives_inside", "skip", "read"
_TABLE = re.compile(r"\.(csv|tsv|txt|jsonl?|ndjson)$", re.IGNORECASE)
_ARRAYS = (".npz", ".npy", ".parquet", ".mat", ".bin", "-ubyte", "-ubyte.gz", ".h5", ".hdf5", ".arrow")
_COPY = re.compile(r"\s*\(\d+\)$")
MOST_NAMED = 4


class _Expanded:
    """The files of a container, and those of the archives in it, by path. A key is (number of the container, key)."""

    def __init__(self, outer: Container, left: Sequence[tuple[str, Any]], inner: Sequence[tuple[str, Container]]):
        self.name = outer.name
        self._containers = [outer, *(container for _, container in inner)]
        self.entries: list[tuple[str, Any]] = [(path, (0, key)) for path, key in left]
        for number, (folder, container) in enumerate(inner, 1):
            before = f"{folder}/" if folder else ""
            self.entries += [(before + path, (number, key)) for path, key in container.entries]

    def read(self, key: tuple[int, Any], most: int | None = None) -> bytes:
        """The bytes of a file. Raises ImageError if it is damaged or too large."""
        number, inner = key
        return self._containers[number].read(inner, most)


@contextmanager
def expanded(outer: Container, findings: Findings, limit: TimeLimit) -> Iterator[Container | _Expanded]:
    """The container with the archives in it as folders; the container itself if there are none to read.

    Next to images, they may be copies or something else: then the user is asked, and by default they are skipped.

    Raises:
        SourceError: an archive in it is encrypted, damaged, too large or malicious; the message names it.
    """
    archives = [(path, key) for path, key in outer.entries if _is_archive(path) and _begins_like_one(outer, key)]
    tables = [entry for entry in archives if _TABLE.search(_stem(entry[0]))]
    others = [entry for entry in archives if entry not in tables]
    skipped = set()
    if others and _has_data(outer.entries) and _ask(outer, others, findings) == SKIP:
        archives, skipped = tables, {key for _, key in others}
        for path, _ in others:
            findings.skipped.add(items.NOT_READ, path)
    keys = skipped | {key for _, key in archives}
    if not keys:
        yield outer
        return
    left = [entry for entry in outer.entries if entry[1] not in keys]
    if not archives:
        yield _Expanded(outer, left, [])
        return
    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(dir=compression.temporary_folder(), prefix=".unpacked-")
        )
        store = stack.enter_context(Store(Path(folder) / "archives", outer, archives))
        inner = []
        for path, key in archives:
            limit.check(f"while {short(path)} was unpacked")
            container = _opened(store, path, key, findings, limit, stack)
            inner.append((_folder(path, container.entries), container))
        _check_total(outer, inner)
        files = [len(container.entries) for _, container in inner]
        named = [f"{short(path)} ({count:,} files)" for (path, _), count in zip(archives, files, strict=True)]
        findings.notes.append(f"Archives in it are read as folders: {_first(named)}.")
        yield _Expanded(outer, left, inner)


# ---- which archives


def _is_archive(path: str) -> bool:
    return path.casefold().endswith(ENDINGS) and not items.is_clutter(path.split("/"))


def _begins_like_one(outer: Container, key: Any) -> bool:
    """Whether the first bytes of a file are those of a zip or tar archive; damaged files are not."""
    try:
        start = next(outer.stream(key), b"")[:512]
    except ImageError:
        return False
    return bool(start) and (file_types.kind_of(start) == "a zip archive" or _begins_like_tar(start))


def _begins_like_tar(start: bytes) -> bool:
    return compression.is_compressed(start) or tar_archive.is_header(start)


def _has_data(entries: Sequence[tuple[str, Any]]) -> bool:
    """Whether a container holds a dataset outside of archives: images, or arrays."""
    return items.count_images(entries) >= items.FEWEST or any(path.casefold().endswith(_ARRAYS) for path, _ in entries)


def _ask(outer: Container, archives: Sequence[tuple[str, Any]], findings: Findings) -> str:
    images = items.count_images(outer.entries)
    outside = f"{images:,} images" if images >= items.FEWEST else "the arrays"
    options = [
        Option(SKIP, "Skip the archives", f"{outside} outside of them"),
        Option(READ, "Read them as folders with their names", _first([short(path) for path, _ in archives])),
    ]
    return findings.ask(
        QUESTION, "There are archives next to the images. Do they belong to the dataset?", options, SKIP
    )


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _stem(path: str) -> str:
    """The name of an archive without its ending."""
    file = path.rpartition("/")[2]
    return file[: -len(max((ending for ending in ENDINGS if file.casefold().endswith(ending)), key=len))]


def _folder(path: str, entries: Sequence[tuple[str, Any]]) -> str:
    """The folder that stands for an archive: of its name, unless all of its files are in a folder of that name."""
    parent = path.rpartition("/")[0]
    name = without_time(_stem(path))
    parts = [[part for part in entry.split("/") if part not in ("", ".")] for entry, _ in entries]
    tops = {names[0].casefold() if len(names) > 1 else "" for names in parts if names and not items.is_clutter(names)}
    if len(tops) == 1 and tops <= {name.casefold(), _COPY.sub("", name).casefold()}:
        return parent
    return f"{parent}/{name}" if parent else name


# ---- reading them


def _opened(store: Store, path: str, key: Any, findings: Findings, limit: TimeLimit, stack: ExitStack) -> Container:
    """An archive in the container, without those in it. Raises SourceError, which names both."""
    skipped = SkippedFiles()
    try:
        part = store.part(path, key, limit)
        if tar_archive.recognises(part, short(path)):
            if compression.is_compressed(file_types.start_of(part, short(path))):
                part = store.decompressed(part, short(path))
            found: Container = stack.enter_context(tar_archive.TarArchive(part, path, skipped))
        else:
            found = stack.enter_context(zip_archive.Archive(part, path, skipped, _Encoding(findings)))
    except SourceError as error:
        raise SourceError(f"In {store.name}: {error}") from error
    except ImageError as error:
        raise SourceError(f"{short(path)} is damaged in {store.name}. Create it again.") from error
    for name, _ in found.entries:
        if _is_archive(name):
            skipped.add(items.TOO_DEEP, name)
    found.entries = [entry for entry in found.entries if not _is_archive(entry[0])]
    findings.skipped.include(skipped, path)
    return found


class _Encoding:
    """The encoding of names in several archives: the user is asked once."""

    def __init__(self, findings: Findings):
        self._findings = findings

    def __call__(self, names: Sequence[bytes]) -> str:
        asked = [one for one in self._findings.questions if one.key == name_encoding.QUESTION]
        if asked and len(name_encoding.possible(names)) != 1:
            return asked[0].answer or asked[0].options[0].value
        return name_encoding.ask(names, self._findings)


def _check_total(outer: Container, inner: Sequence[tuple[str, Container]]) -> None:
    """The limits of one archive hold for all archives together."""
    files = len(outer.entries) + sum(len(container.entries) for _, container in inner)
    if files > zip_archive.MAX_ENTRIES:
        raise zip_archive.too_many(outer.name, f"{files:,} files, with those in its archives")
    total = sum(container.size(key) for _, container in inner for _, key in container.entries)
    if total > zip_archive.MAX_TOTAL:
        limit = f"{zip_archive.MAX_TOTAL / 1e9:.0f} GB"
        raise SourceError(f"The archives in {outer.name} contain {total / 1e9:.0f} GB. Expected at most {limit}.")
