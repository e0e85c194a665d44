"""A table that a long command writes row by row, so that it can go on after it was interrupted.

Rows are collected in NAME.part, which becomes NAME when the command has finished.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from imgcls.cli import exit_codes

ENDING = ".part"
FLUSHED_ROWS = 50
"""Rows after which the file is flushed: what a killed process loses."""
CHUNK = 1 << 16
LINE_END = b"\r\n"


class PartialCsv:
    """The table being written. `rows_before` are those of an earlier call; read them once, before `write`.

    Raises:
        CommandError: the part is that of another table, or cannot be written.
    """

    def __init__(self, target: Path, head: Sequence[str], *, resumes: bool):
        self.path, self._target, self._head = target.with_name(target.name + ENDING), target, list(head)
        self._file: TextIO | None = None
        self._since = 0
        try:
            self._is_new = not (resumes and self.path.exists() and self._cut_to_whole_lines())
        except OSError as error:
            raise _not_written(self.path, error) from error

    def rows_before(self) -> Iterator[dict[str, str]]:
        """The rows that are there already, by column."""
        if self._is_new:
            return
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                rows = csv.reader(file)
                if next(rows, []) != self._head:
                    raise exit_codes.CommandError(
                        f"{self.path} belongs to another command or run. Delete it, or write another file.",
                        exit_codes.USAGE,
                    )
                for row in rows:
                    yield dict(zip(self._head, row, strict=False))
        except (UnicodeDecodeError, csv.Error) as error:
            raise exit_codes.CommandError(
                f"{self.path} is damaged. Delete it and start again.", exit_codes.USAGE
            ) from error

    def write(self, row: Sequence[str]) -> None:
        """Adds a row."""
        try:
            file = self._file or self._open()
            csv.writer(file).writerow(row)
            self._since += 1
            if self._since >= FLUSHED_ROWS:
                file.flush()
                self._since = 0
        except OSError as error:
            raise _not_written(self.path, error) from error

    def close(self) -> None:
        """Keeps the part for a later call."""
        file, self._file = self._file, None
        try:
            if file is not None:
                file.close()
        except OSError as error:
            raise _not_written(self.path, error) from error

    def discard(self) -> None:
        """Removes the part."""
        self.close()
        self.path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Makes the part the table."""
        try:
            if self._file is None:
                self._open()
            self.close()
            self.path.replace(self._target)
        except OSError as error:
            raise _not_written(self._target, error) from error

    def _open(self) -> TextIO:
        encoding = "utf-8-sig" if self._is_new else "utf-8"
        file = self.path.open("w" if self._is_new else "a", encoding=encoding, errors="replace", newline="")
        self._file = file
        if self._is_new:
            csv.writer(file).writerow(self._head)
        return file

    def _cut_to_whole_lines(self) -> bool:
        """Removes an incomplete last line, as a killed process leaves it; whether anything is left."""
        with self.path.open("rb+") as file:
            end = file.seek(0, 2)
            while end:
                start = max(0, end - CHUNK)
                file.seek(start)
                found = file.read(end - start).rfind(LINE_END)
                if found >= 0:
                    file.truncate(start + found + len(LINE_END))
                    return True
                end = start + 1 if start else 0  # the two bytes may lie on both sides
            return False


def _not_written(path: Path, error: OSError) -> exit_codes.CommandError:
    return exit_codes.CommandError(f"{path} could not be written: {error.strerror or error}.", exit_codes.FAILED)
