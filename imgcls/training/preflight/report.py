"""The results of a pre-flight check or of the learning-rate finder, written while they come in."""

import math
import threading
import time
from pathlib import Path
from typing import Any

from imgcls.jobs.preflight import checks
from imgcls.system import atomic

WRITE_SECONDS = 0.3


class Report:
    """`result.json` while it grows. A page may read it at any moment, so the file is always replaced as a whole."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._state, self._phase, self._fraction, self._message = "running", "waiting", 0.0, ""
        self._found: dict[str, Any] = {}
        self._written = 0.0
        self._lock = threading.Lock()

    def phase(self, phase: str, fraction: float) -> None:
        """What is being done now, and how much is done (0 to 1)."""
        self._phase, self._fraction = phase, fraction
        self._write()

    def add(self, *, seldom: bool = False, fraction: float | None = None, **found: Any) -> None:
        """What was found: numbers and lists of numbers. With `seldom` it is written a few times a second at most."""
        self._found |= {name: _finite(value) for name, value in found.items()}
        self._fraction = self._fraction if fraction is None else fraction
        if not seldom or time.monotonic() - self._written > WRITE_SECONDS:
            self._write()

    def end(self, message: str = "") -> None:
        """The last word: all is found, or the sentence that says why not. Later ones do not count."""
        with self._lock:
            if self._state != "running":
                return
            self._state, self._message = "failed" if message else "finished", message
        try:
            self._write()
        except OSError:
            # On a full disk a sentence finds the room that was kept for it.
            self._found = {}
            (self._folder / "spare").unlink(missing_ok=True)
            self._write()

    def _write(self) -> None:
        with self._lock:
            self._written = time.monotonic()
            content = {
                "version": checks.VERSION,
                "state": self._state,
                "phase": self._phase,
                "share": self._fraction,
                "message": self._message,
                "found": self._found,
            }
            atomic.write_json(self._folder / "result.json", content)


def _finite(value: Any) -> Any:
    """JSON knows no NaN: None stands for it."""
    if isinstance(value, list):
        return [_finite(entry) for entry in value]
    return value if math.isfinite(value) else None
