"""CelebA: 40 attributes per photo, so several labels, with the person as the group.

list_attr_celeba.txt        a count, the names of the attributes, then: 000001.jpg -1 1 1 …
identity_CelebA.txt         000001.jpg 2880
list_eval_partition.txt     000001.jpg 0: see `split_files`
"""

from dataclasses import replace
from pathlib import PurePosixPath

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item, image_files
from imgcls.datasets.importing.sources.tables import assign, reading
from imgcls.datasets.importing.sources.tables.matching import FileIndex
from imgcls.errors import ImageError, SourceError

ORDER = 32
ATTRIBUTES, IDENTITY = ("list_attr_celeba.txt", "list_attr_celeba.csv"), "identity_celeba.txt"
OTHERS = ("list_eval_partition", "list_bbox_celeba", "list_landmarks")
GROUPED = "Photos of the same person stay in the same split."


def recognises(files: Files) -> bool:
    return any(_name(path) in ATTRIBUTES for path, _ in files.entries)


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The photos with their attributes and persons.

    Raises:
        SourceError: the list of attributes cannot be read, or fewer than two attributes remain.
    """
    lists = {_name(path): (path, key) for path, key in files.entries}
    path, key = next(lists[name] for name in ATTRIBUTES if name in lists)
    beside = [entry for entry in files.entries if _name(entry[0]) not in (*ATTRIBUTES, IDENTITY)]
    beside = [entry for entry in beside if not _name(entry[0]).startswith(OTHERS)]
    images = image_files(beside, findings.skipped)
    index = FileIndex(images)
    try:
        table = reading.of_bytes(files.read(key, reading.MAX_BYTES), short(_name(path)), index.__contains__)
        identity = files.read(lists[IDENTITY][1], reading.MAX_BYTES) if IDENTITY in lists else b""
    except ImageError as error:
        raise SourceError(f"{_name(path)} in {files.name} cannot be read. Create the archive again.") from error
    items = assign.to_items([table], index, [path for path, _, _ in images], findings)
    pairs = (line.split() for line in identity.decode("utf-8", "replace").splitlines())
    person = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
    if person:
        findings.notes.append(GROUPED)
    return [replace(item, group=person.get(PurePosixPath(item.name).name, "")) for item in items]


def _name(path: str) -> str:
    return PurePosixPath(path).name.casefold()
