"""Sources of images to import, each read as one stream of images with their classes.

containers/     archives and folders: what they hold, and the bytes of a file
layouts/        how the files of a container are assigned to classes
arrays/         single files that hold the pixels and labels of many images
tables/         tables of file names and labels, next to a container or in it
split_files/    files that say which images are for testing
multilabel      images with several labels
single_images   images added one by one, class by class
folder_tree/    what the folders of an image say: its class, part and group
pickles         are refused
unread          files that name images in a form that is not read
items           an image to import, and the rules that all sources share
file_types      what a file is by its first bytes
values          one rule for what a field of a table means
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import (
    arrays,
    containers,
    file_types,
    items,
    layouts,
    pickles,
    single_images,
    spelling,
    split_files,
)
from imgcls.datasets.importing.sources.arrays import ArrayTable
from imgcls.datasets.importing.sources.containers import Files, nested, plain_tables, server_folder
from imgcls.datasets.importing.sources.containers.plain_tables import PlainTables
from imgcls.datasets.importing.sources.folder_tree import altered_copies, series
from imgcls.datasets.importing.sources.items import Item
from imgcls.datasets.importing.sources.layouts import label_table
from imgcls.datasets.importing.sources.tables import assign, parquet
from imgcls.datasets.importing.sources.tables.columns import group_tables
from imgcls.datasets.importing.time_limit import TimeLimit
from imgcls.errors import ImageError, SourceError

KINDS = ("file", "listing", "folder", "pictures")
OLD_KINDS = {"zip": "file", "table": "file"}
"""Spellings of imports that an earlier version started."""


@dataclass(frozen=True)
class ImportRequest:
    """What to import: the kind of source, its path and display name; for a listing also the label table.

    `answers` are the user's answers to `findings.Question`s, by key.
    """

    kind: str
    path: str
    name: str
    table: str = ""
    table_name: str = ""
    answers: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Source:
    """An open source. `items` are the images to read; a file of arrays has a `table` instead."""

    request: ImportRequest
    findings: Findings
    read: Callable[[Any], bytes] | None = None
    items: list[Item] = field(default_factory=list)
    table: ArrayTable | None = None

    @property
    def skipped(self) -> SkippedFiles:
        return self.findings.skipped

    @property
    def notes(self) -> list[str]:
        return self.findings.notes

    @property
    def counts(self) -> Counter:
        """Images by (class, part), as far as known without reading them; multi-label images count for each label."""
        if self.is_multilabel:
            return Counter((label, item.part) for item in self.items for label in item.label)
        return Counter((item.label, item.part) for item in self.items)

    @property
    def groups(self) -> Sequence[str]:
        """The group of each image, "" for none; empty if there are no groups."""
        if self.table is not None:
            return getattr(self.table, "groups", ())
        return [item.group for item in self.items] if any(item.group for item in self.items) else ()

    @property
    def is_multilabel(self) -> bool:
        """Whether images have several labels; for a file of arrays this is known only from its rows."""
        return bool(self.items) and not isinstance(self.items[0].label, str)

    def stream(self) -> Iterator[tuple[Item, bytes | np.ndarray | ImageError]]:
        """Each image with its bytes, its pixels, or the error if it cannot be read."""
        if self.table is not None:
            for place, (number, label, part, pixels) in enumerate(self.table.rows()):
                yield Item(f"row {number}", label, part, group=self.groups[place] if self.groups else ""), pixels
            return
        for item in self.items:
            yield item, self.bytes_of(item)

    def bytes_of(self, item: Item) -> bytes | ImageError:
        """The bytes of an image, or the error if it cannot be read."""
        assert self.read is not None
        try:
            return self.read(item.key)
        except ImageError as error:
            return error


@contextmanager
def opened(request: ImportRequest, limit: TimeLimit | None = None) -> Iterator[Source]:
    """Opens the source and assigns its files to classes; no image is read yet. `limit` is that of the whole import.

    Raises:
        SourceError: the source is invalid or malicious; the message names the entry, or the row and column.
    """
    findings = Findings(request.answers)
    try:
        yield from _opened(request, findings, limit or TimeLimit())
    except SourceError as error:
        error.questions = tuple(findings.questions)
        raise


def _opened(request: ImportRequest, findings: Findings, limit: TimeLimit) -> Iterator[Source]:
    kind = OLD_KINDS.get(request.kind, request.kind)
    path = Path(request.path)
    with ExitStack() as stack:
        if kind == "file":
            path, name = plain_tables.of_file(path, request.name, findings, stack)
            request = replace(request, name=name)
        elif kind == "listing":
            listed, name = plain_tables.of_file(Path(request.table), request.table_name, findings, stack)
            request = replace(request, table=str(listed), table_name=name)
        start = file_types.start_of(path, short(request.name)) if kind == "file" else b""
        if kind == "file" and pickles.is_pickle(request.name, start):
            raise pickles.refuse(short(request.name))
        if start.startswith(parquet.MAGIC):
            images = parquet.ParquetImages([(request.name, path)], request.name)
            yield from _of_container(request, images, findings)
        elif kind == "file" and (table := arrays.open_array(path, request.name, findings)):
            yield Source(request, findings, table=table)
        elif kind in ("file", "listing"):
            archive = stack.enter_context(containers.open_archive(path, request.name, findings))
            files = stack.enter_context(nested.expanded(archive, findings, limit))
            yield from _of_container(request, files, findings, is_listing=kind == "listing")
        elif kind == "folder":
            folder = server_folder.Folder(path, request.name, findings.skipped)
            files = stack.enter_context(nested.expanded(folder, findings, limit))
            yield from _of_container(request, files, findings)
        elif kind == "pictures":
            found = spelling.merge_spellings(single_images.items(path), findings)
            yield Source(request, findings, server_folder.read, found)
        else:
            raise SourceError(f"'{request.kind}' is not a kind of source. Available: {', '.join(KINDS)}.")


def _of_container(
    request: ImportRequest, files: Files, findings: Findings, *, is_listing: bool = False
) -> Iterator[Source]:
    plain = None if isinstance(files, parquet.ParquetImages) else PlainTables(files, findings)
    files = plain or files
    if is_listing:
        found = assign.listing(Path(request.table), short(request.table_name), files, findings)
    elif table := arrays.open_inside(files, findings):
        _skip_images(files, findings)
        if plain:
            plain.ask_about(None)
        yield Source(request, findings, table=table)
        return
    else:
        if stored := parquet.inside(files):
            _skip_images(files, findings)
        files = stored or files
        found = layouts.to_items(files, findings)
        found = group_tables.grouped(found, label_table.tables_of(files), findings)
    found = split_files.applied(found, files, findings)
    found = series.grouped(altered_copies.grouped(found, findings), findings)
    findings.skipped.remove(items.NO_IMAGE, findings.used)
    said = tuple(label_table.no_classes(short(PurePosixPath(path).name)) for path in findings.used)
    findings.notes[:] = [note for note in findings.notes if not note.startswith(said)]
    _note_divided_groups(found, findings)
    if plain:
        plain.ask_about({word for item in found for word in (*item.labels, item.group)})
    yield Source(request, findings, files.read, found)


def _note_divided_groups(found: list[Item], findings: Findings) -> None:
    """Says before the import if the split of the source divides groups; only the user can have another one."""
    groups = {
        part: {item.group for item in found if item.group and (item.part == "test") == part} for part in (True, False)
    }
    if divided := sorted(groups[True] & groups[False]):
        findings.notes.append(
            f"The split of the source divides {len(divided):,} group{'s' * (len(divided) > 1)}, such as "
            f"{short(divided[0])}, between training and test images, so the test score may be too high."
        )


def _skip_images(files: Files, findings: Findings) -> None:
    """Reports the few images next to files of arrays."""
    for path, _, _ in items.image_files(files.entries, SkippedFiles()):
        findings.skipped.add(items.BESIDE_ARRAYS, path)


def from_root(path: str) -> ImportRequest:
    """A request for a path below $IMGCLS_IMPORT_ROOT. Raises SourceError for other paths or kinds of file."""
    return of_file(server_folder.inside(path), path)


def of_file(place: Path, name: str = "") -> ImportRequest:
    """A request for a folder or a file on this machine. Raises SourceError if there is none."""
    name = name or place.name
    if place.is_dir():
        return ImportRequest("folder", str(place), name)
    if not place.exists():
        raise SourceError(f"No such file: {class_names.visible(name)}")
    if not place.is_file():
        raise SourceError(f"{short(name)} is not a folder, zip archive or CSV table. Choose one of these.")
    return ImportRequest("file", str(place), name)
