"""Tables with all pixels of an image in one field, separated by spaces, such as FER2013: `emotion,pixels,Usage`.

They are read as tables with a column per pixel: lines are rewritten as they are read.
"""

import functools
import io
import re

from imgcls.datasets.importing.sources.arrays._pixel_rows import MAX_LINE, Opener, cells

_PIXELS = re.compile(r"\s*\[?\s*\d+(?:[\s,]+\d+){15,}\s*\]?\s*")
MAX_FIELDS = 20


def is_table(opener: Opener) -> bool:
    """Whether the second line of a table has a field with all pixels."""
    return _place(opener) is not None


def expanded(opener: Opener) -> Opener:
    """The same table with a column per pixel."""
    found = _place(opener)
    assert found is not None
    return functools.partial(_Expanded, opener, *found)


def _place(opener: Opener) -> tuple[int, int] | None:
    """The column with the pixels, and how many there are."""
    with opener() as file:
        top, row = (cells(_text(file.readline(MAX_LINE)), ",") for _ in range(2))
    if not 2 <= len(top) == len(row) <= MAX_FIELDS:
        return None
    return next(
        ((place, len(_values(field))) for place, field in enumerate(row) if _PIXELS.fullmatch(field)),
        None,
    )


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")


def _values(field: str) -> list[str]:
    return field.strip().strip("[]").replace(",", " ").split()


class _Expanded(io.RawIOBase):
    """A file whose lines have a field per pixel. Positions are those of the original file."""

    def __init__(self, opener: Opener, place: int, count: int):
        self._file = opener()
        self._place, self._count = place, count

    def readline(self, size: int | None = -1) -> bytes:
        is_first = self._file.tell() == 0
        line = self._file.readline(MAX_LINE + 1)
        fields = cells(_text(line), ",")
        if len(fields) <= self._place or not line.strip():
            return line
        if is_first:
            fields[self._place : self._place + 1] = [f"pixel{number}" for number in range(self._count)]
        else:
            fields[self._place : self._place + 1] = _values(fields[self._place])
        return ",".join(fields).encode() + b"\n"

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def close(self) -> None:
        self._file.close()
        super().close()
