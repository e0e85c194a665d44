"""Columns that say 0 and 1 in other ways: -1 and 1, 1 and empty fields, or crosses."""

from collections.abc import Sequence

from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.datasets.importing.sources.values import canonical

MARKS = ("x", "✓", "✔", "☑", "•", "*", "+")
"""What people write into a spreadsheet where a label applies; other fields stay empty."""
OPEN_FIELDS = 0.05
"""If so many fields of 0/1 columns are empty or -1, it has a meaning."""


def rewrite(table: Table, others: Sequence[int]) -> None:
    """Writes such columns as 0 and 1, with a note in the table if that is an interpretation."""
    _marks(table, others)
    _plus_minus(table, others)
    _uncertain(table, others)


def _marks(table: Table, others: Sequence[int]) -> None:
    """Writes columns of crosses and empty fields as 1 and 0."""
    values = {place: {value.casefold() for value in table.values(place)} for place in others}
    places = [place for place, there in values.items() if "" in there and there - {""} in ({mark} for mark in MARKS)]
    if len(places) > 1:
        for _, row in table.rows:
            for place in places:
                row[place] = "1" if canonical(row[place]) else "0"
        table.forget()


def _plus_minus(table: Table, others: Sequence[int]) -> None:
    """Writes columns that hold only -1 and 1 as 0 and 1."""
    places = [place for place in others if set(table.values(place)) == {"-1", "1"}]
    if len(places) > 1:
        for _, row in table.rows:
            for place in places:
                row[place] = "0" if canonical(row[place]) == "-1" else "1"
        table.forget()


def _uncertain(table: Table, others: Sequence[int]) -> None:
    """Writes columns of 1 and empty fields, perhaps with 0 and -1, as 0 and 1, as CheXpert has them."""
    values = {place: set(table.values(place)) for place in others}
    places = [place for place, there in values.items() if "1" in there and there <= {"", "0", "1", "-1"}]
    open_fields = sum(value in ("", "-1") for place in places for value in table.values(place))
    if len(places) < 2 or open_fields < OPEN_FIELDS * len(places) * len(table.rows) or not open_fields:
        return  # a few are mistakes, which are reported with their row
    for _, row in table.rows:
        for place in places:
            row[place] = "1" if canonical(row[place]) == "1" else "0"
    table.forget()
    table.notes.append("In columns of 0 and 1, an empty field or -1 (uncertain) is read as 0: the label is absent.")
