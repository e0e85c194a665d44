"""A table with a row per folder instead of one per image, such as a diagnosis per patient."""

from collections.abc import Sequence
from typing import Any

from imgcls.datasets.importing.sources.tables.column_names import is_group
from imgcls.datasets.importing.sources.tables.columns.meaning import could_be_label
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.datasets.importing.sources.values import canonical

MATCHED = 0.5
"""Fraction of the rows that must name a folder, and of the images that must be in one of these."""


def per_image(table: Table, images: Sequence[tuple[str, list[str], Any]]) -> Table | None:
    """The same table with a row per image in the folder that a row names; None if its rows name no folders.

    The names of the folders become the groups. Other columns must hold something that could be classes of folders.

    Args:
        images: (path, its components, key), as `items.image_files` returns them.
    """
    by_folder: dict[str, list[str]] = {}
    for path, components, _ in images:
        for folder in set(components[:-1]):
            by_folder.setdefault(canonical(folder).casefold(), []).append(path)
    for place in range(table.width):
        named = [value.casefold() for value in table.values(place)]
        there = set(named) & by_folder.keys()
        covered = sum(len(by_folder[value]) for value in there)
        is_good = len(there) > 1 and len(there) >= MATCHED * len(named) and len(set(named)) == len(named)
        others = [other for other in range(table.width) if other != place]
        if is_good and covered >= MATCHED * len(images) and any(could_be_label(table, other) for other in others):
            header = list(table.header)
            header[place] = header[place] if is_group(header[place]) else "group"
            rows = [
                (number, [path, *row])
                for (number, row), value in zip(table.rows, named, strict=True)
                for path in by_folder.get(value, ())
            ]
            note = f"{table.name} has a row per folder, which all images in it share."
            return Table(table.name, ["file", *header], rows, table.folder, table.where, [note])
    return None
