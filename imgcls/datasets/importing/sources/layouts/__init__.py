"""How the files of a container are assigned to classes: one file per layout, found by name.

Each file defines

    ORDER                        layouts are tried in this order, the lowest first
    recognises(files)            whether the container has this layout; looks at names, and reads small files at most
    to_items(files, findings)    the images with classes, parts and groups; what is skipped or unclear goes to findings
    TITLE                        optional: if several layouts with a title recognise a container, the user chooses
    remarks(files)               optional: why files that could hold labels are not used, for when nothing else is

`to_items` raises SourceError, which names the file and the row, if the container cannot be used.
"""

import functools
import importlib
import pkgutil
from typing import Any

from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources import unread
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item, OneClassError
from imgcls.datasets.importing.sources.tables import boxes
from imgcls.errors import SourceError

QUESTION = "labels_from"
ONE_CLASS = "All annotations have the same class, so the folders are the classes."


@functools.cache
def _layouts() -> tuple[Any, ...]:
    names = (found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    return tuple(sorted((importlib.import_module(f"{__name__}.{name}") for name in names), key=lambda it: it.ORDER))


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The images of a container, by the first layout that recognises it.

    Raises:
        SourceError: the container cannot be used; the message says why.
    """
    found = next(layout for layout in _layouts() if layout.recognises(files))
    if hasattr(found, "TITLE"):
        titled = [layout for layout in _layouts() if hasattr(layout, "TITLE") and layout.recognises(files)]
        options = [Option(layout.__name__.rpartition(".")[2], layout.TITLE) for layout in titled]
        if len(options) > 1:
            answer = findings.ask(QUESTION, "The archive has labels in several forms. Which ones are meant?", options)
            found = titled[[option.value for option in options].index(answer)]
    if found is not _layouts()[-1]:
        return _with_classes(found, files, findings)
    remarks = [remark for layout in _layouts() if hasattr(layout, "remarks") for remark in layout.remarks(files)]
    try:
        items = found.to_items(files, findings)
    except SourceError as error:
        raise SourceError(" ".join([str(error), *remarks, *unread.remarks(files, remarks)])) from None
    findings.notes += remarks
    return items


def _with_classes(layout: Any, files: Files, findings: Findings) -> list[Item]:
    """The images as this layout says, or as their folders do, if its annotations have one class and folders several."""
    found, by_folder = Findings(findings.answers), Findings(findings.answers)
    try:
        items = layout.to_items(files, found)
    except OneClassError:
        if any(not question.answer and question.key != boxes.QUESTION for question in found.questions):
            findings.include(found)
            raise  # another answer may give several classes
        try:
            items = _layouts()[-1].to_items(files, by_folder)
        except SourceError:
            items = []
        findings.include(by_folder if items else found)
        if not items:
            raise
        findings.notes.append(ONE_CLASS)
        return items
    except SourceError:
        findings.include(found)
        raise
    findings.include(found)
    return items
