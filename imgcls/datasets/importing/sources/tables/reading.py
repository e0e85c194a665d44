"""CSV, lists of words, JSON and JSON lines become a `Table`: rows of text, with a header if there is one.

Lines are checked before they are split, so that a line of two million commas costs nothing.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imgcls.datasets.importing.class_names import visible
from imgcls.datasets.importing.sources import file_types
from imgcls.datasets.importing.sources.tables import delimiters, json_records
from imgcls.datasets.importing.sources.values import canonical, is_number
from imgcls.errors import SourceError

MAX_ROWS = 1_000_000
MAX_FIELDS = 2_000
MAX_LINE = 1_000_000
MAX_BYTES = 400_000_000
TABLES = (".csv", ".tsv", ".tab", ".txt", ".lst", ".jsonl", ".ndjson", ".json", ".manifest")
_BOXES = ("file", "xmin", "ymin", "xmax", "ymax", "class", "width", "height")
SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=([,;\t|])\"?\s*", re.IGNORECASE)
"""The first line of a table that names the delimiter for Excel."""


@dataclass
class Table:
    """Rows of text. Every row has as many fields as the header; without a header, its names are empty.

    `where` names a row in messages, such as "row 7". `notes` say how fields were changed.
    """

    name: str
    header: list[str]
    rows: list[tuple[int, list[str]]]
    folder: str = ""  # of the table within its archive: file names may be relative to it
    where: str = "row"
    notes: list[str] = field(default_factory=list)
    _values: dict[int, list[str]] = field(default_factory=dict, init=False, repr=False)

    @property
    def width(self) -> int:
        return len(self.header)

    def column(self, place: int) -> list[str]:
        """The fields of a column as they are written."""
        return [row[place] for _, row in self.rows]

    def values(self, place: int) -> list[str]:
        """The canonical values of a column, see `values.canonical`."""
        if place not in self._values:
            known = {field_: canonical(field_) for field_ in {row[place] for _, row in self.rows}}
            self._values[place] = [known[row[place]] for _, row in self.rows]
        return self._values[place]

    def forget(self) -> None:
        """Must be called after rows were changed."""
        self._values.clear()

    def row_name(self, number: int) -> str:
        return f"{self.name}, {self.where} {number}"


def of_file(path: Path, name: str, is_file: Callable[[str], bool]) -> Table:
    """The table in a file on disk. `is_file` tells whether a field names a file of the archive beside it.

    Raises:
        SourceError: it cannot be read; the message names the row.
    """
    if not file_types.start_of(path, name).startswith(file_types.UTF16):
        file_types.check_table(path, name)
    if path.stat().st_size > MAX_BYTES:
        raise SourceError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB. Split it, and the archive as well.")
    return of_bytes(path.read_bytes(), name, is_file)


def of_bytes(data: bytes, name: str, is_file: Callable[[str], bool], folder: str = "") -> Table:
    """The table in the content of a file, as `of_file`."""
    text = _decoded(data, name)
    start = text.lstrip()[:1]
    if start == "{" or start == "[":
        return _of_json(text, name, folder, is_file)
    return _of_text(text, name, is_file, folder)


def _decoded(data: bytes, name: str) -> str:
    encoding = "utf-16" if data.startswith(file_types.UTF16) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{name}, row {row} is not UTF-8 text. Save the table as CSV UTF-8.") from None


# ---- text with delimiters


def _of_text(text: str, name: str, is_file: Callable[[str], bool], folder: str) -> Table:
    lines = _lines(text, name)
    if not lines:
        raise SourceError(f"{name} has no rows. Expected file names and labels.")
    if len(lines) > 2 and lines[0][1].strip() == str(len(lines) - 2):
        lines = lines[1:]  # a count of the rows, as CelebA has it
    lines, delimiter = _without_comments(lines, is_file)
    rows: list[tuple[int, list[str]]] = []
    for number, line in lines:
        if delimiter.strip() and line.count(delimiter) >= MAX_FIELDS:
            raise SourceError(
                f"{name}, row {number} has {line.count(delimiter) + 1:,} fields. Expected two columns: file names and "
                "labels."
            )
        cells = [visible(cell) for cell in delimiters.split(line, delimiter)]
        if len(rows) == 1 and len(cells) == len(rows[0][1]) + 1 and delimiters.lacks_a_name(lines, delimiter):
            rows[0][1].insert(0, "")
        if rows and len(cells) != len(rows[0][1]):
            if len(cells) == len(rows[0][1]) + 1 and not cells[-1]:
                cells.pop()  # a delimiter at the end of the row
            else:
                raise SourceError(
                    f"{name}, row {number} has {len(cells)} fields. Expected {len(rows[0][1])}, as in the first row. "
                    "Fix that row."
                )
        rows.append((number, cells))
    table = _with_header(Table(name, [""] * len(rows[0][1]), rows, folder), is_file)
    return _with_json_fields(_with_names_of_boxes(table, is_file))


def _without_comments(
    lines: list[tuple[int, str]], is_file: Callable[[str], bool]
) -> tuple[list[tuple[int, str]], str]:
    """The lines of the table, and its delimiter.

    A line that begins with "#" is a comment, unless it has as many fields as the others: names of files, labels and the
    title of a column may begin with one. Between words separated by spaces, it always is.
    """
    others = [line for line in lines if not line[1].startswith("#")]
    if len(others) < 2:
        return lines, delimiters.delimiter_of(lines, is_file)
    delimiter = delimiters.delimiter_of(others, is_file)
    if len(others) == len(lines) or not delimiter.strip():
        return others, delimiter
    width = len(delimiters.split(others[-1][1], delimiter))
    return [
        line for line in lines if not line[1].startswith("#") or len(delimiters.split(line[1], delimiter)) == width
    ], delimiter


def _lines(text: str, name: str) -> list[tuple[int, str]]:
    """(line number, text) of each line that is not empty. Line breaks within quotes belong to the field."""
    found: list[tuple[int, str]] = []
    open_quote: list[str] = []
    began = 0
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if len(line) > MAX_LINE:
            raise SourceError(
                f"{name}, row {number} is longer than {MAX_LINE / 1e6:.0f} MB. Expected one image per row. Check "
                "whether line breaks are missing."
            )
        if open_quote:
            open_quote.append(line)
            if line.count('"') % 2 or len(open_quote) > 50:
                found.append((began, "\n".join(open_quote)))
                open_quote = []
        elif line.count('"') % 2:
            open_quote, began = [line], number
        elif line.strip(' \t,;|"') and not (number == 1 and SEPARATOR_LINE.fullmatch(line)):
            found.append((number, line))
        if len(found) > MAX_ROWS:
            raise SourceError(f"{name} has more than {MAX_ROWS:,} rows. Split it, and the archive as well.")
    if open_quote:
        found.append((began, "\n".join(open_quote)))
    return found


def _with_header(table: Table, is_file: Callable[[str], bool]) -> Table:
    """The same table, with its first row as header unless that row is data.

    It is data if it names a file, or if it has numbers or file extensions where the rows below have them.
    """
    _, top = table.rows[0]
    rest = [row for _, row in table.rows[1 : delimiters.SAMPLE + 1]]
    if not rest:
        names_file = any(map(is_file, top))
        return table if names_file else Table(table.name, top, [], table.folder)
    evidence = 0.0
    for place, field_ in enumerate(top):
        below = [row[place] for row in rest]
        files = sum(map(is_file, below)) / len(below)
        if files > 0.5 and (is_file(field_) or _extension(field_) in {_extension(other) for other in below} - {""}):
            return table
        if not field_:
            evidence += 1
        elif field_ not in below:
            numbers = sum(is_number(other) for other in below if other) / max(1, sum(map(bool, below)))
            evidence += 2 if numbers > 0.9 and not is_number(field_) else 1
            evidence -= 3 if is_number(field_) else 0
    if evidence <= 0:
        return table
    return Table(table.name, top, table.rows[1:], table.folder)


def _with_names_of_boxes(table: Table, is_file: Callable[[str], bool]) -> Table:
    """The same table with the header that a list of boxes lacks: file, left, top, right, bottom, class.

    RetinaNet reads such lists, with the size of the image at the end in some datasets.
    """
    sample = [row for _, row in table.rows[: delimiters.SAMPLE]]
    is_wide = table.width in (len(_BOXES) - 2, len(_BOXES)) and not any(table.header)
    if not is_wide or not all(is_file(row[0]) and not is_number(row[5]) for row in sample):
        return table
    corners = [row[1:5] for row in sample if any(row[1:5])]
    if not corners or not all(all(map(is_number, of)) for of in corners):
        return table
    if not all(float(left) < float(right) and float(top) < float(bottom) for left, top, right, bottom in corners):
        return table
    return Table(table.name, list(_BOXES[: table.width]), table.rows, table.folder, table.where, table.notes)


def _extension(field_: str) -> str:
    stem, dot, extension = field_.rpartition(".")
    return extension.casefold() if dot and stem and 2 <= len(extension) <= 5 and not is_number(field_) else ""


# ---- JSON


def _of_json(text: str, name: str, folder: str, is_file: Callable[[str], bool]) -> Table:
    records, where = json_records.of_text(text, name, is_file)
    if len(records) > MAX_ROWS:
        raise SourceError(f"{name} has more than {MAX_ROWS:,} rows. Split it, and the archive as well.")
    return _of_records(records, name, folder, where)


def _of_records(records: Sequence[tuple[int, dict[str, str]]], name: str, folder: str, where: str) -> Table:
    header: dict[str, None] = {}
    for _, record in records:
        header.update(dict.fromkeys(record))
    if len(header) > MAX_FIELDS:
        raise SourceError(f"{name} has {len(header):,} different keys. Expected file names and labels.")
    rows = [(number, [record.get(key, "") for key in header]) for number, record in records]
    return Table(name, [visible(key) for key in header], rows, folder, where)


def _with_json_fields(table: Table) -> Table:
    """The same table with a column per key of JSON objects in its fields, as VGG's Image Annotator has them."""
    if len(set(table.header)) < table.width or not table.rows:
        return table
    for _, row in table.rows:
        row[:] = [json_records.choices(field) for field in row]
    found = {place for place in range(table.width) if any(row[place][:1] in ("{", "[") for _, row in table.rows)}
    contents = {place: json_records.of_fields(table.header[place], table.column(place)) for place in found}
    if not any(contents.values()):
        return table
    records = []
    for line, (number, row) in enumerate(table.rows):
        record: dict[str, str] = {}
        for place, title in enumerate(table.header):
            record |= (contents.get(place) or {line: {title: row[place]}})[line]
        records.append((number, record))
    return _of_records(records, table.name, table.folder, table.where)
