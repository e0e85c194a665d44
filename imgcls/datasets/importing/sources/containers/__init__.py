"""Containers of files: what they hold, and the bytes of one file.

zip_archive      a zip archive, checked before anything is unpacked
name_encoding    the encoding of the names in a zip archive
tar_archive      a tar archive, possibly compressed
server_folder    a folder on this machine
plain_tables     tables as UTF-8 without compression, whatever they were stored as
text_encoding    the encoding of tables
nested           archives in a container, read as folders
unpacked         archives in a container, each opened like a file
compression      files compressed with gzip, bzip2 or XZ
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import name_encoding, tar_archive
from imgcls.datasets.importing.sources.containers.tar_archive import TarArchive
from imgcls.datasets.importing.sources.containers.unpacked import Container
from imgcls.datasets.importing.sources.containers.zip_archive import Archive


class Files(Protocol):
    """An open container. Paths are relative, with `/` between the components; they are data and never opened."""

    name: str

    @property
    def entries(self) -> list[tuple[str, Any]]:
        """(path, key) of each file."""

    def __hash__(self) -> int: ...

    def read(self, key: Any, most: int | None = None) -> bytes:
        """The bytes of a file. Raises ImageError if it is damaged, or has more than `most` bytes, by default
        those of an image."""


@contextmanager
def open_archive(path: Path, name: str, findings: Findings) -> Iterator[Container]:
    """The open archive called `name`. Raises SourceError if it is none, or malicious."""
    if tar_archive.recognises(path, short(name)):
        with TarArchive(path, name, findings.skipped) as tar:
            yield tar
        return
    encoding_of = functools.partial(name_encoding.ask, findings=findings)
    with Archive(path, name, findings.skipped, encoding_of) as archive:
        yield archive
