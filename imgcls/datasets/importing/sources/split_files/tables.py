"""A table with the part of each image in a column, next to images whose classes something else says.

labels.csv      file, split: train, val, test       next to class folders
list.csv        image, is_valid: 0, 1
"""

from collections.abc import Iterator

from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.layouts import label_table
from imgcls.datasets.importing.sources.split_files.lists import Found
from imgcls.datasets.importing.sources.tables.columns import meaning, split
from imgcls.datasets.importing.sources.tables.matching import FileIndex, Match


def splits(files: Files, index: FileIndex) -> Iterator[Found]:
    """The split that each such table describes."""
    for path, table in label_table.tables_of(files):
        file, _ = meaning.file_column(table, index)
        column = split.find(table, [place for place in range(table.width) if place != file])
        if column is None:
            continue
        parts: dict[str, str] = {}
        for _, row in table.rows:
            part = column.part_of(row)
            if part and isinstance(match := index.match(row[file]), Match):
                parts[match.path] = part
        if "train" in parts.values() and len(set(parts.values())) > 1:
            yield (path,), parts
