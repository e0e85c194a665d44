"""Parquet files with a row per image: the bytes of an image file, a label, and perhaps more columns.

This is how Hugging Face stores and shares image datasets. The images are read as files whose names are in the table,
and the other columns as a table of labels.
"""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.containers.zip_archive import MAX_IMAGE_BYTES
from imgcls.datasets.importing.sources.items import FEWEST, count_images
from imgcls.datasets.importing.sources.tables.column_names import normal, part_in
from imgcls.datasets.importing.sources.tables.json_records import LABEL_SEPARATOR
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.errors import ImageError, SourceError

MAGIC = b"PAR1"
MAX_BYTES = 2 << 30
MAX_ROWS = 2_000_000
FILE, SPLIT = "file_name", "split"
_IMAGE_NAMES = ("image", "img", "imagebytes", "imgbytes", "bytes", "jpg", "png", "picture", "photo", "pixelvalues")


def inside(files: Files) -> "ParquetImages | None":
    """The parquet files of a container without a dataset of image files, or None if there are none.

    Raises:
        SourceError: they cannot be used, or have different columns.
    """
    entries = [entry for entry in files.entries if entry[0].lower().endswith(".parquet")]
    if not entries or count_images(files.entries) >= FEWEST:
        return None
    return ParquetImages([(path, files.read(key, MAX_BYTES)) for path, key in sorted(entries)], files.name)


class ParquetImages:
    """The images in one or several parquet files with the same columns.

    `table` has a row per image: its name, the part that the name of its file says, and all columns that hold text,
    numbers or lists of these.

    Raises:
        SourceError: a file is damaged, or has no column with image files.
    """

    def __init__(self, sources: Sequence[tuple[str, Path | bytes]], name: str):
        import pyarrow as arrow
        from pyarrow import parquet

        self.name = short(name)
        self.entries: list[tuple[str, Any]] = []
        rows: list[tuple[int, list[str]]] = []
        header: list[str] = []
        self._files = []
        self._errors = (arrow.ArrowException, OSError, ValueError, OverflowError)  # of damaged files
        self._cached: tuple[tuple[int, int], Any] | None = None
        parts = [part_in(path) for path, _ in sources]
        self._column = ""
        for number, (path, source) in enumerate(sources):
            try:
                file = parquet.ParquetFile(io.BytesIO(source) if isinstance(source, bytes) else source)
                schema = file.schema_arrow
            except self._errors as error:
                raise _damaged(path) from error
            self._files.append(file)
            column = _image_column(schema, short(path))
            columns = [field.name for field in schema if field.name != column and _is_plain(field.type)]
            if header and [FILE, *columns, SPLIT] != header:
                raise SourceError(
                    f"{short(path)} has other columns than {short(sources[0][0])}. Import files with the same columns."
                )
            header, self._column = [FILE, *columns, SPLIT], column
            names = _class_names(schema)
            try:
                self._read_rows(number, columns, names, parts[number], rows)
            except self._errors as error:
                raise _damaged(path) from error
        self.table = Table(self.name, header, rows)
        if len(set(parts)) < 2 or "" in parts:
            self.table = Table(self.name, header[:-1], [(number, row[:-1]) for number, row in rows])

    def read(self, key: tuple[int, int, int], most: int | None = None) -> bytes:
        """The bytes of an image. Raises ImageError if there are none, or more than `most`."""
        file, group, row = key
        value = self._group(file, group)[row].as_py()
        data = value.get("bytes") if isinstance(value, dict) else value
        if not data:
            raise ImageError(f"Row {row + 1} has no image.", "without the bytes of an image")
        most = MAX_IMAGE_BYTES if most is None else most
        if len(data) > most:
            raise ImageError(f"The image in row {row + 1} is too large.", f"larger than {most // 1_000_000} MB")
        return data

    def _group(self, file: int, group: int) -> Any:
        """The images of a group of rows; the last one is kept, because images are mostly read in order."""
        if self._cached is None or self._cached[0] != (file, group):
            self._cached = None
            try:
                images = self._files[file].read_row_group(group, [self._column]).column(0)
            except self._errors as error:
                raise ImageError("Its group of rows is damaged.", "damaged in the parquet file") from error
            self._cached = (file, group), images
        return self._cached[1]

    def _read_rows(
        self, number: int, columns: list[str], names: dict[str, list[str]], part: str, rows: list[tuple[int, list[str]]]
    ) -> None:
        file = self._files[number]
        paths = _has_paths(file.schema_arrow, self._column)
        wanted = [*columns, *([f"{self._column}.path"] if paths else [])]
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            table = file.read_row_group(group, wanted).to_pydict() if wanted else {}
            stored = [value or {} for value in table.pop(self._column, [])] if paths else []
            fields = [[_text(value, names.get(column)) for value in table[column]] for column in columns]
            for place in range(count):
                known = stored[place].get("path") if stored else None
                name = f"{len(rows) + 1:07}/{visible(str(known or 'image')).replace(chr(92), '/').split('/')[-1]}"
                self.entries.append((name, (number, group, place)))
                rows.append((len(rows) + 1, [name, *(column[place] for column in fields), part]))
            if len(rows) > MAX_ROWS:
                raise SourceError(f"{self.name} has more than {MAX_ROWS:,} rows. Import a part of it.")


