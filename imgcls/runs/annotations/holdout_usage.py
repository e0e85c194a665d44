"""How often a run was evaluated on its test set: one line per visit in `openings.jsonl` of the run's folder.

A test score is unbiased only as long as nothing is selected by it, and every evaluation is a temptation to do so. So
the Evaluate page counts visits, and says how to choose once several runs on a dataset were viewed. Each line is
appended in a single write, so that concurrent visitors do not overwrite each other's.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

from imgcls.errors import RunError
from imgcls.runs import store
from imgcls.runs.run import LATEST, Run
from imgcls.system import json_files

NAME = "openings.jsonl"
MOST_BYTES = 200_000
"""About 7,000 visits; further ones are not counted."""


@dataclass(frozen=True)
class HoldoutUsage:
    """The number of visits, and the time of the first one (seconds since 1970, or None)."""

    count: int = 0
    first: float | None = None


def record(run: Run) -> bool:
    """Adds one visit and returns whether it could be written. Read-only folders are not an error."""
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


def viewed_beside(run: Run, everything: Iterable[Run]) -> list[Run]:
    """The runs of `everything` on the dataset of `run` whose test scores were viewed; damaged ones are left out."""
    found = []
    for other in everything:
        if (other.folder / NAME).is_file():
            with contextlib.suppress(RunError):
                if other.card.data == run.card.data:
                    found.append(other)
    return found


def read(run: Run) -> HoldoutUsage:
    """The visits so far; unreadable lines count as well."""
    try:
        with (run.folder / NAME).open("rb") as file:
            lines = [line for line in file.read(2 * MOST_BYTES).splitlines() if line.strip()]
    except OSError:
        return HoldoutUsage()
    if not lines:
        return HoldoutUsage()
    try:
        first = json_files.parse(lines[0])["opened"]
    except (ValueError, KeyError, TypeError):
        first = None
    return HoldoutUsage(len(lines), float(first) if json_files.is_number(first, 0.0, LATEST) else None)
