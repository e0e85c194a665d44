"""A CSV table with a label and the pixels of an image per row, like that of Kaggle's Digit Recognizer.

With or without a header; the label first, last, or in a column of that name; square images, greyscale or RGB; separated
by comma, semicolon or tab. It is read line by line, and lines are checked before they are split, so that a line of two
million commas costs nothing.
"""

import contextlib
import csv
import re
import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources import file_types
from imgcls.datasets.importing.sources.arrays import Sample
from imgcls.errors import SourceError

MAX_COLUMNS = 1 + 224 * 224 * 3
MAX_LINE = 5 * MAX_COLUMNS
"""Bytes: a label, and three digits and a comma per pixel, with some slack."""
SAMPLE_ROWS = 200  # rows used to detect the label column
MIN_SIDE = 4

_LABELS = ("label", "labels", "class", "classes", "target", "category", "y", "digit", "species", "breed", "name")
_WHOLE = re.compile(r"[+-]?\d+\.0+")


@dataclass(frozen=True)
class TableFormat:
    """The format of a table."""

    delimiter: str
    header: tuple[str, ...]  # empty if there is none
    columns: int
    label: int  # the column of the label
    side: int
    channels: int
    planar: bool = False  # all reds first, then all greens, then all blues


class PixelTable:
    """An open table, see `arrays.ArrayTable`."""

    def __init__(self, path: Path, name: str, form: TableFormat):
        self._path, self._name, self._form = path, name, form
        self.side, self.channels = form.side, form.channels

    @property
    def expected(self) -> int:
        """The number of rows, estimated from the size of the file."""
        return max(1, self._path.stat().st_size // (2 * self._form.columns))

    def rows(self) -> Iterator[tuple[int, str, str, np.ndarray]]:
        for number, label, pixels in rows(self._path, self._name, self._form):
            yield number, label, "", pixels

    def counted(self, seconds: float) -> tuple[Counter, list[Sample], bool]:
        counts, samples, is_complete = counted(self._path, self._name, self._form, seconds)
        return Counter({(label, ""): count for label, count in counts.items()}), samples, is_complete


def recognises(name: str, start: bytes) -> bool:
    """Whether the file is meant to be a table: by its name, or because it is text."""
    is_text = not file_types.kind_of(start) and b"\0" not in start
    return name.lower().endswith((".csv", ".tsv", ".txt")) or (is_text and not name.lower().endswith(".zip"))


def open_array(path: Path, name: str, findings: Findings) -> PixelTable:
    """The table. Raises SourceError if it is not one of labels and square images; the message names the row."""
    form = detect_format(path, name)
    if form.planar:
        findings.notes.append("Rows hold all red, then all green, then all blue values, judging by their smoothness.")
    return PixelTable(path, name, form)


def lines(path: Path, name: str) -> Generator[tuple[int, str], None, None]:
    """(line number from 1, text) of each non-empty line.

    Raises:
        SourceError: a line is too long or not UTF-8; the message has its number.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise SourceError(
                    f"{name}, row {number} is longer than {MAX_LINE / 1e6:.1f} MB. Expected one image per row, of at "
                    "most 224×224 pixels. Check whether line breaks are missing."
                )
            if line.count(b",") >= MAX_COLUMNS:
                raise _too_wide(name, number, line.count(b",") + 1)
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                text = line.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                raise SourceError(f"{name}, row {number} is not UTF-8 text. Save the table as CSV UTF-8.") from None
            if text.strip(' \t,;"'):
                yield number, text


def cells(text: str, delimiter: str) -> list[str]:
    """The fields of a line."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:  # unsplit, so that the caller reports the row
        return text.split(delimiter)


def delimiter_of(text: str) -> str:
    """Comma, semicolon or tab: the most frequent in the line."""
    return max(",;\t", key=text.count)


def detect_format(path: Path, name: str) -> TableFormat:
    """The format of the table, from its first rows.

    Raises:
        SourceError: it is not a table of labels and square images; the message names the row.
    """
    file_types.check_table(path, name)
    with contextlib.closing(lines(path, name)) as rows:
        first = next(rows, None)
        if first is None:
            raise SourceError(f"{name} has no rows. Expected a label and the pixels of an image in each row.")
        delimiter = delimiter_of(first[1])
        top = [field.strip() for field in cells(first[1], delimiter)]
        words = sum(not _is_number(field) for field in top)
        header = tuple(top) if words > max(1, len(top) // 2) else ()
        some = [] if header else [top]
        for number, text in rows:
            some.append([field.strip() for field in cells(text, delimiter)])
            if len(some[-1]) != len(top):
                raise _ragged(name, number, len(some[-1]), len(top))
            if len(some) >= SAMPLE_ROWS or len(some) * len(top) > 200_000:
                break
    if not some:
        raise SourceError(
            f"{name} has a header but no rows below it. Expected a label and the pixels of an image in each row."
        )
    side, channels = _shape(len(top), name)
    label = _label_column(header, some)
    planar = channels == 3 and _looks_planar(some, label, side)
    return TableFormat(delimiter, header, len(top), label, side, channels, planar)


def rows(path: Path, name: str, form: TableFormat) -> Iterator[tuple[int, str, np.ndarray]]:
    """(row number, label, uint8 pixels (side, side, channels)) of each row.

    Raises:
        SourceError: a row does not fit the format; the message names row and column.
    """
    for number, text in lines(path, name):
        if form.header and number == 1:
            continue
        yield number, *_parsed(text, number, name, form)


def counted(path: Path, name: str, form: TableFormat, seconds: float) -> tuple[Counter, list, bool]:
    """Rows by label, the first images of each as (label, row, pixels), and whether all rows could be read in time.

    For half of the time, rows are read completely, so that most tables are fully checked; after that only labels.
    """
    counts: Counter = Counter()
    samples: list[tuple[str, int, np.ndarray]] = []
    began = time.monotonic()
    in_full = True
    for seen, (number, text) in enumerate(lines(path, name)):
        if form.header and number == 1:
            continue
        if seen % 16 == 0:
            spent = time.monotonic() - began
            in_full = spent < seconds / 2
            if spent > seconds:
                return counts, samples, False
        if in_full:
            label, pixels = _parsed(text, number, name, form)
            if counts[label] < 4 and len(samples) < 400:
                samples.append((label, number, pixels))
        else:
            label = _label_alone(text, number, name, form)
        counts[label] += 1
    return counts, samples, True


def _parsed(text: str, number: int, name: str, form: TableFormat) -> tuple[str, np.ndarray]:
    if form.label in (0, form.columns - 1) and '"' not in text:
        found = text.count(form.delimiter) + 1
        if found != form.columns:
            raise _ragged(name, number, found, form.columns)
        parts = text.split(form.delimiter, 1) if form.label == 0 else text.rsplit(form.delimiter, 1)
        label, rest = parts if form.label == 0 else reversed(parts)
    else:
        fields = cells(text, form.delimiter)
        if len(fields) != form.columns:
            raise _ragged(name, number, len(fields), form.columns)
        label = fields.pop(form.label)
        rest = form.delimiter.join(fields)
    try:
        values = np.fromstring(rest, np.float32, sep=form.delimiter)
    except ValueError:
        values = np.empty(0, np.float32)
    size = form.side * form.side * form.channels
    if len(values) != size or not (values.min() >= 0 and values.max() <= 255 and (values == np.rint(values)).all()):
        raise _wrong_pixel(rest, number, name, form)
    pixels = values.astype(np.uint8)
    if form.planar:
        pixels = pixels.reshape(3, form.side, form.side).transpose(1, 2, 0)
    return _label(label, number, name, form), pixels.reshape(form.side, form.side, form.channels)


def _label_alone(text: str, number: int, name: str, form: TableFormat) -> str:
    if '"' in text or form.label not in (0, form.columns - 1):
        fields = cells(text, form.delimiter)
        if len(fields) != form.columns:
            raise _ragged(name, number, len(fields), form.columns)
        return _label(fields[form.label], number, name, form)
    field = text.split(form.delimiter, 1)[0] if form.label == 0 else text.rsplit(form.delimiter, 1)[-1]
    return _label(field, number, name, form)


def _label(field: str, number: int, name: str, form: TableFormat) -> str:
    label = class_names.visible(field.strip().strip('"'))
    if not label or label.casefold() == "nan":
        raise SourceError(
            f"{name}, row {number}, {_column(form, form.label)} has no label. Every row needs one. Add it or "
            "remove the row."
        )
    return label.split(".")[0] if _WHOLE.fullmatch(label) else label


def _wrong_pixel(rest: str, number: int, name: str, form: TableFormat) -> SourceError:
    """The error for the first field that is not a pixel value."""
    for place, field in enumerate(rest.split(form.delimiter)):
        try:
            value = float(field)
            good = field.isascii() and 0 <= value <= 255 and value == int(value)
        except (ValueError, OverflowError):
            good = False
        if not good:
            column = _column(form, place + (place >= form.label))
            hint = " Multiply by 255 and round." if field.strip().startswith("0.") else " Fix or remove the row."
            return SourceError(
                f"{name}, row {number}, {column} holds {short(field, 40)}. Expected an integer from 0 to 255.{hint}"
            )
    return SourceError(f"{name}, row {number} has a field that is not a number. Expected integers from 0 to 255.")


def _column(form: TableFormat, place: int) -> str:
    return f"column {short(form.header[place], 40)}" if form.header else f"column {place + 1}"


def _ragged(name: str, number: int, found: int, expected: int) -> SourceError:
    return SourceError(
        f"{name}, row {number} has {found:,} fields. Expected {expected:,}, as in the first row. Fix that row."
    )


def _too_wide(name: str, number: int, found: int) -> SourceError:
    return SourceError(
        f"{name}, row {number} has {found:,} fields. Expected a label and at most {MAX_COLUMNS - 1:,} pixels "
        "(224×224 in colour). Check whether line breaks are missing."
    )


def _is_number(field: str) -> bool:
    try:
        float(field)
        return True
    except ValueError:
        return False


def _shape(columns: int, name: str) -> tuple[int, int]:
    if columns > MAX_COLUMNS:
        raise _too_wide(name, 1, columns)
    for channels in (1, 3):
        side = round(((columns - 1) / channels) ** 0.5)
        if side >= MIN_SIDE and side * side * channels == columns - 1:
            return side, channels
    near = max(MIN_SIDE, round((columns - 1) ** 0.5))
    raise SourceError(
        f"{name} has {columns:,} columns: a label and {columns - 1:,} pixels, which is not a square image. Expected a "
        f"label and the pixels of a square, e.g. {near * near + 1:,} columns for {near}×{near} greyscale pixels, or "
        "three times the pixels for colour. Check for missing or extra columns."
    )


def _label_column(header: tuple[str, ...], some: list[list[str]]) -> int:
    """The column with a name like "label"; otherwise the first or last one, whichever looks less like pixels."""
    called = [place for place, field in enumerate(header) if field.casefold() in _LABELS]
    if called:
        return called[0]
    last = len(some[0]) - 1
    for place in (0, last):
        if any(field and not _is_number(field) for field in (row[place] for row in some)):
            return place
    # A corner pixel is almost constant or has any of 256 values; labels have a few values, each frequent.
    values = {place: Counter(row[place] for row in some) for place in (0, last)}
    varied = [place for place, seen in values.items() if max(seen.values()) <= 0.9 * len(some)]
    return min(varied, key=lambda place: len(values[place])) if varied else last if len(values[0]) == 1 else 0


def _looks_planar(some: list[list[str]], label: int, side: int) -> bool:
    """Whether values are ordered channel by channel: images read in the correct order are smoother."""
    roughness = np.zeros(2)
    for row in some[:20]:
        with contextlib.suppress(ValueError):
            values = np.array([field for place, field in enumerate(row) if place != label], np.float32)
            ways = values.reshape(side, side, 3), values.reshape(3, side, side).transpose(1, 2, 0)
            roughness += [np.abs(np.diff(pixels, axis=1)).mean() for pixels in ways]
    return bool(roughness[1] < 0.9 * roughness[0])