def _damaged(path: str) -> SourceError:
    return SourceError(f"{short(path)} is damaged, or is not a parquet file. Download it again.")


def _image_column(schema: Any, name: str) -> str:
    """The column with the bytes of image files: a struct with `bytes`, or bytes themselves."""
    import pyarrow as arrow

    structs, plain = [], []
    for field in schema:
        if arrow.types.is_struct(field.type) and any(part.name == "bytes" for part in field.type):
            structs.append(field.name)
        elif arrow.types.is_binary(field.type) or arrow.types.is_large_binary(field.type):
            plain.append(field.name)
    for found in (structs, plain):
        named = [column for column in found if normal(column) in _IMAGE_NAMES] or found
        if named:
            return named[0]
    listed = ", ".join(short(field.name) for field in list(schema)[:6])
    raise SourceError(
        f"{name} has no column with image files ({listed}). Expected a column with the bytes of a PNG or "
        "JPEG file per row, as Hugging Face stores images."
    )


def _has_paths(schema: Any, column: str) -> bool:
    import pyarrow as arrow

    kind = schema.field(column).type
    return arrow.types.is_struct(kind) and any(part.name == "path" for part in kind)


def _is_plain(kind: Any) -> bool:
    """Whether values of a column can be shown as text."""
    import pyarrow as arrow

    if arrow.types.is_list(kind) or arrow.types.is_large_list(kind):
        return _is_plain(kind.value_type) and not arrow.types.is_floating(kind.value_type)
    tests = ("is_integer", "is_floating", "is_string", "is_large_string", "is_boolean")
    is_words = arrow.types.is_dictionary(kind) and arrow.types.is_string(kind.value_type)
    return is_words or any(getattr(arrow.types, test)(kind) for test in tests)


def _class_names(schema: Any) -> dict[str, list[str]]:
    """Column -> names of its numbers, from the description that Hugging Face stores with a file."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        found = {}
        for column, feature in features.items():
            inner = feature.get("feature", feature) if isinstance(feature, dict) else feature[0]
            if isinstance(inner, dict) and inner.get("_type") == "ClassLabel":
                found[column] = [str(name) for name in inner["names"]]
        return found
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        return {}


def _text(value: Any, names: list[str] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return LABEL_SEPARATOR.join(_text(part, names) for part in value)
    if names and isinstance(value, int):
        return visible(names[value]) if 0 <= value < len(names) else ""
    return str(int(value)) if isinstance(value, bool) else visible(str(value))
