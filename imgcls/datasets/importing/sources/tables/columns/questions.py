"""How questions name the columns of a table, and what they show of each."""

from collections import Counter

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Option
from imgcls.datasets.importing.sources.tables.reading import Table


def value_of(table: Table, place: int) -> str:
    """The value of an option for a column: its name, if that is short and unique."""
    name = table.header[place]
    return name if name and table.header.count(name) == 1 and len(name) <= 60 else f"#{place + 1}"


def place_of(table: Table, value: str) -> int:
    """The column that a value of an option means."""
    return next(place for place in range(table.width) if value_of(table, place) == value)


def class_option(table: Table, place: int) -> Option:
    """A column as the label: the number of classes it would give, and the first names."""
    values = Counter(filter(None, table.values(place)))
    names = sorted((name for name, _ in values.most_common(6)), key=class_names.sort_key)
    listed = ", ".join(name if len(name) <= 40 else f"{name[:39]}…" for name in names)
    more = ", …" if len(values) > len(names) else ""
    return Option(value_of(table, place), _title(table, place), f"{len(values):,} classes: {listed}{more}")


def file_option(table: Table, place: int) -> Option:
    """A column as the names of files, with two of them."""
    examples = ", ".join(short(field) for field in table.column(place)[:2])
    return Option(value_of(table, place), _title(table, place), f"such as {examples}")


def _title(table: Table, place: int) -> str:
    return f"Column {short(table.header[place])}" if table.header[place] else f"Column {place + 1}"
