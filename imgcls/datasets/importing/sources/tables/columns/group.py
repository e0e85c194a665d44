"""The column that says which images belong together: the same patient, video or writer."""

from collections import Counter
from collections.abc import Sequence

from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.tables.column_names import PERSONS, is_group, normal
from imgcls.datasets.importing.sources.tables.columns.questions import place_of, value_of
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.datasets.importing.sources.values import is_number

QUESTION = "group_column"
NO_GROUP = "none"


def find(table: Table, others: Sequence[int], labels: list[int], findings: Findings) -> int | None:
    """The column with what images have in common, if the user chooses one or its name is clear."""
    usable = [place for place in others if _could_be_group(table, place) and not _follows(table, place, labels[0])]
    if not usable:
        return None
    named = clear(table, others, labels)
    usable.sort(key=lambda place: (place not in named, place))
    options = [Option(NO_GROUP, "Each image is independent")]
    for place in usable[:8]:
        sizes = Counter(filter(None, table.values(place)))
        detail = f"{len(sizes):,} groups, the largest with {max(sizes.values()):,} images"
        options.append(Option(value_of(table, place), f"Images with the same {table.header[place]}", detail))
    default = value_of(table, named[0]) if named else NO_GROUP
    answer = findings.ask(QUESTION, "Which images belong together?", options, default)
    return None if answer == NO_GROUP else place_of(table, answer)


def clear(table: Table, others: Sequence[int], labels: list[int]) -> list[int]:
    """The columns whose names say that they are groups: persons first, then the coarsest, and folds last.

    Patients have several lesions; and sessions are numbered again for each patient, so they join others' images.
    """
    found = [
        place
        for place in others
        if is_group(table.header[place]) and _could_be_group(table, place) and not _follows(table, place, labels[0])
    ]
    names = {place: normal(table.header[place]) for place in found}
    return sorted(
        found,
        key=lambda place: (
            not any(person in names[place] for person in PERSONS),
            "fold" in names[place],
            len(set(table.column(place))),
        ),
    )


def _follows(table: Table, place: int, label: int) -> bool:
    """Whether all images with the same label have the same value, such as the number of their class."""
    pairs = set(zip(table.values(place), table.values(label), strict=True))
    return len(pairs) == len(set(table.values(label)))


def _could_be_group(table: Table, place: int) -> bool:
    """Whether values repeat, but are enough for a split; measurements are no groups."""
    if not table.header[place]:
        return False
    fields = [field for field in table.values(place) if field]
    values = set(fields)
    if not 3 <= len(values) < len(fields) or len(fields) < 0.5 * len(table.rows):
        return False
    is_clear = is_group(table.header[place])
    return is_clear or not all(map(is_number, values)) or normal(table.header[place]).endswith("id")
