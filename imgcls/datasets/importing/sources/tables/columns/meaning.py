"""What the columns of a table of labels hold: the file, the label, the part, and the group of an image.

A column's name counts, then its content. If two columns could be the label, the user decides.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources import multilabel
from imgcls.datasets.importing.sources.items import MAX_CLASSES
from imgcls.datasets.importing.sources.tables import boxes, label_text
from imgcls.datasets.importing.sources.tables.boxes import BoxColumns
from imgcls.datasets.importing.sources.tables.column_names import (
    FILES,
    LABELS,
    NO_LABELS,
    is_called,
    is_group,
    normal,
)
from imgcls.datasets.importing.sources.tables.columns import flags as flag_columns
from imgcls.datasets.importing.sources.tables.columns import group as group_column
from imgcls.datasets.importing.sources.tables.columns import split as split_column
from imgcls.datasets.importing.sources.tables.columns.questions import (
    class_option,
    file_option,
    place_of,
    value_of,
)
from imgcls.datasets.importing.sources.tables.columns.split import SplitColumn
from imgcls.datasets.importing.sources.tables.matching import FileIndex, Match
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.datasets.importing.sources.values import canonical, is_counter, is_integer, is_number
from imgcls.errors import SourceError

SAMPLE = 2000
CLEAR_FLAGS = 4
"""So many 0/1 columns are labels, whatever other columns there are; fewer may be remarks, such as "is_blurred"."""
MIN_LABELLED = 0.5
"""Fraction of the rows that must have a value in a column of labels, unless it is called one."""
_TITLES = LABELS[0] - {"y"}
"""Names of a column of labels that are never the label of a 0/1 column, unlike y in a table of letters."""
LABEL_QUESTION, FILE_QUESTION = "label_column", "file_column"


@dataclass
class Columns:
    """The places of the columns. Several `labels` are 0/1 columns, one per label."""

    file: int
    labels: list[int]
    part: SplitColumn | None = None
    group: int | None = None
    box: BoxColumns | None = None


def find(table: Table, files: FileIndex, findings: Findings) -> Columns:
    """The columns of a table, after asking where they are unclear.

    Raises:
        SourceError: no column can be the label.
    """
    file = _file_column(table, files, findings)
    others, part, box = _others(table, file)
    part = part or split_column.ask(table, findings)
    findings.notes += [note for note in table.notes if note not in findings.notes]
    labels = _label_columns(table, others, findings)
    group = group_column.find(table, [place for place in others if place not in labels], labels, findings)
    return Columns(file, labels, part, group, box)


def label_and_part(table: Table, findings: Findings) -> tuple[int, SplitColumn | None]:
    """The columns with the label and the part in a table without file names, after asking where they are unclear.

    Raises:
        SourceError: no single column can be the label.
    """
    others = list(range(table.width))
    part = split_column.find(table, others) or split_column.ask(table, findings)
    labels = _label_columns(table, [place for place in others if part is None or place != part.place], findings)
    if len(labels) > 1:
        names = ", ".join(short(table.header[place]) for place in labels[:4])
        raise SourceError(f"{table.name} has several columns of 0 and 1 ({names}). Expected one column with labels.")
    return labels[0], part


def absent_rows(table: Table) -> Callable[[Sequence[str]], bool] | None:
    """A test for rows that say that a label is absent, as Open Images has them; None if there are no such rows."""
    for place in range(table.width):
        if normal(table.header[place]) == "confidence" and set(table.values(place)) == {"0", "1"}:
            return lambda row: canonical(row[place]) == "0"
    return None


def has_labels(table: Table, file: int, *, may_be_groups: bool = False) -> bool:
    """Whether a table whose column `file` names files has columns that are labels, judging by name and content.

    With `may_be_groups`, columns that are called patient, writer and the like count: persons may be the classes.
    """
    others, _, _ = _others(table, file)
    return (
        any(could_be_label(table, place) for place in others if may_be_groups or not _is_group(table, place))
        or len(multilabel.flag_columns(table.header, table.rows, others)) > 1
        or any(label_text.is_several(table.column(place)) for place in clearly_named(table, others))
    )


def _others(table: Table, file: int) -> tuple[list[int], SplitColumn | None, BoxColumns | None]:
    """The columns that may hold a label or a group, that of the part, and those of a box."""
    names = [normal(name) for name in table.header]
    box = boxes.columns(names) or boxes.columns([normal(name.rpartition(".")[2]) for name in table.header])
    reserved = {file, *(box.places if box else ()), *boxes.image_sizes(names)}
    others = [place for place in range(table.width) if place not in reserved]
    others = [place for place in others if not _is_index(table, place)] or others
    part = split_column.find(table, others)
    used = {place for place in others if names[place] in NO_LABELS} | ({part.place} if part else set())
    others = [place for place in others if place not in used]
    flag_columns.rewrite(table, others)
    return others, part, box


# ---- file


def file_column(table: Table, files: FileIndex) -> tuple[int, list[str]]:
    """The first column that names most files, and the paths of these files. Only a sample of rows is looked at."""
    return max(_matched(table, files).items(), key=lambda found: len(set(found[1])))


def _file_column(table: Table, files: FileIndex, findings: Findings) -> int:
    """The column that names most different files, exactly rather than loosely, and by its name if there are several."""
    paths = _matched(table, files)
    most = max(len(set(found)) for found in paths.values())
    good = [place for place, found in paths.items() if len(set(found)) >= 0.9 * most]
    if len(good) > 1:
        good = [place for place in good if not _is_index(table, place)] or good
        quality = {place: _quality(table, place, files) for place in good}
        good = [place for place in good if quality[place] >= max(quality.values()) - 0.5]
    for names in FILES:
        if len(good) > 1:
            named = [place for place in good if is_called(table.header[place], names)]
            good = named or good
    if most and len({tuple(paths[place]) for place in good}) > 1:
        options = [file_option(table, place) for place in good]
        return place_of(table, findings.ask(FILE_QUESTION, "Which column holds the files of the images?", options))
    return good[0]


def _matched(table: Table, files: FileIndex) -> dict[int, list[str]]:
    """The files that each column names, in a sample of rows: place -> paths."""
    rows = [row for _, row in table.rows[:SAMPLE]]
    found: dict[int, list[str]] = {}
    first = [len({row[place] for row in rows[:100] if row[place] in files}) for place in range(table.width)]
    for place, hits in enumerate(first):
        found[place] = []
        if hits >= 0.5 * max(first):
            for row in rows:
                match = files.match(row[place])
                found[place] += [match.path if isinstance(match, Match) else row[place]] if match else []
    return found


def _quality(table: Table, place: int, files: FileIndex) -> float:
    """How exactly a column names files, on average."""
    matches = [files.match(row[place]) for _, row in table.rows[:SAMPLE]]
    found = [match.quality for match in matches if isinstance(match, Match)]
    return sum(found) / max(1, len(found))


def _is_index(table: Table, place: int) -> bool:
    """Whether a column is the index that pandas writes: without a name, and counting the rows."""
    unnamed = normal(table.header[place]) in ("", "index", "level_0") or table.header[place].startswith("Unnamed:")
    if not unnamed or len(table.rows) <= 2:
        return False
    fields = table.column(place)[:SAMPLE]
    lines = [number for number, _ in table.rows[:SAMPLE]]
    starts = [0, *(at for at in range(1, len(lines)) if lines[at] <= lines[at - 1]), len(lines)]  # joined tables
    return is_counter(fields) or all(is_counter(fields[start:end]) for start, end in itertools.pairwise(starts))


# ---- label


def _label_columns(table: Table, others: Sequence[int], findings: Findings) -> list[int]:
    if not others:
        what = "only one column" if table.width == 1 else "no column that could hold labels"
        raise SourceError(f"{table.name} has {what}. Expected two: file names and labels.")
    if len(others) == 1:
        return _confirmed(table, others[0], findings)
    named = clearly_named(table, others)
    flags = multilabel.flag_columns(table.header, table.rows, others)
    if titles := [place for place in flags if is_called(table.header[place], _TITLES)]:
        flags = [place for place in flags if place not in titles]  # "label" is no label
    possible = [place for place in others if could_be_label(table, place)]
    grouping = [place for place in possible if place not in named and _is_group(table, place)]
    possible = [place for place in possible if place not in grouping] or possible
    same = _one_per_meaning(table, [place for place in possible if place not in flags or place in named], named)
    if len(flags) > 1 and not [place for place in named if place not in flags]:
        return _flags_or(table, flags, [place for place in same if place not in flags], findings)
    candidates = [*(place for place in same if place in named), *(place for place in same if place not in named)]
    if not candidates:
        candidates = named[:1]
    if not candidates:
        raise SourceError(
            f"{table.name} has {table.width} columns, but none called 'label', and none with values that could be "
            "classes. Expected file names and a column 'label', or a 0/1 column per label. Rename the column with the "
            "classes to 'label'."
        )
    if len(candidates) == 1:
        return candidates
    options = [class_option(table, place) for place in candidates[:8]]
    clear = [place for place in candidates if place in named]
    default = value_of(table, clear[0]) if len(clear) == 1 else ""
    return [place_of(table, findings.ask(LABEL_QUESTION, "Which column holds the classes?", options, default))]


def _confirmed(table: Table, place: int, findings: Findings) -> list[int]:
    """The only column that is left, after asking if it is called patient or the like, which may be the classes."""
    if _is_group(table, place) and could_be_label(table, place):
        text = f"The column {short(table.header[place])} does not look like classes. Import it as classes nevertheless?"
        findings.ask(LABEL_QUESTION, text, [class_option(table, place)])
    return [place]


def _is_group(table: Table, place: int) -> bool:
    return is_group(table.header[place])


def clearly_named(table: Table, others: Sequence[int]) -> list[int]:
    """The columns with the clearest names for a label."""
    for names in LABELS:
        if found := [place for place in others if is_called(table.header[place], names)]:
            return found
    return []


def could_be_label(table: Table, place: int) -> bool:
    """Whether the values of a column repeat as classes do: no measurements, no names of single images."""
    fields = table.values(place)
    values = Counter(filter(None, fields))
    total = values.total()
    least = 0 if is_called(table.header[place], LABELS[0]) else MIN_LABELLED  # or labelling has just begun
    if not 2 <= len(values) <= MAX_CLASSES or total < least * len(fields):
        return False
    if len(values) == total or (len(values) > total / 2 and total > 8):
        return False
    numbers = [value for value in values if is_number(value)]
    if len(numbers) > 0.9 * len(values):
        return all(map(is_integer, numbers)) and len(values) <= max(20, total / 20)
    return max(map(len, values)) <= class_names.MAX_LENGTH


def _one_per_meaning(table: Table, places: Sequence[int], named: list[int]) -> list[int]:
    """Of columns that divide the images in the same way, such as a number and a name per class, the one with names.

    It inherits its clear name: it is added to `named` if the other one is there.
    """
    kept: list[int] = []
    for place in places:
        fields = table.values(place)
        for number, other in enumerate(kept):
            theirs = table.values(other)
            pairs = set(zip(fields, theirs, strict=True))
            if fields != theirs and set(fields) == set(theirs):
                continue  # such as "tak" and "nie": the same words for something else
            if len(pairs) == len(set(fields)) == len(set(theirs)):
                are_numbers, were_numbers = (all(map(is_number, filter(None, of))) for of in (fields, theirs))
                if (were_numbers and not are_numbers) or (
                    were_numbers == are_numbers and place in named and other not in named
                ):
                    kept[number] = place
                if {place, other} & set(named) and kept[number] not in named:
                    named.append(kept[number])
                break
        else:
            kept.append(place)
    return kept


def _flags_or(table: Table, flags: list[int], candidates: list[int], findings: Findings) -> list[int]:
    """The 0/1 columns, unless the user chooses one of the columns that could be the label as well."""
    if not candidates:
        return flags
    names = ", ".join(short(table.header[place]) for place in flags[:4])
    first = Option("flags", "The columns with 0 and 1, one per label", f"{len(flags)} labels: {names}")
    options = [class_option(table, place) for place in candidates[:7]]
    is_clear = len(flags) >= CLEAR_FLAGS or all(sum(row[place] == "1" for place in flags) == 1 for _, row in table.rows)
    answer = findings.ask(
        LABEL_QUESTION, "Which columns hold the classes?", [first, *options], "flags" if is_clear else ""
    )
    return flags if answer == "flags" else [place_of(table, answer)]
