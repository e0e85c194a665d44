"""Files that name images of a container in a form that is not read: for the message if nothing gives the classes."""

from collections.abc import Iterable

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.sources import pickles
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import is_clutter
from imgcls.datasets.importing.sources.tables import reading
from imgcls.datasets.importing.sources.tables.matching import images_of
from imgcls.errors import ImageError

DOCUMENTS = (*reading.TABLES, ".yaml", ".yml", ".xml", ".sqlite", ".sqlite3", ".db", ".toml", ".md")
ARRAYS = (".mat", ".npy", ".npz", ".h5", ".hdf5", *pickles.SUFFIXES)
MAX_BYTES, NAMES, MOST = 20_000_000, 50, 2
"""Bytes of a document that is searched, the names of images to search for, and the documents to report."""


def remarks(files: Files, known: Iterable[str]) -> list[str]:
    """A remark on the first of these files, without those that other remarks already name."""
    names = [path.rpartition("/")[2].encode() for path, _, _ in images_of(files)[:NAMES]]
    said, found = " ".join(known), []
    for path, key in files.entries:
        name = short(path.rpartition("/")[2])
        if not path.casefold().endswith(DOCUMENTS) or is_clutter(path.split("/")) or name in said:
            continue
        try:
            data = files.read(key, MAX_BYTES)
        except ImageError:
            continue
        if any(image in data for image in names):
            found.append(name)
        if len(found) == MOST:
            break
    binary = [short(path.rpartition("/")[2]) for path, _ in files.entries if path.casefold().endswith(ARRAYS)]
    if binary and not found:
        may = f"{' and '.join(binary[:MOST])} may hold labels"
        return [f"{may}, but arrays are not read next to images: save file names and labels as a CSV table."]
    if not found:
        return []
    names_images = f"{' and '.join(found)} name{'s' * (len(found) == 1)} images"
    return [f"{names_images}, but not in a form that is read: save file names and labels as a CSV table."]
