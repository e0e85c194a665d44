"""When a file was last modified."""

import time
from pathlib import Path


def modified(path: Path) -> float | None:
    """The modification time of a file in seconds since 1970; None if it does not exist."""
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def age(path: Path) -> float | None:
    """Seconds since a file was modified, never negative (clocks can be set back); None if it does not exist."""
    stamp = modified(path)
    return None if stamp is None else abs(time.time() - stamp)
