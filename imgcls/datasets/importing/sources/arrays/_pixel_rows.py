"""The rows of a table of pixels: read line by line, and sampled from the whole file.

Lines are checked before they are split, so that a line of two million commas costs nothing.
"""

import contextlib
import csv
from collections.abc import Callable, Generator
from typing import Any

from imgcls.datasets.importing.sources.tables.reading import SEPARATOR_LINE
from imgcls.errors import SourceError

MAX_COLUMNS = 1 + 224 * 224 * 3
FEW_COLUMNS = 10
MAX_LINE = 5 * MAX_COLUMNS
"""Bytes: a label, and three digits and a comma per pixel, with some slack."""
FIRST_ROWS, SPREAD_ROWS = 200, 200
"""Rows used to detect the format, at the beginning of the file and spread over it."""
MAX_SAMPLED = 400_000  # fields of these rows

Opener = Callable[[], Any]
"""Opens a binary file that can be read line by line, and in which one can seek."""


def lines(open_: Opener, name: str) -> Generator[tuple[int, str], None, None]:
    """(line number from 1, text) of each non-empty line.

    Raises:
        SourceError: a line is too long or not UTF-8; the message has its number.
    """
    with open_() as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise SourceError(
                    f"{name}, row {number} is longer than {MAX_LINE / 1e6:.1f} MB. Expected one image per row, of at "
                    "most 224×224 pixels. Check whether line breaks are missing."
                )
            if line.count(b",") >= MAX_COLUMNS + 10:
                raise too_wide(name, number, line.count(b",") + 1)
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                text = line.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                raise SourceError(f"{name}, row {number} is not UTF-8 text. Save the table as CSV UTF-8.") from None
            if text.strip(' \t,;"') and not (number == 1 and SEPARATOR_LINE.fullmatch(text)):
                yield number, text


def cells(text: str, delimiter: str) -> list[str]:
    """The fields of a line."""
    if '"' not in text:
        return text.split() if delimiter == " " else text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:  # unsplit, so that the caller reports the row
        return text.split(delimiter)


def delimiter_of(text: str) -> str:
    """Comma, semicolon, tab or space: the most frequent in the line."""
    found = max(",;\t", key=text.count)
    return found if text.count(found) else " "


def first_rows(open_: Opener, name: str) -> tuple[list[str], str, list[list[str]]]:
    """The first row, the delimiter, and the rows below. Raises SourceError if they differ in width."""
    with contextlib.closing(lines(open_, name)) as rows:
        first = next(rows, None)
        if first is None:
            raise SourceError(f"{name} has no rows. Expected a label and the pixels of an image in each row.")
        delimiter = delimiter_of(first[1])
        top = [field.strip() for field in cells(first[1], delimiter)]
        if not any(top):
            raise SourceError(f"{name}, row {first[0]} is blank. Expected a label and the pixels of an image.")
        if len(top) > MAX_COLUMNS + 10:
            raise too_wide(name, 1, len(top))
        some: list[list[str]] = []
        for number, text in rows:
            some.append([field.strip() for field in cells(text, delimiter)])
            if len(some[-1]) != len(top):
                raise ragged(name, number, len(some[-1]), len(top))
            if len(some) >= FIRST_ROWS or len(some) * len(top) > MAX_SAMPLED // 2:
                break
    if len(top) < FEW_COLUMNS:
        raise SourceError(
            f"{name} has {len(top):,} columns: too few for a label and pixels. If it lists image files, put it into a "
            "zip archive with them, or add it as the label table of such an archive."
        )
    return top, delimiter, some


def spread_rows(open_: Opener, width: int, delimiter: str) -> list[list[str]]:
    """Rows at equal distances in the file. Those of another width are left to the reader, which names them."""
    found = []
    count = max(10, min(SPREAD_ROWS, MAX_SAMPLED // 2 // width))
    with open_() as file:
        size = file.seek(0, 2)
        for place in range(1, count):
            file.seek(size * place // count)
            file.readline(MAX_LINE)
            text = file.readline(MAX_LINE).decode("utf-8", "replace").strip("\r\n")
            row = [field.strip() for field in cells(text, delimiter)]
            if len(row) == width:
                found.append(row)
    return found


def ragged(name: str, number: int, found: int, expected: int) -> SourceError:
    """The error for a row of another width."""
    return SourceError(
        f"{name}, row {number} has {found:,} fields. Expected {expected:,}, as in the first row. Fix that row."
    )


def too_wide(name: str, number: int, found: int) -> SourceError:
    """The error for a row with too many fields."""
    return SourceError(
        f"{name}, row {number} has {found:,} fields. Expected a label and at most {MAX_COLUMNS - 1:,} pixels "
        "(224×224 in colour). Check whether line breaks are missing."
    )
