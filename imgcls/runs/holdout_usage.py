"""How often the test set of a run was opened on the Evaluate page: a line each in `openings.jsonl` of its folder.

A test set judges honestly only as long as nothing is chosen by it, and each look tempts to choose. So looks are
counted, once for each visit, and the page says how many there were. A line is appended in one piece, so that two
visitors do not lose each other's.
"""

import json
import math
import os
import time
from dataclasses import dataclass

from imgcls.errors import RunError
from imgcls.runs import store
from imgcls.runs.run import Run

NAME = "openings.jsonl"
MOST_BYTES = 200_000
"""Some 7,000 openings; beyond, they are not counted any more."""


@dataclass(frozen=True)
class Openings:
    """How many there were, and when the first was (seconds since 1970, or None)."""

    count: int = 0
    first: float | None = None


def note(run: Run) -> bool:
    """Adds one opening; whether it could be written. A folder that cannot be written does not close the page."""
    line = json.dumps({"opened": round(time.time(), 1)}) + "\n"
    try:
        run = store.writable(run)
        if not run.folder.is_dir():
            return False
        handle = os.open(run.folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            if os.fstat(handle).st_size < MOST_BYTES:
                os.write(handle, line.encode())
        finally:
            os.close(handle)
    except (OSError, RunError):
        return False
    return True


def of(run: Run) -> Openings:
    """The openings so far; lines that cannot be read count as one each, as something was opened."""
    try:
        with (run.folder / NAME).open("rb") as file:
            lines = [line for line in file.read(2 * MOST_BYTES).splitlines() if line.strip()]
    except OSError:
        return Openings()
    if not lines:
        return Openings()
    try:
        first = float(json.loads(lines[0])["opened"])
    except (ValueError, KeyError, TypeError, RecursionError):
        first = math.nan
    return Openings(len(lines), first if math.isfinite(first) else None)
