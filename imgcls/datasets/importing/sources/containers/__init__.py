"""Containers of files: what they hold, and the bytes of one file.

zip_archive      a zip archive, checked before anything is unpacked
server_folder    a folder on this machine
"""

from typing import Any, Protocol


class Files(Protocol):
    """An open container. Paths are relative, with `/` between the components; they are data and never opened."""

    name: str

    @property
    def entries(self) -> list[tuple[str, Any]]:
        """(path, key) of each file."""

    def read(self, key: Any) -> bytes:
        """The bytes of a file. Raises ImageError if it is damaged or too large."""
