"""A table that says which images belong together, next to images whose classes something else says.

metadata.csv    file, patient, age      next to class folders, or to another table with the labels
"""

from collections.abc import Sequence
from dataclasses import replace

from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.items import Item
from imgcls.datasets.importing.sources.tables.columns import group as group_column
from imgcls.datasets.importing.sources.tables.columns import meaning
from imgcls.datasets.importing.sources.tables.matching import FileIndex, Match
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.datasets.importing.sources.values import canonical

COVERED = 0.5
"""Fraction of the images that a table must list."""
LABEL = "label of the image"


def grouped(items: Sequence[Item], tables: Sequence[tuple[str, Table]], findings: Findings) -> list[Item]:
    """The same images, in groups if a table names these in a column with a clear name, and nothing else does."""
    asked = any(question.key == group_column.QUESTION for question in findings.questions)
    if asked or not tables or any(item.group or item.box for item in items):
        return list(items)
    index = FileIndex((item.name, item.name.split("/"), place) for place, item in enumerate(items))
    for path, table in tables:
        file, _ = meaning.file_column(table, index)
        found = [(match.key, row) for _, row in table.rows if isinstance(match := index.match(row[file]), Match)]
        if len({place for place, _ in found}) < COVERED * len(items):
            continue
        rows = [(place, [*row, ", ".join(items[place].labels)]) for place, row in found]
        listed = Table(table.name, [*table.header, LABEL], rows)
        others = [place for place in range(table.width) if place != file]
        if not group_column.clear(listed, others, [table.width]):
            continue
        column = group_column.find(listed, others, [table.width], findings)
        if column is None:
            return list(items)
        findings.used.add(path)
        group_of = {place: canonical(row[column]) for place, row in rows}
        return [replace(item, group=group_of.get(place, "")) for place, item in enumerate(items)]
    return list(items)
