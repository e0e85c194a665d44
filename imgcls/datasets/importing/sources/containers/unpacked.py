"""Archives within a container, each opened like a file: copied into one temporary file, or in place in a folder."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Literal, Protocol

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.sources.containers import compression
from imgcls.datasets.importing.time_limit import TimeLimit
from imgcls.errors import SourceError


class Container(Protocol):
    """A container whose files can be read in chunks."""

    name: str
    entries: list[tuple[str, Any]]

    def __hash__(self) -> int: ...

    def read(self, key: Any, most: int | None = None) -> bytes: ...

    def size(self, key: Any) -> int: ...

    def stream(self, key: Any) -> Iterator[bytes]: ...


class Store:
    """The archives of a container, copied into one file. Those in a folder are read where they are.

    Raises:
        SourceError: they are larger than the free disk space allows.
    """

    def __init__(self, path: Path, outer: Container, archives: Sequence[tuple[str, Any]]):
        self.name = outer.name
        self._outer, self._path = outer, path
        self._open: tuple[Path, IO[bytes]] | None = None
        self._most = compression.limit()
        size = sum(outer.size(key) for _, key in archives if not isinstance(key, Path))
        if size > self._most:
            raise SourceError(
                f"The archives in {self.name} are larger than {self._most / 1e9:.1f} GB, which is what the free disk "
                "space allows. Free some disk space, or unpack them and import the folder."
            )
        self._target = path.open("wb")

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_) -> None:
        self._target.close()
        if self._open:
            self._open[1].close()

    def part(self, path: str, key: Any, limit: TimeLimit) -> "Part":
        """An archive to open. Raises ImageError if it is damaged; SourceError if the time is over."""
        if isinstance(key, Path):
            return Part(self, key, 0, self._outer.size(key))
        start = self._target.tell()
        for data in self._outer.stream(key):
            self._target.write(data)
            limit.check(f"while {short(path)} was unpacked")
        return self._since(start)

    def decompressed(self, part: "Part", name: str) -> "Part":
        """The content of a compressed archive. Raises SourceError if it is damaged or too large."""
        start = self._target.tell()
        compression.to_file(part, self._target, name, min(self._most, compression.limit()))
        return self._since(start)

    def _since(self, start: int) -> "Part":
        self._target.flush()
        return Part(self, self._path, start, self._target.tell() - start)

    def read(self, path: Path, place: int, size: int) -> bytes:
        """Bytes of a file. One file is kept open, because archives are mostly read one after the other."""
        if self._open is None or self._open[0] != path:
            if self._open:
                self._open[1].close()
            self._open = path, path.open("rb")
        file = self._open[1]
        file.seek(place)
        return file.read(size)


class Part:
    """A part of a file, to be opened like a file."""

    def __init__(self, store: Store, path: Path, start: int, size: int):
        self.store, self.path, self.start, self.size = store, path, start, size

    def open(self, mode: Literal["rb"]) -> IO[bytes]:
        assert mode == "rb"
        return io.BufferedReader(_Window(self))


class _Window(io.RawIOBase):
    """A part of a file as a file of its own."""

    def __init__(self, part: Part):
        self._part, self._place = part, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._part.size}[whence]
        if self._place < 0:
            raise OSError("negative seek position")
        return self._place

    def readinto(self, buffer: Any) -> int:
        part = self._part
        wanted = max(0, min(len(buffer), part.size - self._place))
        data = part.store.read(part.path, part.start + self._place, wanted) if wanted else b""
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
