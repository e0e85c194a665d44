"""The door for zip archives: what is listed in one, checked before anything is unpacked; then one entry at a time.

Nothing is ever written by an entry's name. An archive with one hostile entry is refused as a whole, since who packed it
meant harm; an entry that is only broken is told and left out.
"""

import re
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.sources import file_types
from imgcls.errors import ImageError, SourceError

MOST_ENTRIES = 120_000
MOST_DIRECTORY = 32_000_000
"""Bytes of the list at the end of an archive: Python reads it as a whole."""
MOST_BYTES = 50_000_000
"""One picture, unpacked."""
MOST_TOTAL = 64_000_000_000
RATIO, RATIO_FROM = 200, 1_000_000
"""A picture of a megabyte or more does not shrink to a 200th."""

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, OSError)
"""What Python's zipfile raises on an entry that is not as it says."""

_END = struct.Struct("<4s4H2LH")


class Archive:
    """An open archive. `entries` are its files as (name, info); use as a context.

    Raises:
        SourceError: it is no zip archive, not complete, encrypted, or holds what no archive of pictures holds.
    """

    def __init__(self, path: Path, name: str):
        self.name = short(name)
        file_types.check_zip(path, self.name)
        _check_size_of_list(path, self.name)
        try:
            self._zip = zipfile.ZipFile(path)
        except (*DAMAGED, UnicodeError) as error:
            raise SourceError(f"{self.name} is damaged: its list of files cannot be read. Make it again.") from error
        try:
            self.entries = [(_decoded(info), info) for info in self._zip.infolist() if not info.is_dir()]
            for info in self._zip.infolist():
                self._check(_decoded(info), info)
            self._check_places()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_) -> None:
        self._zip.close()

    def read(self, info: zipfile.ZipInfo) -> bytes:
        """The bytes of an entry, never more than it says to have. Raises PictureError where it is not as it says."""
        if info.file_size > MOST_BYTES:
            raise ImageError(f"{short(info.filename)} is too large.", f"larger than {MOST_BYTES // 1_000_000} MB")
        try:
            with self._zip.open(info) as file:
                data = file.read(info.file_size)
        except DAMAGED as error:
            raise _damaged(info) from error
        if len(data) != info.file_size:
            raise _damaged(info)
        return data

    def _check(self, entry: str, info: zipfile.ZipInfo) -> None:
        why = _hostile_name(info.orig_filename)
        kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == 3 else 0
        if not why and kind and not (stat.S_ISREG(kind) or (stat.S_ISDIR(kind) and info.is_dir())):
            why = "is a link" if stat.S_ISLNK(kind) else "is no ordinary file"
        if why:
            raise SourceError(
                f"{self.name} is refused, as its entry {short(entry)} {why}. Expected folders with pictures and "
                "nothing else. Pack the folders anew."
            )
        if info.flag_bits & 0x2041:
            raise SourceError(f"{self.name} is encrypted ({short(entry)}). Pack it again without a password.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SourceError(
                f"{self.name} is packed in a way that is not read here (method {info.compress_type}, {short(entry)}). "
                "Pack it as an ordinary zip archive (deflate)."
            )
        if info.file_size > RATIO_FROM and info.file_size > RATIO * max(1, info.compress_size):
            raise SourceError(
                f"{self.name} is refused, as its entry {short(entry)} would grow from {info.compress_size:,} to "
                f"{info.file_size:,} bytes: no picture does. Take it out and pack the archive anew."
            )

    def _check_places(self) -> None:
        """Each entry has bytes of its own: otherwise a small archive may hold terabytes (CVE-2024-0450)."""
        end, before, total = 0, "", 0
        for info in sorted(self._zip.infolist(), key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise SourceError(
                    f"{self.name} is refused, as its entries {short(before)} and {short(_decoded(info))} share the "
                    "same bytes. Pack the archive anew."
                )
            end, before, total = info.header_offset + 30 + info.compress_size, _decoded(info), total + info.file_size
        if end > self._zip.start_dir:
            raise SourceError(f"{self.name} is damaged: {short(before)} reaches beyond its end. Make it again.")
        if total > MOST_TOTAL:
            raise SourceError(f"{self.name} holds {total / 1e9:.0f} GB. Expected at most {MOST_TOTAL / 1e9:.0f} GB.")


def _check_size_of_list(path: Path, name: str) -> None:
    """Looks at the end of the file, where the number of entries stands, before Python makes an object of each."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 65_557))
        tail = file.read()
        place = tail.rfind(b"PK\x05\x06")
        if place < 0 or len(tail) < place + _END.size:
            raise SourceError(f"{name} is not complete: its end is missing. Upload or copy it again.")
        *_, count, length, start, _ = _END.unpack_from(tail, place)
        end = size - len(tail) + place
        if 0xFFFFFFFF in (length, start) or count == 0xFFFF:
            file.seek(max(0, end - 76))
            record = file.read(76)
            if record[:4] == b"PK\x06\x06" and len(record) == 76:  # the record of large archives, then its locator
                count, length = struct.unpack_from("<2Q", record, 32)
                end -= 76
        if length > MOST_DIRECTORY or count > MOST_ENTRIES:
            listed = f"{count:,} files" if count > MOST_ENTRIES else f"a list of {length / 1e6:,.0f} MB"
            raise _too_many(name, listed)
        file.seek(max(0, end - length))
        if file.read(length).count(b"PK\x01\x02") > MOST_ENTRIES:
            raise _too_many(name, "more files than it says")


def _too_many(name: str, listed: str) -> SourceError:
    return SourceError(
        f"{name} has {listed}. Expected at most {MOST_ENTRIES:,} files. Divide it, import one part, and add the others "
        "to that data set."
    )


def _damaged(info: zipfile.ZipInfo) -> ImageError:
    return ImageError(f"{short(info.filename)} is damaged in the archive.", "damaged in the archive")


def _decoded(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: some programs write UTF-8 and forget to say so."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _hostile_name(name: str) -> str:
    """Why no honest archive has an entry of this name; empty where one may."""
    if "\0" in name:
        return "has a zero byte in its name"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "names a place on the disk"
    if ".." in name.split("/"):
        return "leads out of its folder"
    return ""
