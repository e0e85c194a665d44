"""Writes `metrics.jsonl`, one line at a time, and tells a terminal the same if there is one."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LINE_SECONDS = 0.3
"""At most one "batch" line in this time: enough for a live curve, little enough for a long night."""


class Journal:
    """Appends and flushes; a reader sees whole lines. Values that are not finite are written as null.

    `is_new` says whether an earlier trainer had written nothing.
    """

    def __init__(
        self,
        path: Path,
        listener: Callable[[dict[str, Any]], None] = lambda line: None,
        usage: Callable[[], dict[str, float]] = dict,
    ):
        """`usage` is asked what the process takes of the machine; it goes into each "batch" line."""
        last = path.read_bytes()[-1:] if path.exists() else b""
        self.is_new = not last
        self._file = path.open("a", encoding="utf-8")
        if last not in (b"", b"\n"):
            self._file.write("\n")  # A killed trainer's last line: the next one must not continue it.
        self._listener = listener
        self._usage = usage
        self._last_batch_line = time.monotonic()

    def phase(self, name: str) -> None:
        self._write({"kind": "phase", "phase": name})

    def plan(self, **facts: Any) -> None:
        self._write({"kind": "plan", **facts})

    def is_time_for_a_batch_line(self) -> bool:
        return time.monotonic() - self._last_batch_line >= LINE_SECONDS

    def batch(self, **values: Any) -> None:
        self._last_batch_line = time.monotonic()
        self._write({"kind": "batch", **values, **self._usage()})

    def epoch(self, **values: Any) -> None:
        self._last_batch_line = time.monotonic()
        self._write({"kind": "epoch", **values})

    def change(self, **values: Any) -> None:
        """A person changed something: at which epoch, what, and the value that holds from here."""
        self._write({"kind": "change", **values})

    def features(self, done: int, total: int) -> None:
        """So many pictures have been looked at by a trained network."""
        self._write({"kind": "features", "done": done, "total": total})

    def stage(self, **values: Any) -> None:
        """From this epoch on the training is another one: its name and its rate."""
        self._write({"kind": "stage", **values})

    def resumed(self, epoch: float) -> None:
        """The training goes on from here: whatever was written about later epochs does not count."""
        self._write({"kind": "resumed", "epoch": epoch})

    def close(self) -> None:
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        line = {name: _plain(value) for name, value in line.items()}
        self._file.write(json.dumps(line, allow_nan=False) + "\n")
        self._file.flush()
        self._listener(line)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.7g}") if math.isfinite(value) else None
    return value
