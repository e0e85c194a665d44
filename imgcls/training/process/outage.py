"""A shared folder that is unavailable for a while must not cost a training run: distinguish it from a deleted run, and
wait."""

import os
import time
from collections.abc import Callable
from pathlib import Path

OUTAGE_SECONDS = 600.0
"""How long a trainer waits for its folder to come back (IMGCLS_OUTAGE_SECONDS)."""
POLL_SECONDS = 0.2


class Watch:
    """Watches the folder of one run. A run was deleted if its folder is missing although the runs folder is there."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._root = _identity(folder.parent)
        self._missing_since: float | None = None

    def is_deleted(self) -> bool:
        """Whether the run was deleted, or its folder has been unavailable for too long."""
        if is_available(self._folder):
            self._missing_since = None
            return False
        # After an unmount, an empty folder is left, which is another one.
        root = _identity(self._folder.parent)
        if root is not None and root == self._root and _is_missing(self._folder):
            return True
        now = time.monotonic()
        self._missing_since = self._missing_since or now
        return now - self._missing_since > _patience()


def is_available(folder: Path) -> bool:
    """Whether a folder can be read."""
    return _identity(folder) is not None


def patiently(write: Callable[[], None], folder: Path) -> None:
    """Call `write`; if that fails because the folder is unavailable, wait until it is back and try again.

    Raises:
        OSError: `write` failed for another reason, or the folder did not come back.
    """
    end = time.monotonic() + _patience()
    while True:
        try:
            return write()
        except OSError:
            if is_available(folder) or time.monotonic() > end:
                raise
            while not is_available(folder) and time.monotonic() < end:
                time.sleep(POLL_SECONDS)


def _patience() -> float:
    return float(os.environ.get("IMGCLS_OUTAGE_SECONDS") or OUTAGE_SECONDS)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        facts = folder.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _is_missing(folder: Path) -> bool:
    try:
        folder.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False
