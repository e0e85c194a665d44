"""A container that comes with a table of its images, such as a parquet file."""

from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Item
from imgcls.datasets.importing.sources.tables import assign
from imgcls.datasets.importing.sources.tables.matching import FileIndex
from imgcls.datasets.importing.sources.tables.parquet import ParquetImages

ORDER = 10


def recognises(files: Files) -> bool:
    return isinstance(files, ParquetImages)


def to_items(files: Files, findings: Findings) -> list[Item]:
    """The images with the classes of the table.

    Raises:
        SourceError: no column holds labels, or fewer than two classes remain.
    """
    assert isinstance(files, ParquetImages)
    index = FileIndex((path, path.split("/"), key) for path, key in files.entries)
    return assign.to_items([files.table], index, [path for path, _ in files.entries], findings)
