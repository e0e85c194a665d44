"""The progress file of a background task: how far it is, or why it failed."""

import errno
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from imgcls.errors import UserError
from imgcls.system import atomic

TEXT_LENGTH, RECORD_BYTES = 900, 4096
"""Texts are cut to this many characters, so that a progress file always has the same size."""

Progress = Callable[[float, str], None]
"""Called with the fraction done (0 to 1) and what is being done. Raises `Cancelled` if the task was cancelled."""


class Cancelled(Exception):
    """The task was cancelled, so its result is no longer wanted."""


@dataclass(frozen=True)
class TaskState:
    """A task at one moment. `text` says what is being done or, for a failed task, why it failed."""

    state: Literal["idle", "running", "failed", "ready"]
    fraction: float = 0.0  # 0 to 1
    text: str = ""


@dataclass(frozen=True)
class ProgressFile:
    """The progress file at `path`. Removing it cancels the task."""

    path: Path

    def create(self, state: Literal["running", "failed"], fraction: float, text: str) -> None:
        """Create or replace the file."""
        atomic.write_bytes(self.path, _record(state, fraction, text))

    def update(self, state: Literal["running", "failed"], fraction: float, text: str) -> None:
        """Overwrite the file in place. Raises FileNotFoundError if it was removed.

        Replacing it by rename could bring back a file that was removed a moment ago to cancel the task, and would
        need free space on the disk.
        """
        with self.path.open("rb+") as file:
            file.write(_record(state, fraction, text))

    def remove(self) -> None:
        """Remove the file, if it is there."""
        for wait in (0.01, 0.05, 0.2, 0.0):
            try:
                self.path.unlink()
            except PermissionError:  # on Windows, while another process reads or writes it
                time.sleep(wait)
            except OSError:
                return
            else:
                return

    def read(self) -> TaskState | None:
        """What the file says, or None if there is no readable one."""
        try:
            content = self._content()
            fraction = float(content["share"])
            fraction = min(max(fraction, 0.0), 1.0) if math.isfinite(fraction) else 0.0
            state: Literal["failed", "running"] = "failed" if content["state"] == "failed" else "running"
            return TaskState(state, fraction, str(content["text"])[:TEXT_LENGTH])
        except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return None

    def _content(self) -> dict[str, Any]:
        for wait in (0.002, 0.01, 0.05):
            try:
                return json.loads(self.path.read_bytes())
            except ValueError:  # the process is writing it
                time.sleep(wait)
        return json.loads(self.path.read_bytes())


def failure_text(error: Exception) -> str:
    """The message for the user about an error that ended a task."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MemoryError):
        return "This needs more memory than the machine has. Close other programs."
    if isinstance(error, OSError):
        hint = " Free some space and start it again." if error.errno in (errno.ENOSPC, errno.EFBIG) else ""
        return f"The result could not be written: {error.strerror or error}.{hint}"
    return f"An internal error ended the process ({type(error).__name__}). See its log for details."


def _record(state: str, fraction: float, text: str) -> bytes:
    """The content of a progress file, padded so that each one overwrites the one before."""
    content = {"state": state, "share": float(fraction), "text": text[:TEXT_LENGTH]}
    return json.dumps(content, ensure_ascii=False).encode().ljust(RECORD_BYTES)
