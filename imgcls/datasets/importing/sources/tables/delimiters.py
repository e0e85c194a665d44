"""What separates the columns of a table of text."""

import csv
from collections.abc import Callable, Sequence

from imgcls.datasets.importing.class_names import visible
from imgcls.datasets.importing.sources.tables.column_names import FILES, is_called, part_of
from imgcls.datasets.importing.sources.values import is_number

SAMPLE = 200
NAMED = 0.9
"""Fraction of the lines that must begin with a file, so that a space after it separates columns."""
_DELIMITERS = (",", "\t", ";", "|", " ")
FIRST_SPACE = "first space"
"""Stands for the first white space of a line, after a file name: the rest is a class, such as `Boeing 717`."""


def split(line: str, delimiter: str) -> list[str]:
    """The fields of a line. The delimiter " " stands for any white space."""
    if delimiter == FIRST_SPACE:
        return line.split(None, 1)
    if delimiter == " ":
        return line.split()
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:  # unsplit, so that the caller reports the row
        return line.split(delimiter)


def delimiter_of(lines: list[tuple[int, str]], is_file: Callable[[str], bool]) -> str:
    """The delimiter of columns: gives all rows the same number of fields, one of which is the name of a file.

    A separator of labels within a field differs in number from row to row, or leaves no field that is a file.
    """
    sample = [line for _, line in lines[: SAMPLE + 1]]
    even: list[tuple[float, int, str]] = []
    for rank, delimiter in enumerate(_DELIMITERS):
        rows = [split(line, delimiter) for line in sample]
        if lacks_a_name(lines, delimiter):
            rows = rows[1:]
        widths = {len(row) for row in rows}
        if len(widths) == 1 and widths != {1}:
            matched = max(sum(is_file(visible(row[place])) for row in rows) for place in range(min(50, *widths)))
            even.append((matched / len(rows), -rank, delimiter))
    best = max(even)[2] if even else ""
    if best not in ("", " "):
        return best
    words = [line.split() for line in sample]
    files = [is_file(visible(row[0])) for row in words]
    are_files = files[0] and sum(files) >= NAMED * len(files)
    if are_files and min(map(len, words)) > 1 and not (best and _are_columns(words)):
        return FIRST_SPACE
    return best or max(",;\t", key=sample[0].count)


def lacks_a_name(lines: list[tuple[int, str]], delimiter: str) -> bool:
    """Whether the header has no name for the first column, as R and CelebA write tables."""
    header, *rows = (split(line, delimiter) for _, line in lines[: SAMPLE + 1])
    names_files = any(is_called(header[0], names) for names in FILES)
    return len(header) > 1 and not names_files and {len(row) for row in rows} == {len(header) + 1}


def _are_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the words after the file are a single one, or include numbers or parts of a dataset, so columns."""
    columns = [set(column) for column in zip(*rows, strict=False)][1:]
    return len(columns) == 1 or any(all(is_number(word) or part_of(word) for word in column) for column in columns)
