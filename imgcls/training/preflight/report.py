"""What a pre-flight check or the learning-rate finder has found, written as it comes in."""

import math
import time
from pathlib import Path
from typing import Any

from imgcls.jobs.preflight import checks
from imgcls.system import atomic
from imgcls.system.tasks import Progress

WRITE_SECONDS = 0.3
PHASES = {
    "waiting": "Waiting for another check to finish",
    "loading": "Loading TensorFlow and the images",
    "building": "Building the network",
    "timing": "Timing training steps",
    "judging": "Timing validation",
    "one batch": "Overfitting a single batch",
    "one batch again": "Overfitting it again with default settings",
    "rising": "Training with a rising learning rate",
}


class Report:
    """Collects findings in `found.json`, which pages read at any moment, and finally in `result.json`."""

    def __init__(self, folder: Path, progress: Progress = lambda fraction, text: None):
        self._folder, self._progress = folder, progress
        self._text, self._fraction = PHASES["waiting"], 0.0
        self._found: dict[str, Any] = {}
        self._written_at = 0.0

    def phase(self, phase: str, fraction: float) -> None:
        """Report what is being done now, a key of `PHASES`, and the fraction done (0 to 1)."""
        self._text, self._fraction = PHASES[phase], fraction
        self._progress(fraction, self._text)

    def add(self, *, seldom: bool = False, fraction: float | None = None, **found: Any) -> None:
        """Add findings: numbers and lists of numbers.

        Args:
            seldom: Write them at most a few times a second.
            fraction: The fraction done, if it has changed.
            found: The findings by name.
        """
        self._found |= {name: _finite(value) for name, value in found.items()}
        self._fraction = self._fraction if fraction is None else fraction
        self._progress(self._fraction, self._text)
        if not seldom or time.monotonic() - self._written_at > WRITE_SECONDS:
            self._write("found.json")

    def finish(self) -> None:
        """Write the result: nothing will be added."""
        self._write("result.json")
        (self._folder / "found.json").unlink(missing_ok=True)

    def _write(self, name: str) -> None:
        self._written_at = time.monotonic()
        atomic.write_json(self._folder / name, {"version": checks.VERSION, "found": self._found})


def _finite(value: Any) -> Any:
    """The value with None in place of numbers that are not finite, which JSON cannot express."""
    if isinstance(value, list):
        return [_finite(entry) for entry in value]
    return value if math.isfinite(value) else None
