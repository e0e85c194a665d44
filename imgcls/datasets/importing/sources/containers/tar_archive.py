"""Read tar archives (.tar, .tar.gz, .tar.bz2, .tar.xz) safely: all headers are checked before any file is read.

A compressed archive is decompressed once, in chunks, to a temporary file without a name, so that files can be read in
any order. As in zip archives, names are never used as a path, and a malicious entry rejects the archive as a whole.
"""

import contextlib
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import file_types, items
from imgcls.datasets.importing.sources.containers import compression
from imgcls.datasets.importing.sources.containers.zip_archive import (
    CHUNK,
    MAX_ENTRIES,
    MAX_IMAGE_BYTES,
    hostile_name,
)
from imgcls.datasets.importing.sources.file_types import Openable
from imgcls.errors import ImageError, SourceError

MAX_HEADER = 1_000_000
"""Bytes of the extended header of a file, such as a long name."""
KINDS = {tarfile.SYMTYPE: "is a link", tarfile.LNKTYPE: "is a link"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes of a file are in the decompressed archive."""

    start: int
    size: int


def recognises(path: Openable, name: str) -> bool:
    """Whether the file is a tar archive, possibly compressed, by its content."""
    start = file_types.start_of(path, name)
    if compression.is_compressed(start):
        start = compression.first_bytes(path, tarfile.BLOCKSIZE)
    return is_header(start)


def is_header(start: bytes) -> bool:
    """Whether these are the first bytes of a tar archive that is not compressed."""
    with contextlib.suppress(tarfile.HeaderError, ValueError):
        return bool(tarfile.TarInfo.frombuf(start[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape").name)
    return False


class TarArchive:
    """An open archive. `entries` are its files as (name, place); use as a context.

    Raises:
        SourceError: it is damaged, too large, or malicious.
    """

    def __init__(self, path: Openable, name: str, skipped: SkippedFiles | None = None):
        self.name = short(name)
        self._file = self._decompressed(path)
        try:
            self.entries = self._files(SkippedFiles() if skipped is None else skipped)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "TarArchive":
        return self

    def __exit__(self, *_) -> None:
        self._file.close()

    def read(self, key: Place, most: int | None = None) -> bytes:
        """The bytes of a file. Raises ImageError if it has more than `most` bytes or cannot be read."""
        most = MAX_IMAGE_BYTES if most is None else most
        if key.size > most:
            limit = f"larger than {most // 1_000_000} MB"
            raise ImageError(f"A file in {self.name} is too large.", limit)
        self._file.seek(key.start)
        data = self._file.read(key.size)
        if len(data) != key.size:
            raise ImageError(f"A file in {self.name} is damaged.", "damaged in the archive")
        return data

    def size(self, key: Place) -> int:
        """The number of bytes of a file."""
        return key.size

    def stream(self, key: Place) -> Iterator[bytes]:
        """The bytes of a file in chunks. Raises ImageError if it cannot be read."""
        place, end = key.start, key.start + key.size
        while place < end:
            self._file.seek(place)
            data = self._file.read(min(CHUNK, end - place))
            if not data:
                raise ImageError(f"A file in {self.name} is damaged.", "damaged in the archive")
            place += len(data)
            yield data

    def _decompressed(self, path: Openable) -> IO[bytes]:
        if not compression.is_compressed(file_types.start_of(path, self.name)):
            return path.open("rb")
        target = tempfile.TemporaryFile(dir=compression.temporary_folder())  # noqa: SIM115 - open as long as the archive
        try:
            compression.to_file(path, target, self.name, compression.limit())
        except BaseException:
            target.close()
            raise
        return target

    def _files(self, skipped: SkippedFiles) -> list[tuple[str, Place]]:
        end = self._file.seek(0, 2)
        self._file.seek(0)
        found = []
        count = 0
        try:
            with tarfile.open(fileobj=_Limited(self._file), mode="r:") as archive:  # type: ignore[call-overload]
                while (member := archive.next()) is not None:
                    archive.members.clear()  # tarfile would keep a list of all
                    count += 1
                    if count > MAX_ENTRIES:
                        raise SourceError(
                            f"{self.name} has more than {MAX_ENTRIES:,} files. Split it, import one part, and add the "
                            "others to that dataset."
                        )
                    name = self._checked(member)
                    if member.isdir():
                        continue
                    if member.offset_data + member.size > end:
                        raise self._incomplete()
                    if member.size or items.is_clutter(name.split("/")):
                        found.append((name, Place(member.offset_data, member.size)))
                    else:
                        skipped.add("empty", name)
                self._file.seek(archive.offset)  # tarfile takes a damaged header for the end
                if self._file.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
                    raise self._incomplete()
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            raise self._incomplete() from error
        return found

    def _checked(self, member: tarfile.TarInfo) -> str:
        """The name with `/` between folders. Raises SourceError if the entry is malicious."""
        name = member.name.replace("\\", "/")
        why = hostile_name(name)
        if not why and not member.isdir() and (member.type not in tarfile.REGULAR_TYPES or member.issparse()):
            why = KINDS.get(member.type, "is not a regular file")
        if why:
            raise SourceError(
                f"{self.name} was rejected because its entry {short(member.name)} {why}. Expected only folders of "
                "images. Create the archive again."
            )
        return name

    def _incomplete(self) -> SourceError:
        return SourceError(f"{self.name} is damaged or incomplete. Upload it again, or create it again.")


class _Limited:
    """The file as tarfile reads it: headers only, and none that would fill the memory."""

    def __init__(self, file: IO[bytes]):
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_HEADER:
            raise tarfile.ReadError("the header of a file is too large")
        return self._file.read(size)
