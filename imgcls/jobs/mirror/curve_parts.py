"""metrics.jsonl in object storage, where nothing can be appended: parts, each named by the byte at which it begins.

The last part is replaced by a longer one until it is full. So their number follows from the size of the curve, not from
how often it was copied, and a reader needs one request for what is new, however late it is.
"""

from collections.abc import Mapping
from pathlib import Path

from imgcls.jobs.mirror.storage import Storage

FOLDER = "metrics"
FULL_BYTES = 64 * 1024
"""A part that is as long as this is not replaced any more."""


class Parts:
    """The parts of the curve of a run, for the process that writes them.

    Args:
        there: the objects of the run, by their names, and their sizes.
    """

    def __init__(self, storage: Storage, run_folder: str, there: Mapping[str, int]):
        self._storage, self._folder = storage, f"{run_folder}/{FOLDER}"
        starts = dict(_parts(there))
        self._start = max(starts, default=0)
        self._end = self._start + starts.get(self._start, 0)

    def push(self, path: Path) -> None:
        """Copies the complete lines that are not there yet. Raises RunError."""
        start = self._end if self._end - self._start >= FULL_BYTES else self._start
        try:
            with path.open("rb") as file:
                file.seek(start)
                content = file.read()
        except FileNotFoundError:
            return
        content = content[: content.rfind(b"\n") + 1]
        if start + len(content) > self._end:
            self._storage.write(f"{self._folder}/{_name(start)}", content)
            self._start, self._end = start, start + len(content)


def pull(storage: Storage, run_folder: str, there: Mapping[str, int], path: Path) -> None:
    """Appends to `path` what follows on its end. `there`: the objects of the run and their sizes. Raises RunError."""
    end = path.stat().st_size if path.exists() else 0
    for start, size in _parts(there):
        if start <= end < start + size:
            new = storage.read(f"{run_folder}/{FOLDER}/{_name(start)}", end - start) or b""
            with path.open("ab") as file:
                file.write(new)
            end += len(new)


def _parts(there: Mapping[str, int]) -> list[tuple[int, int]]:
    """Where each part begins, and its size, in the order of the curve."""
    starts = {name.removeprefix(f"{FOLDER}/").removesuffix(".jsonl"): size for name, size in there.items()}
    return sorted((int(start), size) for start, size in starts.items() if start.isdecimal())


def _name(start: int) -> str:
    return f"{start:015d}.jsonl"
