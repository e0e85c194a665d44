"""What somebody brought, whatever it is, as one stream of pictures with their classes.

zip        an archive of labelled folders
listing    an archive, and beside it a table of file names and labels
table      a table with a label and the pixels of a picture in each row
folder     labelled folders on this machine
pictures   single pictures, class by class
"""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import folder_layout, label_csv, pixel_csv, server_folder, single_images
from imgcls.datasets.importing.sources.folder_layout import Item
from imgcls.datasets.importing.sources.zip_archive import Archive
from imgcls.errors import ImageError, SourceError

KINDS = ("zip", "listing", "table", "folder", "pictures")


@dataclass(frozen=True)
class ImportRequest:
    """What is to be read: a kind, where it lies, and what the person calls it; for a listing its table, too."""

    kind: str
    path: str
    name: str
    table: str = ""
    table_name: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass
class Source:
    """An open source. `items` are the pictures to read; a table of pixels has none, but a `form`."""

    read: Callable[[Item], bytes]
    items: list[Item] = field(default_factory=list)
    skips: SkippedFiles = field(default_factory=SkippedFiles)
    notes: list[str] = field(default_factory=list)
    form: pixel_csv.Format | None = None
    order: ImportRequest | None = None

    @property
    def counts(self) -> Counter:
        """Pictures by (class, part), as far as they are known without reading them; one counts for all its labels."""
        if self.is_multilabel:
            return Counter((label, item.part) for item in self.items for label in item.label)
        return Counter((item.label, item.part) for item in self.items)

    @property
    def is_multilabel(self) -> bool:
        """Whether pictures may have several labels; of a table of pixels only its rows tell."""
        return bool(self.items) and not isinstance(self.items[0].label, str)

    def stream(self) -> Iterator[tuple[Item, bytes | np.ndarray | ImageError]]:
        """Each picture with its bytes, its pixels, or why it cannot be read."""
        if self.form is not None:
            name = short(self.order.name)
            for number, label, pixels in pixel_csv.rows(Path(self.order.path), name, self.form):
                yield Item(f"row {number}", label), pixels
            return
        for item in self.items:
            yield item, self.bytes_of(item)

    def bytes_of(self, item: Item) -> bytes | ImageError:
        """The bytes of a picture, or why they cannot be read."""
        try:
            return self.read(item)
        except ImageError as error:
            return error


@contextmanager
def opened(order: ImportRequest) -> Iterator[Source]:
    """The source, looked at and arranged into classes; no picture is read yet.

    Raises:
        SourceError: it is not what it should be, or hostile; the sentence names the entry, or the row and column.
    """
    skips, notes = SkippedFiles(), []
    with ExitStack() as stack:
        if order.kind in ("zip", "listing"):
            archive = stack.enter_context(Archive(Path(order.path), order.name))
            entries = _filled(archive.entries, skips)
            if order.kind == "zip":
                items = folder_layout.arranged(entries, skips, notes)
            else:
                items = label_csv.arranged(Path(order.table), short(order.table_name), entries, skips, notes)
            source = Source(lambda item: archive.read(item.key), items, skips, notes)
        elif order.kind == "folder":
            items = folder_layout.arranged(server_folder.files(Path(order.path), skips), skips, notes)
            source = Source(lambda item: server_folder.read(item.key), items, skips, notes)
        elif order.kind == "pictures":
            items = folder_layout.merged(single_images.items(Path(order.path)), skips, notes)
            source = Source(lambda item: server_folder.read(item.key), items, skips, notes)
        elif order.kind == "table":
            form = pixel_csv.look(Path(order.path), short(order.name))
            if form.planar:
                notes.append("Each row seems to hold all reds, then all greens, then all blues, and is read so.")
            source = Source(_nothing, form=form, skips=skips, notes=notes)
        else:
            raise SourceError(f"'{order.kind}' is no kind of source. There are: {', '.join(KINDS)}.")
        source.order = order
        yield source


def from_root(path: str) -> ImportRequest:
    """What lies at a path below $IMGCLS_IMPORT_ROOT. Raises SourceError for another place or kind of file."""
    return of_file(server_folder.inside(path), path)


def of_file(place: Path, name: str = "") -> ImportRequest:
    """A folder, a zip archive or a CSV table on this machine."""
    name = name or place.name
    if place.is_dir():
        return ImportRequest("folder", str(place), name)
    kind = {".zip": "zip", ".csv": "table", ".tsv": "table", ".txt": "table"}.get(place.suffix.lower())
    if kind is None or not place.is_file():
        raise SourceError(f"{short(name)} is no folder, zip archive or CSV table. Choose one.")
    return ImportRequest(kind, str(place), name)


def _filled(
    entries: Iterable[tuple[str, zipfile.ZipInfo]], skips: SkippedFiles
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Without those of no bytes, which need not be opened to be known."""
    for name, info in entries:
        if info.file_size or folder_layout.is_clutter(name.split("/")):
            yield name, info
        else:
            skips.add("empty", name)


def _nothing(item: Item) -> Any:
    raise ImageError("A row of a table is no file.", "no file")
