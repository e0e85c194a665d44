"""A table of file names and labels beside an archive: which column is which, and the class of each file."""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from imgcls.errors import SourceError
from imgcls.imports import kinds, layout, names
from imgcls.imports.layout import Item
from imgcls.imports.names import short
from imgcls.imports.skips import Skips
from imgcls.imports.table import cells, delimiter_of, lines

MOST_ROWS = 1_000_000
MOST_FIELDS = 2_000
_LABELS = ("label", "labels", "class", "class_name", "category", "target", "species", "breed", "y", "tag")
_PARTS = ("split", "part", "set", "subset", "partition")
NOT_THERE = "named in the table, but not in the archive"
NOT_NAMED = "in the archive, but not named in the table"


def arranged(table: Path, name: str, paths: Iterable[tuple[str, Any]], skips: Skips, notes: list[str]) -> list[Item]:
    """The pictures of an archive with the classes that the table gives them.

    Files are found by their whole path, by their name, or by their name without its ending.

    Raises:
        SourceError: the table cannot be read, names no file of the archive, or leaves fewer than two classes.
    """
    header, rows = _read(table, name)
    found = layout.pictures(paths, skips)
    by_name = _by_name(found)
    width = len(rows[0][1])
    file_column = max(range(width), key=lambda place: sum(row[place] in by_name for _, row in rows[:2000]))
    label_column, part_column = _columns(header, width, file_column, name)
    items, used = [], {}
    for number, row in rows:
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
        label = row[label_column]
        if not label:
            raise SourceError(f"{name}, row {number} has no label for {short(path)}. Fill it in or take the row out.")
        if used.setdefault(path, label) != label:
            raise SourceError(
                f"{name}, row {number} calls {short(path)} {short(label)}, an earlier row {short(used[path])}. "
                "Expected one label for a picture. Mend one of the rows."
            )
        part = layout.PARTS.get(row[part_column].casefold(), "") if part_column is not None else ""
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
    return layout.merged(unique, skips, notes)


def _read(table: Path, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    kinds.check_table(table, name)
    rows: list[tuple[int, list[str]]] = []
    with contextlib.closing(lines(table, name)) as all_lines:
        delimiter = ""
        for number, text in all_lines:
            delimiter = delimiter or delimiter_of(text)
            if text.count(delimiter) >= MOST_FIELDS:
                raise SourceError(
                    f"{name}, row {number} has {text.count(delimiter) + 1:,} fields. Expected two columns, the names "
                    "of files and their labels."
                )
            row = [names.visible(field) for field in cells(text, delimiter)]
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


def _by_name(found: list[tuple[str, list[str], Any]]) -> dict[str, tuple[str, Any]]:
    """What a table may call a file -> (path, key); an empty path where several files are called so."""
    known: dict[str, tuple[str, Any]] = {}
    whole = {}
    for path, parts, key in found:
        shown = names.visible(path)
        whole[shown] = path, key
        inner = "/".join(parts[1:])
        for called in {parts[-1], parts[-1].rsplit(".", 1)[0], inner, shown.rsplit(".", 1)[0]} - {""}:
            called = names.visible(called)
            known[called] = ("", None) if called in known else (path, key)
    return known | whole


def _columns(header: list[str], width: int, file_column: int, name: str) -> tuple[int, int | None]:
    """Which columns hold the label and, if any, the part."""
    called = [field.casefold() for field in header]
    part = next((place for place, field in enumerate(called) if field in _PARTS and place != file_column), None)
    label = next((place for place, field in enumerate(called) if field in _LABELS and place != file_column), None)
    others = [place for place in range(width) if place not in (file_column, part)]
    if label is None and len(others) != 1:
        raise SourceError(
            f"{name} has {width} columns, and none of them is called 'label'. Expected the names of files and a column "
            "'label'. Give the column with the classes that name."
        )
    return (others[0] if label is None else label), part
