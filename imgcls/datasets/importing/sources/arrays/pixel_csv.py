"""A CSV table with a label and the pixels of an image per row, like that of Kaggle's Digit Recognizer.

With or without a header; the label first, last, or in a column of that name; square images, greyscale or RGB; separated
by comma, semicolon, tab or spaces. It is read line by line, and lines are checked before they are split, so that a line
of two million commas costs nothing.
"""

import functools
import io
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources import file_types
from imgcls.datasets.importing.sources.arrays import Sample
from imgcls.datasets.importing.sources.arrays import _pixel_strings as pixel_strings
from imgcls.datasets.importing.sources.arrays._pixel_format import TableFormat, detect_format
from imgcls.datasets.importing.sources.arrays._pixel_rows import Opener, cells, lines, ragged
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import is_clutter
from imgcls.datasets.importing.sources.tables.column_names import part_in
from imgcls.datasets.importing.sources.values import canonical
from imgcls.errors import ImageError, SourceError

MAX_BYTES = 2 << 30
"""Of a table inside a container, which is unpacked into memory."""
UNLABELLED = "a table without labels, or without images"


@dataclass(frozen=True)
class PixelTable:
    """A table of pixels: how to open it, its size in bytes, its format, and the part it holds, if any."""

    open_: Opener
    name: str
    size: int
    form: TableFormat
    part: str = ""


