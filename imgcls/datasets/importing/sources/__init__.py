"""Sources of images to import, each read as one stream of images with their classes.

kind of a request    where its classes come from
zip                  folders in a zip archive: zip_archive, folder_layout
listing              a CSV table of file names and labels next to an archive: label_csv, multilabel
table                a CSV table with a label and the pixels of an image per row: pixel_csv
folder               folders on this machine: server_folder, folder_layout
pictures             images added one by one, class by class: single_images

file_types tells what a file is by its first bytes.
"""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import folder_layout, label_csv, pixel_csv, server_folder, single_images
from imgcls.datasets.importing.sources.folder_layout import Item
from imgcls.datasets.importing.sources.zip_archive import Archive
from imgcls.errors import ImageError, SourceError

KINDS = ("zip", "listing", "table", "folder", "pictures")


@dataclass(frozen=True)
class ImportRequest:
    """What to import: the kind of source, its path and display name; for a listing also the label table."""

    kind: str
    path: str
    name: str
    table: str = ""
    table_name: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass
class Source:
    """An open source. `items` are the images to read; a table of pixels has a `form` instead."""

    request: ImportRequest
    read: Callable[[Item], bytes]
    items: list[Item] = field(default_factory=list)
    skipped: SkippedFiles = field(default_factory=SkippedFiles)
    notes: list[str] = field(default_factory=list)
    form: pixel_csv.TableFormat | None = None

    @property
    def counts(self) -> Counter:
        """Images by (class, part), as far as known without reading them; multi-label images count for each label."""
        if self.is_multilabel:
            return Counter((label, item.part) for item in self.items for label in item.label)
        return Counter((item.label, item.part) for item in self.items)

    @property
    def is_multilabel(self) -> bool:
        """Whether images have several labels; for a table of pixels this is known only from its rows."""
        return bool(self.items) and not isinstance(self.items[0].label, str)

    def stream(self) -> Iterator[tuple[Item, bytes | np.ndarray | ImageError]]:
        """Each image with its bytes, its pixels, or the error if it cannot be read."""
        if self.form is not None:
            name = short(self.request.name)
            for number, label, pixels in pixel_csv.rows(Path(self.request.path), name, self.form):
                yield Item(f"row {number}", label), pixels
            return
        for item in self.items:
            yield item, self.bytes_of(item)

    def bytes_of(self, item: Item) -> bytes | ImageError:
        """The bytes of an image, or the error if it cannot be read."""
        try:
            return self.read(item)
        except ImageError as error:
            return error


@contextmanager
def opened(request: ImportRequest) -> Iterator[Source]:
    """Opens the source and assigns its files to classes; no image is read yet.

    Raises:
        SourceError: the source is invalid or malicious; the message names the entry, or the row and column.
    """
    skipped = SkippedFiles()
    notes: list[str] = []
    with ExitStack() as stack:
        if request.kind in ("zip", "listing"):
            archive = stack.enter_context(Archive(Path(request.path), request.name))
            entries = _without_empty(archive.entries, skipped)
            if request.kind == "zip":
                items = folder_layout.to_items(entries, skipped, notes)
            else:
                items = label_csv.to_items(Path(request.table), short(request.table_name), entries, skipped, notes)
            source = Source(request, lambda item: archive.read(item.key), items, skipped, notes)
        elif request.kind == "folder":
            items = folder_layout.to_items(server_folder.files(Path(request.path), skipped), skipped, notes)
            source = Source(request, lambda item: server_folder.read(item.key), items, skipped, notes)
        elif request.kind == "pictures":
            items = folder_layout.merge_spellings(single_images.items(Path(request.path)), skipped, notes)
            source = Source(request, lambda item: server_folder.read(item.key), items, skipped, notes)
        elif request.kind == "table":
            form = pixel_csv.detect_format(Path(request.path), short(request.name))
            if form.planar:
                notes.append(
                    "Rows appear to hold all red, then all green, then all blue values, and are read that way."
                )
            source = Source(request, _nothing, form=form, skipped=skipped, notes=notes)
        else:
            raise SourceError(f"'{request.kind}' is not a kind of source. Available: {', '.join(KINDS)}.")
        yield source


def from_root(path: str) -> ImportRequest:
    """A request for a path below $IMGCLS_IMPORT_ROOT. Raises SourceError for other paths or kinds of file."""
    return of_file(server_folder.inside(path), path)


def of_file(place: Path, name: str = "") -> ImportRequest:
    """A request for a folder, a zip archive or a CSV table on this machine. Raises SourceError if it is none."""
    name = name or place.name
    if place.is_dir():
        return ImportRequest("folder", str(place), name)
    kind = {".zip": "zip", ".csv": "table", ".tsv": "table", ".txt": "table"}.get(place.suffix.lower())
    if not place.exists():
        raise SourceError(f"No such file: {class_names.visible(name)}")
    if kind is None or not place.is_file():
        raise SourceError(f"{short(name)} is not a folder, zip archive or CSV table. Choose one of these.")
    return ImportRequest(kind, str(place), name)


def _without_empty(
    entries: Iterable[tuple[str, zipfile.ZipInfo]], skipped: SkippedFiles
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Entries without empty files, which are skipped without opening them."""
    for name, info in entries:
        if info.file_size or folder_layout.is_clutter(name.split("/")):
            yield name, info
        else:
            skipped.add("empty", name)


def _nothing(item: Item) -> Any:
    raise ImageError("A row of a table is not a file.", "not a file")
