"""Objects below a URL, through fsspec. An object is written as a whole: a reader sees the old one or the new one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imgcls.errors import RunError, SettingError

NOT_INSTALLED = 'Object storage needs the package fsspec and one for your provider: pip install "imgcls[storage]" s3fs'


class Storage:
    """Reads and writes below a URL such as s3://bucket/folder.

    Raises:
        SettingError: the URL is of no known kind, or the package for it is missing.
    """

    def __init__(self, url: str):
        try:
            import fsspec
        except ImportError as error:
            raise SettingError(NOT_INSTALLED) from error
        try:
            self._files, root = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
        except (ValueError, ImportError) as error:
            raise SettingError(f"'{url}' cannot be used as storage: {error}") from error
        self.url, self._root = url.rstrip("/"), root.rstrip("/")

    def sizes(self, folder: str) -> dict[str, int]:
        """The objects directly in a folder, with their sizes in bytes; empty if there is no such folder."""
        with self._reached():
            try:
                entries = self._files.ls(self._path(folder), detail=True)
            except FileNotFoundError:
                return {}
            return {
                entry["name"].rsplit("/", 1)[-1]: entry["size"] or 0 for entry in entries if entry["type"] == "file"
            }

    def tree(self, folder: str) -> dict[str, int]:
        """All objects below a folder with their sizes, by their names relative to it: one request for 1,000 of them."""
        with self._reached():
            try:
                entries = self._files.find(self._path(folder), detail=True)
            except FileNotFoundError:
                return {}
            start = f"{self._path(folder).lstrip('/')}/"
            named = {name.lstrip("/"): entry["size"] or 0 for name, entry in entries.items()}
            return {name.removeprefix(start): size for name, size in named.items() if name.startswith(start)}

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder."""
        with self._reached():
            try:
                entries = self._files.ls(self._path(folder), detail=True)
            except FileNotFoundError:
                return []
            return sorted(entry["name"].rstrip("/").rsplit("/", 1)[-1] for entry in entries if entry["type"] != "file")

    def read(self, name: str, start: int | None = None) -> bytes | None:
        """The content of an object, from `start` on if that is given; None if there is none."""
        with self._reached():
            try:
                return self._files.cat_file(self._path(name), start=start)
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        """Replace an object."""
        with self._reached():
            self._make_folder(name)
            self._files.pipe_file(self._path(name), data)

    def upload(self, path: Path, name: str) -> None:
        """Replace an object with the content of a file."""
        with self._reached():
            self._make_folder(name)
            self._files.put_file(str(path), self._path(name))

    def download(self, name: str, path: Path) -> None:
        """Write an object to a file."""
        with self._reached():
            self._files.get_file(self._path(name), str(path))

    def remove(self, name: str) -> None:
        """Delete an object, if it exists."""
        with self._reached():
            try:
                self._files.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _make_folder(self, name: str) -> None:
        if getattr(self._files, "protocol", "") in ("file", ("file", "local")):  # object stores have none
            Path(self._path(name)).parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (SettingError, RunError):
            raise
        except Exception as error:  # each provider's package raises errors of its own
            raise RunError(f"The storage {self.url} cannot be used: {_first_line(error)}") from error


def _first_line(error: Any) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