class PixelTables:
    """Open tables, see `arrays.ArrayTable`."""

    def __init__(self, tables: Sequence[PixelTable]):
        self._tables = tables
        self.side, self.channels = tables[0].form.side, max(table.form.channels for table in tables)

    @property
    def expected(self) -> int:
        """The number of rows, estimated from the size of the file."""
        return sum(max(1, table.size // (2 * table.form.columns)) for table in self._tables)

    def rows(self) -> Iterator[tuple[int, str, str, np.ndarray]]:
        for table in self._tables:
            for number, text in _data_lines(table):
                label, part, pixels = _parsed(text, number, table)
                yield number, label, part, pixels

    def counted(self, seconds: float) -> tuple[Counter, list[Sample], bool]:
        """For half of the time, rows are read completely, so most tables are fully checked; after that only labels."""
        counts: Counter = Counter()
        seen_of: Counter = Counter()
        samples: list[Sample] = []
        began = time.monotonic()
        in_full = True
        for table in self._tables:
            for seen, (number, text) in enumerate(_data_lines(table)):
                if seen % 16 == 15:
                    spent = time.monotonic() - began
                    in_full = spent < seconds / 2
                    if spent > seconds:
                        return counts, samples, False
                if in_full:
                    label, part, pixels = _parsed(text, number, table)
                    if seen_of[label] < 4 and len(samples) < 400:
                        seen_of[label] += 1
                        samples.append((label, number, pixels))
                else:
                    label, part = _label_alone(text, number, table)
                counts[label, part] += 1
        return counts, samples, True


def recognises(name: str, start: bytes) -> bool:
    """Whether the file is meant to be a table: by its name, or because it is text."""
    is_text = not file_types.kind_of(start) and b"\0" not in start
    return name.lower().endswith((".csv", ".tsv", ".txt")) or (is_text and not name.lower().endswith(".zip"))


def open_array(path: Path, name: str, findings: Findings) -> PixelTables:
    """The table. Raises SourceError if it is not one of labels and square images; the message names the row."""
    file_types.check_table(path, name)
    opener: Opener = functools.partial(path.open, "rb")
    if pixel_strings.is_table(opener):
        opener = pixel_strings.expanded(opener)
    return _opened([(opener, name, path.stat().st_size, "")], findings)


def open_inside(files: Files, findings: Findings) -> PixelTables | None:
    """The tables of pixels in a container, or None if there are none. Tables without labels are skipped.

    Raises:
        SourceError: none of the tables can be read; the message says why for the first one.
    """
    found: list[tuple[Opener, str, int, str]] = []
    entries = [entry for entry in files.entries if entry[0].lower().endswith((".csv", ".tsv", ".txt"))]
    errors: list[tuple[str, SourceError]] = []
    for path, key in entries:
        name = path.rpartition("/")[2]
        if is_clutter(path.split("/")) or "submission" in name.lower():
            continue
        try:
            data = files.read(key, MAX_BYTES)
            opener: Opener = functools.partial(io.BytesIO, data)
            if pixel_strings.is_table(opener):
                opener = pixel_strings.expanded(opener)
            detect_format(opener, short(name), Findings(findings.answers))
            found.append((opener, short(name), len(data), part_in(path)))
        except ImageError:
            continue
        except SourceError as error:
            errors.append((path, error))
    if not found:
        if errors and any(path.lower().endswith((".csv", ".tsv")) for path, _ in entries):
            raise errors[0][1]
        return None
    for path, _ in errors:
        findings.skipped.add(UNLABELLED, path)
    parts = {part for *_, part in found}
    if not ("train" in parts and len(parts) > 1 and "" not in parts):
        found = [(opener, name, size, "") for opener, name, size, _ in found]
    return _opened(found, findings)


def _opened(sources: Sequence[tuple[Opener, str, int, str]], findings: Findings) -> PixelTables:
    tables = []
    for opener, name, size, part in sources:
        known = Findings(findings.answers)
        form = detect_format(opener, name, known)
        asked = {question.key for question in findings.questions}
        findings.questions += [question for question in known.questions if question.key not in asked]
        findings.notes += [note for note in known.notes if note not in findings.notes]
        tables.append(PixelTable(opener, name, size, form, part))
    has_val, has_test = (any(table.part == part for table in tables) for part in ("val", "test"))
    if has_val:
        target = "train" if has_test else "test"
        tables = [
            PixelTable(table.open_, table.name, table.size, table.form, target if table.part == "val" else table.part)
            for table in tables
        ]
    return PixelTables(tables)


def _data_lines(table: PixelTable) -> Iterator[tuple[int, str]]:
    yield from itertools.islice(lines(table.open_, table.name), 1 if table.form.header else 0, None)


def _parsed(text: str, number: int, table: PixelTable) -> tuple[str, str, np.ndarray]:
    form = table.form
    part = table.part
    if form.is_plain and '"' not in text and form.delimiter != " ":
        found = text.count(form.delimiter) + 1
        if found != form.columns:
            raise ragged(table.name, number, found, form.columns)
        parts = text.split(form.delimiter, 1) if form.label == 0 else text.rsplit(form.delimiter, 1)
        label, rest = parts if form.label == 0 else reversed(parts)
    else:
        fields = cells(text, form.delimiter)
        if len(fields) != form.columns:
            raise ragged(table.name, number, len(fields), form.columns)
        label = fields[form.label]
        part = form.split.part_of(fields) if form.split else part
        left_out = {form.label, form.split and form.split.place, *form.ignored}
        rest = form.delimiter.join(field for place, field in enumerate(fields) if place not in left_out)
    try:
        values = np.fromstring(rest, np.float32, sep=form.delimiter)
    except ValueError:
        values = np.empty(0, np.float32)
    size = form.side * form.side * form.channels
    most = 1 if form.is_fraction else 255
    if len(values) != size or not (values.min() >= 0 and values.max() <= most):
        raise _wrong_pixel(rest, number, table)
    if form.is_fraction:
        values = np.rint(values * 255)
    elif not (values == np.rint(values)).all():
        raise _wrong_pixel(rest, number, table)
    pixels = values.astype(np.uint8)
    if form.planar:
        pixels = pixels.reshape(3, form.side, form.side).transpose(1, 2, 0)
    pixels = pixels.reshape(form.side, form.side, form.channels)
    return _label(label, number, table), part, pixels.swapaxes(0, 1) if form.is_turned else pixels


def _label_alone(text: str, number: int, table: PixelTable) -> tuple[str, str]:
    form = table.form
    if '"' in text or not form.is_plain or form.delimiter == " ":
        fields = cells(text, form.delimiter)
        if len(fields) != form.columns:
            raise ragged(table.name, number, len(fields), form.columns)
        part = form.split.part_of(fields) if form.split else table.part
        return _label(fields[form.label], number, table), part
    field = text.split(form.delimiter, 1)[0] if form.label == 0 else text.rsplit(form.delimiter, 1)[-1]
    return _label(field, number, table), table.part


def _label(field: str, number: int, table: PixelTable) -> str:
    label = canonical(field.strip().strip('"'))
    if not label:
        raise SourceError(
            f"{table.name}, row {number}, {_column(table, table.form.label)} has no label. Every row needs one. Add it "
            "or remove the row."
        )
    return label


def _wrong_pixel(rest: str, number: int, table: PixelTable) -> SourceError:
    """The error for the first field that is not a pixel value."""
    form = table.form
    places = [
        place
        for place in range(form.columns)
        if place not in (form.label, form.split and form.split.place, *form.ignored)
    ]
    most = 1 if form.is_fraction else 255
    for place, field in zip(places, rest.split(form.delimiter), strict=False):
        try:
            value = float(field)
            good = field.isascii() and 0 <= value <= most and (form.is_fraction or value == int(value))
        except (ValueError, OverflowError):
            good = False
        if not good:
            expected = "a number from 0 to 1" if form.is_fraction else "an integer from 0 to 255"
            hint = " Multiply by 255 and round." if field.strip().startswith("0.") else " Fix or remove the row."
            where = f"{table.name}, row {number}, {_column(table, place)}"
            return SourceError(f"{where} holds {short(field, 40)}. Expected {expected}.{hint}")
    return SourceError(f"{table.name}, row {number} has a field that is not a number. Expected integers from 0 to 255.")


def _column(table: PixelTable, place: int) -> str:
    header = table.form.header
    return f"column {short(header[place], 40)}" if header and header[place] else f"column {place + 1}"
