"""A CSV table of file names and labels next to an archive: its columns, and the class of each file.

A table may give images several labels: then the label of an item is a tuple, see `multilabel`.
"""

import contextlib
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources import file_types, multilabel
from imgcls.datasets.importing.sources.arrays.pixel_csv import cells, delimiter_of, lines
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import PARTS, Item, image_files, merge_spellings
from imgcls.errors import SourceError

MAX_ROWS = 1_000_000
MAX_FIELDS = 2_000
_LABELS = ("label", "labels", "class", "class_name", "category", "target", "species", "breed", "y", "tag")
_PARTS = ("split", "part", "set", "subset", "partition")
MISSING = "listed in the table, but missing from the archive"
UNLISTED = "in the archive, but not listed in the table"


def to_items(table: Path, name: str, files: Files, findings: Findings) -> list[Item]:
    """The images of a container with their classes from the table.

    Files are matched by full path, by file name, or by file name without extension.

    Raises:
        SourceError: the table cannot be read, lists no file of the archive, or fewer than two classes remain.
    """
    header, rows = _read(table, name)
    skipped, notes = findings.skipped, findings.notes
    found = image_files(files.entries, skipped)
    by_name = _by_name(found)
    width = len(rows[0][1])
    file_column = max(range(width), key=lambda place: sum(row[place] in by_name for _, row in rows[:2000]))
    label_columns, part_column = _columns(header, rows[1:], file_column, name)
    are_flags = len(label_columns) > 1
    is_multilabel = are_flags or multilabel.is_multilabel(row[label_columns[0]] for _, row in rows)
    if are_flags and (unread := _unread(header, {file_column, part_column, *label_columns})):
        notes.append(f"Columns with values other than 0 and 1 are ignored: {unread}.")
    items: list[Item] = []
    used: dict[str, str | multilabel.Labels] = {}
    for number, row in rows[1:] if is_multilabel and header[file_column] not in by_name else rows:
        entry = by_name.get(row[file_column])
        if entry is None:
            skipped.add(MISSING, row[file_column])
            continue
        path, key = entry
        if not path:
            raise SourceError(
                f"{name}, row {number} lists {short(row[file_column])}, but several files in the archive have that "
                "name. Use full paths in the table."
            )
        label: str | multilabel.Labels
        if are_flags:
            label = multilabel.flagged_labels(row, number, header, label_columns, name)
        else:
            label = multilabel.split_labels(row[label_columns[0]]) if is_multilabel else row[label_columns[0]]
        if not label and not is_multilabel:
            raise SourceError(f"{name}, row {number} has no label for {short(path)}. Add one or remove the row.")
        if used.setdefault(path, label) != label:
            raise SourceError(
                f"{name}, row {number} labels {short(path)} as {short(multilabel.as_text(label))}, an earlier row as "
                f"{short(multilabel.as_text(used[path]))}. Expected one row per image. Fix one of them, or put "
                "several labels into one field, e.g. 'sky;sea'."
            )
        part = PARTS.get(row[part_column].casefold(), "") if part_column is not None else ""
        items.append(Item(path, label, "train" if part == "val" else part, key))
    if not items:
        raise SourceError(
            f"{name} lists no image of the archive: its first row has {short(rows[0][1][file_column])}. Expected a "
            "column with file names as in the archive."
        )
    for path, _, _ in found:
        if path not in used:
            skipped.add(UNLISTED, path)
    unique = list({item.name: item for item in items}.values())
    if not is_multilabel:
        return merge_spellings(unique, findings)
    if are_flags and all(len(item.label) == 1 for item in unique):
        notes.append(multilabel.ONE_EACH)
        return merge_spellings([replace(item, label=item.label[0]) for item in unique], findings)
    notes.append(multilabel.NOTE)
    return multilabel.with_one_spelling(unique, notes)


def _read(table: Path, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    file_types.check_table(table, name)
    rows: list[tuple[int, list[str]]] = []
    with contextlib.closing(lines(table, name)) as all_lines:
        first = list(itertools.islice(all_lines, 20))
        delimiter = _delimiter([text for _, text in first]) if first else ""
        for number, text in itertools.chain(first, all_lines):
            if text.count(delimiter) >= MAX_FIELDS:
                raise SourceError(
                    f"{name}, row {number} has {text.count(delimiter) + 1:,} fields. Expected two columns: file "
                    "names and labels."
                )
            row = [class_names.visible(field) for field in cells(text, delimiter)]
            if rows and len(row) != len(rows[0][1]):
                raise SourceError(
                    f"{name}, row {number} has {len(row)} fields. Expected {len(rows[0][1])}, as in the first row. "
                    "Fix that row."
                )
            rows.append((number, row))
            if len(rows) > MAX_ROWS:
                raise SourceError(f"{name} has more than {MAX_ROWS:,} rows. Split it, and the archive as well.")
    if not rows or len(rows[0][1]) < 2:
        raise SourceError(f"{name} has only one column. Expected two: file names and labels.")
    return rows[0][1], rows


def _delimiter(texts: list[str]) -> str:
    """The column separator, as opposed to the separator of labels within a field, whose number varies by row."""
    delimiter = delimiter_of(texts[0])
    if delimiter != multilabel.SEPARATOR or len({text.count(delimiter) for text in texts}) == 1:
        return delimiter
    even = [other for other in ",\t" if len({text.count(other) for text in texts}) == 1 and texts[0].count(other)]
    return even[0] if even else delimiter


def _by_name(found: list[tuple[str, list[str], Any]]) -> dict[str, tuple[str, Any]]:
    """Names by which a table may refer to a file -> (path, key); the path is empty if the name is ambiguous."""
    known: dict[str, tuple[str, Any]] = {}
    whole = {}
    for path, parts, key in found:
        shown = class_names.visible(path)
        whole[shown] = path, key
        inner = "/".join(parts[1:])
        for called in {parts[-1], parts[-1].rsplit(".", 1)[0], inner, shown.rsplit(".", 1)[0]} - {""}:
            called = class_names.visible(called)
            known[called] = ("", None) if called in known else (path, key)
    return known | whole


def _columns(
    header: list[str], rows: list[tuple[int, list[str]]], file_column: int, name: str
) -> tuple[list[int], int | None]:
    """The columns with the label (or the 0/1 columns of several labels), and with the part, if any."""
    width, called = len(header), [field.casefold() for field in header]
    part = next((place for place, field in enumerate(called) if field in _PARTS and place != file_column), None)
    label = next((place for place, field in enumerate(called) if field in _LABELS and place != file_column), None)
    others = [place for place in range(width) if place not in (file_column, part)]
    if label is not None:
        return [label], part
    if len(others) == 1:
        return others, part
    flags = multilabel.flag_columns(header, rows, others)
    if len(flags) > 1:
        return flags, part
    raise SourceError(
        f"{name} has {width} columns, but none called 'label'. Expected file names and a column 'label', or a 0/1 "
        "column per label. Rename the column with the classes to 'label'."
    )


def _unread(header: list[str], read: set[int | None]) -> str:
    return ", ".join(short(field) for place, field in enumerate(header) if place not in read)
