"""Read zip archives safely: all entries are checked before anything is unpacked, then they are read one by one.

The name of an entry is never used as a path. An archive with a malicious entry is rejected as a whole; entries that are
merely damaged are reported and skipped.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import file_types, items
from imgcls.datasets.importing.sources.containers import name_encoding
from imgcls.datasets.importing.sources.file_types import Openable
from imgcls.errors import ImageError, SourceError

MAX_ENTRIES = 120_000
MAX_DIRECTORY = 32_000_000
"""Bytes of the central directory: Python reads it into memory as a whole."""
MAX_IMAGE_BYTES = 50_000_000
"""Of one image, unpacked. How well it is compressed does not matter: white scans shrink to a thousandth, and what an
image costs is limited by its pixels when it is decoded."""
MAX_TOTAL = 64_000_000_000
CHUNK = 1 << 20

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, OSError)
"""What Python's zipfile raises for damaged entries."""

_END = struct.Struct("<4s4H2LH")


class Archive:
    """An open archive. `entries` are its files as (name, info); use as a context.

    Raises:
        SourceError: it is not a zip archive, incomplete, encrypted, or malicious.
    """

    def __init__(
        self,
        path: Openable,
        name: str,
        skipped: SkippedFiles | None = None,
        encoding_of: name_encoding.Choice = name_encoding.most_likely,
    ):
        self.name = short(name)
        file_types.check_zip(path, self.name)
        _check_directory_size(path, self.name)
        self._file = path.open("rb")
        try:
            self._zip = zipfile.ZipFile(self._file)
        except (*DAMAGED, UnicodeError) as error:
            self._file.close()
            raise SourceError(f"{self.name} is damaged: its list of files cannot be read. Create it again.") from error
        try:
            unknown = [stored for info in self._zip.infolist() if (stored := name_encoding.unknown_name(info))]
            self._encoding = encoding_of(unknown) if unknown else ""
            self.entries = self._files(SkippedFiles() if skipped is None else skipped)
            for info in self._zip.infolist():
                self._check(self._decoded(info), info)
            self._check_overlaps()
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_) -> None:
        self._close()

    def read(self, info: zipfile.ZipInfo, most: int | None = None) -> bytes:
        """The bytes of an entry, never more than its declared size.

        Raises:
            ImageError: the entry is damaged, or has more than `most` bytes.
        """
        most = MAX_IMAGE_BYTES if most is None else most
        if info.file_size > most:
            raise ImageError(f"{short(info.filename)} is too large.", f"larger than {most // 1_000_000} MB")
        try:
            with self._zip.open(info) as file:
                data = file.read(info.file_size)
        except DAMAGED as error:
            raise _damaged(info) from error
        if len(data) != info.file_size:
            raise _damaged(info)
        return data

    def size(self, info: zipfile.ZipInfo) -> int:
        """The number of bytes that an entry declares."""
        return info.file_size

    def stream(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """The bytes of an entry in chunks, never more than its declared size. Raises ImageError if it is damaged."""
        left = info.file_size
        try:
            with self._zip.open(info) as file:
                while left and (data := file.read(min(CHUNK, left))):
                    left -= len(data)
                    yield data
        except DAMAGED as error:
            raise _damaged(info) from error
        if left:
            raise _damaged(info)

    def _close(self) -> None:
        self._zip.close()
        self._file.close()

    def _decoded(self, info: zipfile.ZipInfo) -> str:
        """The intended name, with `/` between folders; some programs of Windows write backslashes."""
        name = name_encoding.unicode_path(info) or info.filename
        if not (info.flag_bits & 0x800 or name.isascii()) and name == info.filename:
            stored = name.encode(name_encoding.WESTERN)
            encoding = self._encoding if name_encoding.unknown_name(info) else "utf-8"
            name = stored.decode(encoding, "replace")
        return name.replace("\\", "/")

    def _files(self, skipped: SkippedFiles) -> list[tuple[str, zipfile.ZipInfo]]:
        """The files. Empty ones are skipped without opening them."""
        found = []
        for info in self._zip.infolist():
            name = self._decoded(info)
            if name.endswith("/"):
                continue
            if info.file_size or items.is_clutter(name.split("/")):
                found.append((name, info))
            else:
                skipped.add("empty", name)
        return found

    def _check(self, entry: str, info: zipfile.ZipInfo) -> None:
        why = hostile_name(info.orig_filename.replace("\\", "/")) or hostile_name(entry)
        kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == 3 else 0
        if not why and kind and not (stat.S_ISREG(kind) or (stat.S_ISDIR(kind) and entry.endswith("/"))):
            why = "is a link" if stat.S_ISLNK(kind) else "is not a regular file"
        if why:
            raise SourceError(
                f"{self.name} was rejected because its entry {short(entry)} {why}. Expected only folders of "
                "images. Create the archive again."
            )
        if info.flag_bits & 0x2041:
            raise SourceError(f"{self.name} is encrypted ({short(entry)}). Create it again without a password.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SourceError(
                f"{self.name} uses an unsupported compression method ({info.compress_type}, {short(entry)}). "
                "Create an ordinary zip archive (deflate)."
            )

    def _check_overlaps(self) -> None:
        """Entries must not overlap: otherwise a small archive could hold terabytes (CVE-2024-0450)."""
        end, before, total = 0, "", 0
        for info in sorted(self._zip.infolist(), key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise SourceError(
                    f"{self.name} was rejected because its entries {short(before)} and {short(self._decoded(info))} "
                    "overlap. Create the archive again."
                )
            end, before = info.header_offset + 30 + info.compress_size, self._decoded(info)
            total += info.file_size
        if end > self._zip.start_dir:
            raise SourceError(f"{self.name} is damaged: {short(before)} extends beyond its end. Create it again.")
        if total > MAX_TOTAL:
            raise SourceError(f"{self.name} contains {total / 1e9:.0f} GB. Expected at most {MAX_TOTAL / 1e9:.0f} GB.")


def _check_directory_size(path: Openable, name: str) -> None:
    """Checks the number of entries at the end of the file before Python creates an object for each."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 65_557))
        tail = file.read()
        place = tail.rfind(b"PK\x05\x06")
        if place < 0 or len(tail) < place + _END.size:
            raise SourceError(f"{name} is incomplete: its end is missing. Upload or copy it again.")
        *_, count, length, start, _ = _END.unpack_from(tail, place)
        end = size - len(tail) + place
        if 0xFFFFFFFF in (length, start) or count == 0xFFFF:
            file.seek(max(0, end - 76))
            record = file.read(76)
            if record[:4] == b"PK\x06\x06" and len(record) == 76:  # the ZIP64 record, then its locator
                count, length = struct.unpack_from("<2Q", record, 32)
                end -= 76
        if length > MAX_DIRECTORY or count > MAX_ENTRIES:
            listed = f"{count:,} files" if count > MAX_ENTRIES else f"a list of {length / 1e6:,.0f} MB"
            raise too_many(name, listed)
        file.seek(max(0, end - length))
        if file.read(length).count(b"PK\x01\x02") > MAX_ENTRIES:
            raise too_many(name, "more files than it declares")


def too_many(name: str, listed: str) -> SourceError:
    """The error for an archive with too many files."""
    return SourceError(
        f"{name} has {listed}. Expected at most {MAX_ENTRIES:,} files. Split it, import one part, and add the others "
        "to that dataset."
    )


def _damaged(info: zipfile.ZipInfo) -> ImageError:
    return ImageError(f"{short(info.filename)} is damaged in the archive.", "damaged in the archive")


def hostile_name(name: str) -> str:
    """Why this entry name, with `/` between folders, is malicious; empty if it is not."""
    if "\0" in name:
        return "has a null byte in its name"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "has an absolute path"
    if ".." in name.split("/"):
        return "points outside the archive"
    return ""
