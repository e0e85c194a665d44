"""A table of file names and labels beside an archive: which column is which, and the class of each file.

A table may give a picture several labels: then an item's label is a tuple, see `several`.
"""

import contextlib
import itertools
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from imgcls.datasets.importing import class_names, multilabel
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import file_types, folder_layout
from imgcls.datasets.importing.sources.folder_layout import Item
from imgcls.datasets.importing.sources.pixel_csv import cells, delimiter_of, lines
from imgcls.errors import SourceError

MOST_ROWS = 1_000_000
MOST_FIELDS = 2_000
_LABELS = ("label", "labels", "class", "class_name", "category", "target", "species", "breed", "y", "tag")
_PARTS = ("split", "part", "set", "subset", "partition")
NOT_THERE = "named in the table, but not in the archive"
NOT_NAMED = "in the archive, but not named in the table"


def arranged(
    table: Path, name: str, paths: Iterable[tuple[str, Any]], skips: SkippedFiles, notes: list[str]
) -> list[Item]:
    """The pictures of an archive with the classes that the table gives them.

    Files are found by their whole path, by their name, or by their name without its ending.

    Raises:
        SourceError: the table cannot be read, names no file of the archive, or leaves fewer than two classes.
    """
    header, rows = _read(table, name)
    found = folder_layout.images(paths, skips)
    by_name = _by_name(found)
    width = len(rows[0][1])
    file_column = max(range(width), key=lambda place: sum(row[place] in by_name for _, row in rows[:2000]))
    label_columns, part_column = _columns(header, rows[1:], file_column, name)
    are_flags = len(label_columns) > 1
    is_multilabel = are_flags or multilabel.is_multilabel(row[label_columns[0]] for _, row in rows)
    if are_flags and (unread := _unread(header, {file_column, part_column, *label_columns})):
        notes.append(f"Columns that hold more than 0 and 1 are passed over: {unread}.")
    items, used = [], {}
    for number, row in rows[1:] if is_multilabel and header[file_column] not in by_name else rows:
        entry = by_name.get(row[file_column])
        if entry is None:
            skips.add(NOT_THERE, row[file_column])
            continue
        path, key = entry
        if not path:
            raise SourceError(
                f"{name}, row {number} names {short(row[file_column])}, and several files of the archive are called "
                "so. Write their whole paths into the table."
            )
        if are_flags:
            label = multilabel.flagged(row, number, header, label_columns, name)
        else:
            label = multilabel.parted(row[label_columns[0]]) if is_multilabel else row[label_columns[0]]
        if not label and not is_multilabel:
            raise SourceError(f"{name}, row {number} has no label for {short(path)}. Fill it in or take the row out.")
        if used.setdefault(path, label) != label:
            raise SourceError(
                f"{name}, row {number} calls {short(path)} {short(multilabel.shown(label))}, an earlier row "
                f"{short(multilabel.shown(used[path]))}. Expected one row for a picture. Mend one of them, or write "
                "several labels into one field, as in 'sky;sea'."
            )
        part = folder_layout.PARTS.get(row[part_column].casefold(), "") if part_column is not None else ""
        items.append(Item(path, label, "train" if part == "val" else part, key))
    if not items:
        raise SourceError(
            f"{name} names no picture of the archive: its first row says {short(rows[0][1][file_column])}. Expected a "
            "column with the names of the files, as they are in the archive."
        )
    for path, _, _ in found:
        if path not in used:
            skips.add(NOT_NAMED, path)
    unique = list({item.name: item for item in items}.values())
    if not is_multilabel:
        return folder_layout.merged(unique, skips, notes)
    if are_flags and all(len(item.label) == 1 for item in unique):
        notes.append(multilabel.ONE_EACH)
        return folder_layout.merged([replace(item, label=item.label[0]) for item in unique], skips, notes)
    notes.append(multilabel.NOTE)
    return multilabel.spelled(unique, notes)


def _read(table: Path, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    file_types.check_table(table, name)
    rows: list[tuple[int, list[str]]] = []
    with contextlib.closing(lines(table, name)) as all_lines:
        first = list(itertools.islice(all_lines, 20))
        delimiter = _delimiter([text for _, text in first]) if first else ""
        for number, text in itertools.chain(first, all_lines):
            if text.count(delimiter) >= MOST_FIELDS:
                raise SourceError(
                    f"{name}, row {number} has {text.count(delimiter) + 1:,} fields. Expected two columns, the names "
                    "of files and their labels."
                )
            row = [class_names.visible(field) for field in cells(text, delimiter)]
            if rows and len(row) != len(rows[0][1]):
                raise SourceError(
                    f"{name}, row {number} has {len(row)} fields. Expected {len(rows[0][1])}, as in the first row. "
                    "Mend that row."
                )
            rows.append((number, row))
            if len(rows) > MOST_ROWS:
                raise SourceError(f"{name} has more than {MOST_ROWS:,} rows. Divide it, and the archive with it.")
    if not rows or len(rows[0][1]) < 2:
        raise SourceError(f"{name} has one column. Expected two, the names of files and their labels.")
    return rows[0][1], rows


def _delimiter(texts: list[str]) -> str:
    """What divides the columns; not what divides several labels in one, of which some rows have more than others."""
    delimiter = delimiter_of(texts[0])
    if delimiter != multilabel.BETWEEN or len({text.count(delimiter) for text in texts}) == 1:
        return delimiter
    even = [other for other in ",\t" if len({text.count(other) for text in texts}) == 1 and texts[0].count(other)]
    return even[0] if even else delimiter


def _by_name(found: list[tuple[str, list[str], Any]]) -> dict[str, tuple[str, Any]]:
    """What a table may call a file -> (path, key); an empty path where several files are called so."""
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
    """Which columns hold the label, or 0 and 1 for several labels, and, if any, the part."""
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
        f"{name} has {width} columns, and none of them is called 'label'. Expected the names of files and a column "
        "'label', or a column of 0 and 1 for each label. Give the column with the classes that name."
    )


def _unread(header: list[str], read: set[int | None]) -> str:
    return ", ".join(short(field) for place, field in enumerate(header) if place not in read)
