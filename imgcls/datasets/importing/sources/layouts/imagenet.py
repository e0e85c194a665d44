"""ImageNet and Tiny ImageNet: the classes of the validation images are in a table next to them.

train/n01443537/images/n01443537_0.JPEG
val/images/val_0.JPEG               val/val_annotations.txt: val_0.JPEG <tab> n03444034 <tab> box
val/ILSVRC2012_val_00000001.JPEG    LOC_val_solution.csv: ILSVRC2012_val_00000001,n01751748 box
words.txt, LOC_synset_mapping.txt   the names of the classes
"""

import re
from dataclasses import replace
from pathlib import PurePosixPath

from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources import folder_tree
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item
from imgcls.datasets.importing.sources.layouts import folders
from imgcls.errors import ImageError, SourceError

ORDER = 40
TABLES = ("val_annotations.txt", "LOC_val_solution.csv")
_LINE = re.compile(r"^([^\s,]+?)(?:\.\w+)?[\t,](n\d{8})\b", re.MULTILINE)


def recognises(files: Files) -> bool:
    return any(PurePosixPath(path).name in TABLES for path, _ in files.entries)


def to_items(files: Files, findings: Findings) -> list[Item]:
    """Images with their classes. Raises SourceError if the table cannot be read, or as `folders` does."""
    synsets: dict[str, str] = {}
    for path, key in files.entries:
        if PurePosixPath(path).name in TABLES:
            synsets.update(_table(files, path, key))
    entries = []
    for entry in folders.entries(files, findings):
        synset = synsets.get(PurePosixPath(entry.file).stem)
        entries.append(replace(entry, folders=(*entry.folders, synset)) if synset else entry)
    return folder_tree.to_items(entries, files, findings)


def _table(files: Files, path: str, key: object) -> list[tuple[str, str]]:
    try:
        return _LINE.findall(files.read(key).decode("utf-8", "replace"))
    except ImageError as error:
        raise SourceError(f"{path} in {files.name} cannot be read. Create the archive again.") from error
