"""Files compressed with gzip, bzip2 or XZ, recognised by their first bytes: an archive, or a single table."""

import bz2
import gzip
import io
import lzma
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from imgcls.datasets.importing.sources.file_types import Openable
from imgcls.errors import ImageError, SourceError
from imgcls.system import paths

MAX_UNPACKED = 16_000_000_000
"""Bytes of a file, decompressed."""
CHUNK = 1 << 20
SUFFIXES = (".gz", ".bz2", ".xz")
DAMAGED = (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)
"""What Python raises for damaged data."""


def is_compressed(start: bytes) -> bool:
    """Whether a file with these first bytes is compressed."""
    return start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"))


def bare_name(name: str) -> str:
    """The name without the ending of compressed files."""
    return name[: name.rindex(".")] if name.lower().endswith(SUFFIXES) else name


def first_bytes(path: Openable, count: int) -> bytes:
    """The first bytes of the content of a compressed file; none if it is damaged."""
    with path.open("rb") as file:
        try:
            with _reader(file) as content:
                return content.read(count)
        except DAMAGED:
            return b""


def decompressed(data: bytes, most: int) -> bytes:
    """The content of a compressed file.

    Raises:
        ImageError: it is damaged, or has more than `most` bytes.
    """
    try:
        with _reader(io.BytesIO(data)) as content:
            found = content.read(most + 1)
    except DAMAGED as error:
        raise ImageError("A compressed file is damaged.", "damaged in the archive") from error
    if len(found) > most:
        raise ImageError("A compressed file is too large.", f"larger than {most // 1_000_000} MB")
    return found


def to_file(path: Openable, target: IO[bytes], name: str, most: int) -> None:
    """Decompresses the file called `name`, in chunks.

    Raises:
        SourceError: it is damaged, or has more than `most` bytes.
    """
    total = 0
    with path.open("rb") as file, _reader(file) as content:
        while data := _chunk(content, name):
            total += len(data)
            if total > most:
                raise SourceError(
                    f"{name} is larger than {most / 1e9:.0f} GB when decompressed. Import a part of it, or decompress "
                    "it and import the folder."
                )
            target.write(data)


def limit() -> int:
    """How large a decompressed file may be: it must leave half of the free disk space."""
    return min(MAX_UNPACKED, shutil.disk_usage(temporary_folder()).free // 2)


def temporary_folder() -> Path:
    """The folder for temporary files: on the disk that holds the imported datasets."""
    folder = paths.own_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def temporary_file() -> Iterator[Path]:
    """A new file that is removed afterwards."""
    with tempfile.NamedTemporaryFile(dir=temporary_folder(), prefix=".unpacked-") as file:
        yield Path(file.name)


def _reader(file: IO[bytes]) -> io.BufferedIOBase:
    start = file.read(6)
    file.seek(0)
    if start.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if start.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMAFile(file)
    return gzip.GzipFile(fileobj=file)


def _chunk(content: io.BufferedIOBase, name: str) -> bytes:
    try:
        return content.read(CHUNK)
    except DAMAGED as error:
        raise SourceError(f"{name} is damaged or incomplete. Upload it again, or create it again.") from error
