"""Rows of a table that list an image without its label.

Somebody has not labelled all images yet, or has forgotten a few: these images are skipped, and the preview shows how
many. But if more than a fifth of the images have no label, the empty fields may mean something: that the image shows
nothing to find, or that cells of a spreadsheet were merged. So the user is asked.

Images of the test part, and tasks of labelling tools, are never asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.items import Item
from imgcls.errors import SourceError

MANY = 0.2
"""Fraction of the images of a table that may lack a label without a question."""
QUESTION, SKIP, CLASS, ABOVE = "unlabelled", "skip", "class", "above"
NO_CLASS = "none"
"""The class of images without a label, if the user wants one."""


@dataclass(frozen=True)
class Row:
    """A row that lists a file of the archive: the image, and how its row is called in messages.

    `above` is the label of the last row with one, if this row has none.
    """

    item: Item
    name: str
    above: str = ""


def labelled(rows: Sequence[Row], findings: Findings) -> list[Row]:
    """The rows with a label; others get one if the user says so.

    Raises:
        SourceError: no row has a label.
    """
    there = {row.item.name for row in rows if row.item.label != ""}
    empty = [row for row in rows if row.item.name not in there]
    if not empty:
        return [row for row in rows if row.item.label != ""]
    if not there:
        raise SourceError(
            f"{empty[0].name} has no label for {short(empty[0].item.name)}, and neither has any other row. Fill in the "
            "labels, or choose another table."
        )
    images = {row.item.name for row in empty}
    answer = SKIP
    if len(images) > MANY * (len(images) + len(there)):
        answer = _ask(empty, len(images), len(images) + len(there), findings)
    if answer == CLASS:
        return [_with_label(row, NO_CLASS) if row.item.name in images else row for row in rows if _counts(row, images)]
    if answer == ABOVE:
        return [_with_label(row, row.above) if row.item.name in images else row for row in rows if _counts(row, images)]
    return [row for row in rows if row.item.label != ""]


def _counts(row: Row, images: set[str]) -> bool:
    """Whether a row says something: rows without a label only if no other row labels their image."""
    return row.item.label != "" or row.item.name in images


def _with_label(row: Row, label: str) -> Row:
    return replace(row, item=replace(row.item, label=label))


def _ask(empty: Sequence[Row], images: int, total: int, findings: Findings) -> str:
    options = [
        Option(SKIP, "They are not labelled yet: skip them", f"{total - images:,} images remain"),
        Option(CLASS, f"They are a class of their own, “{NO_CLASS}”", f"{images:,} images, such as without a finding"),
    ]
    if all(row.above for row in empty):
        example = f"{short(empty[0].item.name)} is “{empty[0].above[:40]}”"
        options.append(Option(ABOVE, "Merged cells: the label of the row above counts", example))
    text = f"{images:,} of {total:,} images in the table have no label. What does that mean?"
    return findings.ask(QUESTION, text, options)
