"""Rows of a table and files of a container become images with labels.

A table may give images several labels: then the label of an item is a tuple, see `multilabel`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources import multilabel
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item, image_files
from imgcls.datasets.importing.sources.tables import (
    boxes,
    class_lists,
    folder_rows,
    json_records,
    label_text,
    reading,
    unlabelled_rows,
)
from imgcls.datasets.importing.sources.tables.column_names import folder_part, part_in
from imgcls.datasets.importing.sources.tables.columns import meaning
from imgcls.datasets.importing.sources.tables.columns.meaning import Columns
from imgcls.datasets.importing.sources.tables.matching import FileIndex
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.datasets.importing.sources.tables.unlabelled_rows import Row
from imgcls.datasets.importing.sources.values import canonical
from imgcls.errors import SourceError

MISSING = "listed in the table, but missing from the archive"
UNLISTED = "in the archive, but not listed in the table"
REPEATED_QUESTION = "repeated_rows"
MANY_MIXED = 0.05
"""If fewer images have rows with different labels, these are mistakes."""
UNLABELLED = "listed without a label: in the test part of a table, or not labelled yet"

Label = str | multilabel.Labels


def listing(table: Path, name: str, files: Files, findings: Findings) -> list[Item]:
    """The images of a container with their classes from a table beside it.

    Raises:
        SourceError: the table cannot be read, lists no file of the archive, or fewer than two classes remain.
    """
    found = image_files(files.entries, findings.skipped)
    index = FileIndex(found)
    content = reading.of_file(table, name, index.__contains__)
    if not any(field in index for _, row in content.rows[: meaning.SAMPLE] for field in row):
        content = folder_rows.per_image(content, found) or content
    return to_items([content], index, [path for path, _, _ in found], findings, class_lists.of_files(files))


def to_items(
    tables: Sequence[Table],
    index: FileIndex,
    paths: Sequence[str],
    findings: Findings,
    names: Callable[[set[str]], class_lists.Names] = lambda labels: class_lists.NONE,
    parts: Sequence[str] = (),
) -> list[Item]:
    """The images that these tables, which have the same columns, list.

    Args:
        tables: at least one; all have the header of the first.
        index: finds the files.
        paths: all files, so that those without a row can be reported.
        names: gives the names of numbered classes, if a file of the container has them.
        parts: the part of each table, such as "train", if each holds one part.

    Raises:
        SourceError: a row is wrong or unclear, or fewer than two classes remain; the message names the row.
    """
    whole = tables[0] if len(tables) == 1 else joined(tables)
    if (absent := meaning.absent_rows(whole)) is not None:
        kept = [replace(table, rows=[row for row in table.rows if not absent(row[1])]) for table in tables]
        left_out = len(whole.rows) - sum(len(table.rows) for table in kept)
        findings.notes.append(f"Rows with confidence 0 say that a label is absent, so {left_out:,} are left out.")
        return to_items(kept, index, paths, findings, names, parts)
    found = meaning.find(whole, index, findings)
    labeller = _labeller(whole, found, findings, names)
    unlabelled: set[str] = set()
    rows = list(_rows(tables, found, index, labeller, parts, findings, unlabelled))
    if not rows and unlabelled:
        raise SourceError(
            f"{whole.name} lists {len(unlabelled):,} images, none of them with a label. Fill in the labels, or choose "
            "another table."
        )
    if not rows:
        raise SourceError(
            f"{whole.name} lists no image of the archive: its first row has {short(whole.rows[0][1][found.file])}. "
            "Expected a column with file names as in the archive."
        )
    unlabelled |= {row.item.name for row in rows if row.item.label == ""}
    rows = unlabelled_rows.labelled(rows, findings)
    rows = _without_open_parts(rows, findings)
    listed = {row.item.name for row in rows}
    for path in paths:
        if path not in listed:
            findings.skipped.add(UNLABELLED if path in unlabelled else UNLISTED, path)
    if found.box is not None:
        return boxes.to_items(_annotated(rows), whole.name, findings, boxes.ONE if len(listed) == len(rows) else "")
    items = _one_each(rows, findings)
    if labeller.are_lists_of_one:
        items = [replace(item, label=item.label[0]) for item in items]
    return multilabel.finished(items, findings, labeller.are_flags)


def _rows(
    tables: Sequence[Table],
    found: Columns,
    index: FileIndex,
    labeller: "_Labeller",
    parts: Sequence[str],
    findings: Findings,
    unlabelled: set[str],
) -> Iterator[Row]:
    """The rows that list a file, without those of the test part that have no label: their files go to `unlabelled`.

    If two names mean the same file, the one that shares more folders with it counts.
    """
    matched = [
        (place, number, row, index.find(row[found.file], table.folder, table.row_name(number), part_in(table.name)))
        for place, table in enumerate(tables)
        for number, row in table.rows
    ]
    best: dict[str, tuple[int, int]] = {}
    for *_, match in matched:
        if match is not None:
            best[match.path] = max(best.get(match.path, (0, 0)), (match.quality, match.length))
    by_folder = found.part is None and not parts and _are_parts(best)
    current, above = -1, ""
    for place, number, row, match in matched:
        table = tables[place]
        if place != current:
            current, above = place, ""
        above = labeller.single_label(row) or above
        if match is None or (match.quality, match.length) < best[match.path]:
            findings.skipped.add(MISSING, row[found.file])
            continue
        part = parts[place] if parts else folder_part(match.path) if by_folder else ""
        if found.part is not None:
            part = found.part.part_of(row) or part
        label = labeller.label(table, number, row)
        box = found.box.corners(table, number, row) if found.box else None
        if label == "" and (part == "test" or table.where == json_records.ENTRY):
            unlabelled.add(match.path)
            continue
        group = canonical(row[found.group]) if found.group is not None else ""
        item = Item(match.path, label, part, match.key, group, box)
        yield Row(item, table.row_name(number), above if label == "" else "")


def _without_open_parts(rows: list[Row], findings: Findings) -> list[Row]:
    """The same rows, with those that name no part for training if others are for testing."""
    open_rows = sum(not row.item.part for row in rows)
    if not open_rows or not any(row.item.part == "test" for row in rows):
        return rows
    findings.notes.append(f"{open_rows:,} rows name no part of the split, so their images are used for training.")
    return [row if row.item.part else replace(row, item=replace(row.item, part="train")) for row in rows]


def _one_each(rows: Sequence[Row], findings: Findings) -> list[Item]:
    """The images, after asking what several rows with different labels mean, if many images have them.

    Raises:
        SourceError: few images have rows that contradict each other.
    """
    labels_of: dict[str, dict[Label, int]] = {}
    for row in rows:
        counts = labels_of.setdefault(row.item.name, {})
        counts[row.item.label] = counts.get(row.item.label, 0) + 1
    items = {row.item.name: row.item for row in reversed(rows)}
    mixed = sum(len(counts) > 1 for counts in labels_of.values())
    if mixed and (mixed < max(3, MANY_MIXED * len(items)) or not isinstance(rows[0].item.label, str)):
        raise _contradiction(rows)
    if mixed and _ask_repeated(mixed, findings) == "several":
        return [replace(item, label=tuple(map(str, labels_of[name]))) for name, item in reversed(items.items())]
    if not mixed:
        return list(reversed(items.values()))
    most = {name: max(counts, key=counts.__getitem__) for name, counts in labels_of.items()}
    return [replace(item, label=most[name]) for name, item in reversed(items.items())]


def _ask_repeated(mixed: int, findings: Findings) -> str:
    options = [
        Option("several", "Each row is one of the labels of its image", "several labels per image"),
        Option("most", "Each row is an opinion: use the most frequent label", "one class per image"),
    ]
    text = f"{mixed:,} images are in several rows with different labels. What does that mean?"
    return findings.ask(REPEATED_QUESTION, text, options)


def _contradiction(rows: Sequence[Row]) -> SourceError:
    """The error for the first row that contradicts an earlier one."""
    first: dict[str, Label] = {}
    row = next(row for row in rows if first.setdefault(row.item.name, row.item.label) != row.item.label)
    return SourceError(
        f"{row.name} labels {short(row.item.name)} as {short(multilabel.as_text(row.item.label))}, an earlier row as "
        f"{short(multilabel.as_text(first[row.item.name]))}. Expected one row per image. Fix one of them, or put "
        "several labels into one field, e.g. 'sky;sea'."
    )


def _annotated(rows: Sequence[Row]) -> list[boxes.Annotated]:
    """The images with all of their boxes."""
    images: dict[str, boxes.Annotated] = {}
    for row in rows:
        item = row.item
        image = images.setdefault(item.name, boxes.Annotated(item.name, item.key, item.part, [], item.group))
        labels = (item.label,) if isinstance(item.label, str) else item.label
        image.objects += [(label, item.box) for label in labels]
    return list(images.values())


def _are_parts(paths: Iterable[str]) -> bool:
    """Whether all of the files are in folders called train, test and the like, in more than one of them."""
    there = {folder_part(path) for path in paths}
    return "train" in there and len(there) > 1 and "" not in there


@dataclass(frozen=True)
class _Labeller:
    """How the label of a row is read."""

    columns: list[int]
    separator: str
    names: dict[str, str]
    are_lists_of_one: bool = False

    @property
    def are_flags(self) -> bool:
        return len(self.columns) > 1

    def label(self, table: Table, number: int, row: Sequence[str]) -> Label:
        """The label of a row, or all of its labels; empty if there is none."""
        if self.are_flags:
            return multilabel.flagged_labels(row, number, table.header, self.columns, table.name)
        field = row[self.columns[0]]
        if self.separator:
            return tuple(self.names.get(part, part) for part in label_text.split_field(field, self.separator))
        return self.single_label(row)

    def single_label(self, row: Sequence[str]) -> str:
        """The label of a row; empty if there is none, or if rows have several."""
        if self.are_flags or self.separator:
            return ""
        label = canonical(row[self.columns[0]].replace(json_records.LABEL_SEPARATOR, ", "))
        return self.names.get(label, label)


def _labeller(
    table: Table, found: Columns, findings: Findings, names: Callable[[set[str]], class_lists.Names]
) -> _Labeller:
    if len(found.labels) > 1:
        read = {found.file, found.part and found.part.place, found.group, *found.labels}
        if unread := [short(field) for place, field in enumerate(table.header) if place not in read]:
            findings.notes.append(f"Columns with values other than 0 and 1 are ignored: {', '.join(unread)}.")
        return _Labeller(found.labels, "", {})
    fields = table.column(found.labels[0])
    separator = label_text.ask_separator(fields, findings)
    if separator:
        labels = {part for field in set(fields) for part in label_text.split_field(field, separator)}
    else:
        labels = set(table.values(found.labels[0])) - {""}
    renamed, source = names(labels)
    if renamed:
        findings.notes.append(class_lists.note(source))
        findings.used.add(source)
    are_lists_of_one = bool(separator) and all(
        len(label_text.split_field(field, separator)) == 1 for field in set(fields)
    )
    return _Labeller(found.labels, separator, renamed, are_lists_of_one)


def joined(tables: Sequence[Table]) -> Table:
    """All rows of tables with the same header as one table, to decide on the columns."""
    first = tables[0]
    rows = [row for table in tables for row in table.rows]
    notes = list(dict.fromkeys(note for table in tables for note in table.notes))
    return Table(first.name, first.header, rows, where=first.where, notes=notes)
