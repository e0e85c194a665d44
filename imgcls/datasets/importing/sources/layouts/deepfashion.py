"""DeepFashion's category and attribute prediction benchmark.

Img/img/Sheer_Blouse/img_00000001.jpg
Anno/list_category_cloth.txt        a count, a header, then: name of a category, kind of clothing
Anno/list_category_img.txt          a count, a header, then: image, number of its category from 1
Eval/list_eval_partition.txt        a count, a header, then: image, train, val or test

The folder of an image is a garment, photographed several times: a group.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item, image_files
from imgcls.datasets.importing.sources.spelling import merge_spellings
from imgcls.errors import ImageError, SourceError

ORDER = 30
CATEGORIES, IMAGES, PARTITION = "list_category_cloth.txt", "list_category_img.txt", "list_eval_partition.txt"
UNLISTED = f"not in {IMAGES}, so without a class"


def recognises(files: Files) -> bool:
    return {CATEGORIES, IMAGES} <= {PurePosixPath(path).name for path, _ in files.entries}


def to_items(files: Files, findings: Findings) -> list[Item]:
    """Images with their categories, parts and garments.

    Raises:
        SourceError: a list cannot be read, or fewer than two classes remain.
    """
    tables = {PurePosixPath(path).name: key for path, key in files.entries if path.endswith(".txt")}
    names = [fields[0] for _, fields in _rows(files, tables[CATEGORIES], CATEGORIES)]
    label_of, part_of = {}, {}
    for number, (image, category) in _rows(files, tables[IMAGES], IMAGES):
        if not (category.isdecimal() and 1 <= int(category) <= len(names)):
            raise SourceError(
                f"{IMAGES}, line {number} has the category {short(category)}. Expected a number from 1 to {len(names)}."
            )
        label_of[image] = names[int(category) - 1]
    if PARTITION in tables:
        part_of = dict(fields for _, fields in _rows(files, tables[PARTITION], PARTITION))
    has_test = "test" in part_of.values()
    parts = {"train": "train", "val": "train" if has_test else "test", "test": "test"}
    items = []
    for path, folders, key in image_files(files.entries, findings.skipped):
        listed = next((tail for start in range(len(folders)) if (tail := "/".join(folders[start:])) in label_of), None)
        if listed is None:
            findings.skipped.add(UNLISTED, path)
            continue
        part = parts.get(part_of.get(listed, ""), "")
        items.append(Item(path, label_of[listed], part, key, group=folders[-2] if len(folders) > 1 else ""))
    if any(value == "val" for value in part_of.values()):
        purpose = "training; each run makes its own validation split" if has_test else "testing"
        findings.notes.append(f"The validation images of {PARTITION} are used for {purpose}.")
    return merge_spellings(items, findings)


def _rows(files: Files, key: object, name: str) -> Iterator[tuple[int, tuple[str, str]]]:
    """(line number, the two fields) of each line after the count and the header."""
    try:
        lines = files.read(key).decode("utf-8", "replace").splitlines()
    except ImageError as error:
        raise SourceError(f"{name} in {files.name} cannot be read. Create the archive again.") from error
    for number, line in enumerate(lines[2:], 3):
        fields = line.rsplit(maxsplit=1)
        if len(fields) == 2:
            yield number, (fields[0].strip(), fields[1])
        elif fields:
            raise SourceError(f"{name}, line {number} has one field. Expected two, separated by spaces.")
