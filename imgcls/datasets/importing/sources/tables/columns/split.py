"""The column that divides the images into training, validation and test images.

split: train, val, test     by its name, or because it holds only such words
is_valid: True, False       a yes or no for one part, as fastai has it
split: 0, 1, 2              numbers and unusual words do not say which, so the user says which one is for testing
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from imgcls.datasets.importing.class_names import short, sort_key
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.tables.column_names import NO_LABELS, SPLITS, normal, part_of
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.datasets.importing.sources.values import is_integer

QUESTION, NONE, EMPTY = "test_value", "none", "empty"
FLAGS = {
    **dict.fromkeys(("istrain", "istraining"), ("train", "test")),
    **dict.fromkeys(("isval", "isvalid", "isvalidation"), ("val", "train")),
    **dict.fromkeys(("istest", "istesting", "isholdout"), ("test", "train")),
}
"""Names of columns of yes and no -> the part of images with a yes, and of those with a no."""
_YES, _NO = frozenset(("true", "1", "yes")), frozenset(("false", "0", "no"))
MOST_NUMBERS, MOST_WORDS = 3, 6
"""More numbers are rather those of folds, and more words no parts."""


@dataclass(frozen=True)
class SplitColumn:
    """The place of the column, and the parts of values that do not name one."""

    place: int
    names: Mapping[str, str] = field(default_factory=dict)

    def part_of(self, row: Sequence[str]) -> str:
        """The part that a row names, or ""."""
        value = row[self.place].strip().casefold()
        return self.names[value] if value in self.names else part_of(value)


def find(table: Table, others: Sequence[int]) -> SplitColumn | None:
    """The column with the part of each image, judging by name and content."""
    for place in others:
        if names := _of_flags(table, place):
            return SplitColumn(place, names)
    named = [place for place in others if normal(table.header[place]) in SPLITS]
    for place in [*named, *others]:
        values = {value.strip().casefold() for value in table.column(place)} - {""}
        known = {part_of(value) or None for value in values}
        if values and None not in known and ("train" in known or place in named):
            return SplitColumn(place)
    return None


def ask(table: Table, findings: Findings) -> SplitColumn | None:
    """A column that is called a split and holds a few numbers or unusual words, if the user says which is testing."""
    for place in range(table.width):
        counts = Counter(table.values(place))
        most = MOST_NUMBERS if all(map(is_integer, counts)) else MOST_WORDS
        if normal(table.header[place]) not in NO_LABELS or not 1 < len(counts) <= most:
            continue
        options = [
            Option(
                value or EMPTY,
                value or "An empty field",
                f"{counts[value]:,} of {counts.total():,} images are for testing",
            )
            for value in sorted(counts, key=sort_key, reverse=True)
        ]
        options.append(Option(NONE, "None of these: hold out other images"))
        text = f"Which value of the column {short(table.header[place])} stands for test images?"
        answer = findings.ask(QUESTION, text, options)
        raw = dict(zip(table.column(place), table.values(place), strict=True))
        names = {
            one.strip().casefold(): "test" if (value or EMPTY) == answer else "train" for one, value in raw.items()
        }
        return None if answer == NONE else SplitColumn(place, names)
    return None


def _of_flags(table: Table, place: int) -> dict[str, str]:
    """The part of each value of a column such as `is_valid`; empty if it is none."""
    parts = FLAGS.get(normal(table.header[place]))
    values = dict(zip(table.column(place), table.values(place), strict=True))
    there = {value.casefold() for value in values.values()}
    if parts is None or not there <= _YES | _NO or not there & _YES or not there & _NO:
        return {}
    return {raw.strip().casefold(): parts[value.casefold() in _NO] for raw, value in values.items()}
