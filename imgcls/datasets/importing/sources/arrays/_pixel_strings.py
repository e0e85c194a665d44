"""Tables with all pixels of an image in one field, separated by spaces, such as FER2013: `emotion,pixels,Usage`.

They are read as tables with a column per pixel: lines are rewritten as they are read.
"""

import functools
import io
import re
from dataclasses import dataclass

from imgcls.datasets.importing.sources.arrays._pixel_rows import MAX_LINE, Opener, cells, delimiter_of
from imgcls.datasets.importing.sources.tables.reading import SEPARATOR_LINE

_PIXELS = re.compile(r"\s*\[?\s*\d+(?:[\s,]+\d+){15,}\s*\]?\s*")
MAX_FIELDS = 20


@dataclass(frozen=True)
class _Format:
    place: int  # the column with the pixels
    count: int  # of the pixels
    delimiter: str
    header: int  # where the header begins, in bytes


def is_table(opener: Opener) -> bool:
    """Whether the first row of a table has a field with all pixels."""
    return _format(opener) is not None


def expanded(opener: Opener) -> Opener:
    """The same table with a column per pixel."""
    found = _format(opener)
    assert found is not None
    return functools.partial(_Expanded, opener, found)


def _format(opener: Opener) -> _Format | None:
    with opener() as file:
        start, top = 0, _text(file.readline(MAX_LINE))
        if SEPARATOR_LINE.fullmatch(top):
            start, top = file.tell(), _text(file.readline(MAX_LINE))
        delimiter = delimiter_of(top)
        header, row = cells(top, delimiter), cells(_text(file.readline(MAX_LINE)), delimiter)
    if not 2 <= len(header) == len(row) <= MAX_FIELDS:
        return None
    return next(
        (
            _Format(place, len(_values(field)), delimiter, start)
            for place, field in enumerate(row)
            if _PIXELS.fullmatch(field)
        ),
        None,
    )


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")


def _values(field: str) -> list[str]:
    return field.strip().strip("[]").replace(",", " ").split()


class _Expanded(io.RawIOBase):
    """A file whose lines have a field per pixel. Positions are those of the original file."""

    def __init__(self, opener: Opener, form: _Format):
        self._file = opener()
        self._form = form

    def readline(self, size: int | None = -1) -> bytes:
        form, start = self._form, self._file.tell()
        line = self._file.readline(MAX_LINE + 1)
        fields = cells(_text(line), form.delimiter)
        if start < form.header or len(fields) <= form.place or not line.strip():
            return line
        pixels = fields[form.place]
        fields = [f'"{field}"' if form.delimiter in field else field for field in fields]
        names = (f"pixel{number}" for number in range(form.count))
        fields[form.place : form.place + 1] = names if start == form.header else _values(pixels)
        return form.delimiter.join(fields).encode() + b"\n"

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def close(self) -> None:
        self._file.close()
        super().close()
