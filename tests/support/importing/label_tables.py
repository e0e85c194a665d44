"""Archives with label tables, and the result of importing them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest, Preview
from imgcls.datasets.importing.findings import Question
from imgcls.datasets.importing.sources import Source, opened
from imgcls.datasets.importing.sources.items import Item
from tests.support.uploads import archive, csv, image

KINDS = ("cat", "dog", "owl")


def kind(number: int) -> str:
    """The class of the image with this number."""
    return KINDS[number % 3]


NAMES = [f"img_{number:02}.png" for number in range(12)]
EXPECTED = {name: kind(number) for number, name in enumerate(NAMES)}


def rows(header: list, make: Callable[[int, str], list]) -> list[list]:
    """A table of the images called NAMES: a header, and a row for each number and name."""
    return [header, *(make(number, name) for number, name in enumerate(NAMES))]


def numbered(folder: str, count: int = 12, digits: int = 3) -> list[str]:
    """Names of PNG images in a folder: `folder/000.png` and so on."""
    return [f"{folder}{number:0{digits}}.png" for number in range(count)]


def photos(names: Sequence[str], first: int = 0) -> dict[str, bytes]:
    """A different image for each name."""
    return {name: image(first + number) for number, name in enumerate(names)}


def zipped(folder: Path, names: Sequence[str], extra: Mapping[str, Any] | None = None, **answers: str) -> ImportRequest:
    """An archive of images with these names and more files; rows become CSV."""
    files = photos(names)
    for name, content in (extra or {}).items():
        if isinstance(content, list):
            content = csv(content)
        files[name] = content.encode() if isinstance(content, str) else content
    request = archive(folder / "photos.zip", files)
    return ImportRequest("file", request.path, request.name, answers=answers)


def listed(folder: Path, names: Sequence[str], table: str | list, **answers: str) -> ImportRequest:
    """An archive of images with these names, and a table next to it."""
    request = archive(folder / "photos.zip", photos(names))
    (folder / "labels.csv").write_text(table if isinstance(table, str) else csv(table))
    return ImportRequest("listing", request.path, request.name, str(folder / "labels.csv"), "labels.csv", answers)


def items(request: ImportRequest) -> dict[str, Item]:
    """The images of a source by name."""
    with opened(request) as source:
        return {item.name: item for item in source.items}


def labels(request: ImportRequest) -> dict[str, Any]:
    """The labels of a source by the name of the image."""
    return {name: item.label for name, item in items(request).items()}


def questions(request: ImportRequest) -> dict[str, Question]:
    """The questions of a source by their keys."""
    return {question.key: question for question in importing.make_preview(request).questions}


def skipped(request: ImportRequest) -> dict[str, int]:
    """The number of files that are skipped, by reason."""
    with opened(request) as source:
        return {row["reason"]: row["count"] for row in source.skipped.rows()}


def counts(preview: Preview) -> dict[str, tuple[int, int, int]]:
    """Class -> training, test and unsplit images."""
    return {label: (train, test, rest) for label, train, test, rest in preview.counts}


def rows_of(source: Source) -> Counter:
    """Rows of an open file of arrays by (label, part)."""
    assert source.table is not None
    return Counter((label, part) for _, label, part, _ in source.table.rows())
