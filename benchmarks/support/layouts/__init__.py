"""Layouts of folders that people bring, each with its correct reading: for the benchmark and for the tests."""

from benchmarks.support.layouts.brought import BROUGHT
from benchmarks.support.layouts.exports import EXPORTS
from benchmarks.support.layouts.file_names import FILE_NAMES
from benchmarks.support.layouts.folders import CONFIRMED, FOLDERS
from benchmarks.support.layouts.groups import GROUPS
from benchmarks.support.layouts.layout import Counts, Layout
from benchmarks.support.layouts.split_lists import SPLIT_LISTS
from benchmarks.support.layouts.splits import SPLITS
from benchmarks.support.layouts.tables import TABLES

__all__ = ["ALL", "Counts", "Layout"]

ALL = {
    f"{kind}: {name}": layout
    for kind, layouts in (
        ("splits", SPLITS),
        ("lists", SPLIT_LISTS),
        ("exports", EXPORTS),
        ("groups", GROUPS),
        ("folders", FOLDERS),
        ("file names", FILE_NAMES),
        ("confirmed", CONFIRMED),
        ("brought", BROUGHT),
        ("tables", TABLES),
    )
    for name, layout in layouts.items()
}
