"""Tables as all readers expect them: UTF-8 without compression, whatever they were stored as."""

import codecs
import functools
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources import file_types
from imgcls.datasets.importing.sources.containers import Files, compression, tar_archive, text_encoding
from imgcls.datasets.importing.sources.containers.text_encoding import QUESTION, UTF8, Guess
from imgcls.datasets.importing.sources.containers.zip_archive import MAX_IMAGE_BYTES

TABLES = (".csv", ".tsv", ".tab", ".txt", ".lst", ".jsonl", ".ndjson", ".json", ".manifest", ".names", ".yaml", ".yml")
CHUNK = 1 << 20


class PlainTables:
    """A container in which every table is UTF-8. `labels.csv.gz` is called `labels.csv`."""

    def __init__(self, files: Files, findings: Findings):
        self.name = files.name
        self._files, self._findings = files, findings
        self._guesses: dict[str, Guess] = {}
        there = {path for path, _ in files.entries}
        self._path_of: dict[Any, str] = {}
        self._compressed = set()
        self.entries: list[tuple[str, Any]] = []
        for path, key in files.entries:
            bare = compression.bare_name(path)
            if bare != path and bare.lower().endswith(TABLES) and bare not in there:
                self._compressed.add(key)
                path = bare
            if path.lower().endswith(TABLES):
                self._path_of[key] = path
            self.entries.append((path, key))

    def read(self, key: Any, most: int | None = None) -> bytes:
        """The bytes of a file. Raises ImageError if it is damaged or too large."""
        data = self._files.read(key, most)
        path = self._path_of.get(key)
        if path is None:
            return data
        if key in self._compressed:
            data = compression.decompressed(data, MAX_IMAGE_BYTES if most is None else most)
        return self._utf8(data, path)

    def ask_about(self, names: Collection[str] | None) -> None:
        """Asks for the encoding of tables that is but guessed, and that decides about these names (None: any)."""
        beyond = None if names is None else {name for name in names if not name.isascii()}
        doubtful = [
            one
            for one in self._guesses.values()
            if beyond is None
            or any(name in text for texts in one.candidates.values() for text in texts for name in beyond)
        ]
        text_encoding.ask(doubtful, self._findings)

    @functools.cached_property
    def _names(self) -> set[str]:
        return {path.rpartition("/")[2] for path, _ in self._files.entries}

    def _utf8(self, data: bytes, path: str) -> bytes:
        if encoding := text_encoding.utf16_of(data[:512]):
            return data.decode(encoding, "replace").encode(UTF8)
        if data.isascii() or _is_utf8(data):
            return data
        if path not in self._guesses:
            found = text_encoding.guess(text_encoding.fields_of([data]), self._names)
            if found is None:
                return data  # whoever reads it names the row
            self._guesses[path] = found
        return data.decode(_answered(self._guesses[path], self._findings), "replace").encode(UTF8)


def of_file(path: Path, name: str, findings: Findings, stack: ExitStack) -> tuple[Path, str]:
    """A file as it is, or the plain table in it as a temporary file, with the name that this has.

    Raises:
        SourceError: it is damaged, or too large when decompressed.
    """
    start = file_types.start_of(path, short(name))
    if compression.is_compressed(start) and not tar_archive.recognises(path, short(name)):
        plain = stack.enter_context(compression.temporary_file())
        with plain.open("wb") as target:
            compression.to_file(path, target, short(name), compression.limit())
        path, name = plain, compression.bare_name(name)
        start = file_types.start_of(path, short(name))
    if encoding := text_encoding.utf16_of(start):
        return _converted(path, encoding, stack), name
    if file_types.kind_of(start) or b"\0" in start or _all_utf8(path):
        return path, name
    with path.open("rb") as file:
        found = text_encoding.guess(text_encoding.fields_of(_lines(file)))
    if found is None:
        return path, name
    text_encoding.ask([found], findings)
    return _converted(path, _answered(found, findings), stack), name


def _answered(found: Guess, findings: Findings) -> str:
    answer = findings.answers.get(QUESTION, "")
    return answer if answer in found.candidates else found.encoding


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode(UTF8)
    except UnicodeDecodeError:
        return False
    return True


def _all_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder(UTF8)()
    with path.open("rb") as file:
        try:
            for chunk in _chunks(file):
                if not chunk.isascii() or decoder.getstate()[0]:
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _converted(path: Path, encoding: str, stack: ExitStack) -> Path:
    plain = stack.enter_context(compression.temporary_file())
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with path.open("rb") as file, plain.open("wb") as target:
        for chunk in _chunks(file):
            target.write(decoder.decode(chunk).encode(UTF8))
        target.write(decoder.decode(b"", final=True).encode(UTF8))
    return plain


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Chunks that end with a line."""
    while chunk := file.read(CHUNK):
        yield chunk + file.readline(CHUNK)
