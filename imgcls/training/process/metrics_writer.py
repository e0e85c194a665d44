"""Writes `metrics.jsonl` line by line and passes each line to a listener, such as the terminal."""

import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from imgcls.system import hardware

GPU_SECONDS = 2.0
"""Between two looks at the GPU."""
LINE_SECONDS = 0.3
"""Minimum interval between "batch" lines: smooth enough for a live curve, and a long run stays a small file."""


class MetricsWriter:
    """Appends and flushes whole lines. Values that are not finite are written as null.

    Attributes:
        is_new: No earlier trainer has written to the file.
    """

    def __init__(
        self,
        path: Path,
        listener: Callable[[dict[str, Any]], None] = lambda line: None,
        usage: Callable[[], dict[str, float]] = dict,
    ):
        """`usage` returns the memory and CPU use of the process; it goes into each "batch" line."""
        last = path.read_bytes()[-1:] if path.exists() else b""
        self.is_new = not last
        self._file = path.open("a", encoding="utf-8")
        if last not in (b"", b"\n"):
            self._file.write("\n")  # a killed trainer left an incomplete line
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
        """A setting was changed during the training: at which epoch, which setting, and its new value."""
        self._write({"kind": "change", **values})

    def features(self, done: int, total: int) -> None:
        """Progress of the feature extraction, in images."""
        self._write({"kind": "features", "done": done, "total": total})

    def fold(self, number: int, total: int) -> None:
        """A fold of the cross-validation begins, counted from 1."""
        self._write({"kind": "fold", "number": number, "total": total})

    def stage(self, **values: Any) -> None:
        """A new stage begins after this epoch: its name and learning rate."""
        self._write({"kind": "stage", **values})

    def resumed(self, epoch: float) -> None:
        """The training continues from here. Lines about later positions no longer count."""
        self._write({"kind": "resumed", "epoch": epoch})

    def close(self) -> None:
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        line = {name: _json_value(value) for name, value in line.items()}
        self._file.write(json.dumps(line, allow_nan=False) + "\n")
        self._file.flush()
        self._listener(line)


def _json_value(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.7g}") if math.isfinite(value) else None
    return value


def usage() -> Callable[[], dict[str, float]]:
    """A function that returns memory (MB) and CPU use (percent of one core, since the last call) of this process, and
    the load of its GPU if it has one."""
    process = psutil.Process()
    process.cpu_percent()
    gpu = _gpu_load()
    return lambda: {"memory": process.memory_info().rss / 1e6, "processor": process.cpu_percent(), **gpu()}


def _gpu_load() -> Callable[[], dict[str, float]]:
    """The load of the first GPU, asked for in a thread: an answer takes longer than a batch."""
    number = next(iter(hardware.gpus()), None)
    if number is None:
        return dict
    latest: deque[dict[str, float]] = deque([{}], maxlen=1)

    def ask() -> None:
        while found := hardware.gpu_load(number):
            latest.append(found)
            time.sleep(GPU_SECONDS)
        latest.append({})  # no answer any more: an old value would look like a measured one

    threading.Thread(target=ask, name="GPU load", daemon=True).start()
    return lambda: latest[0]
