"""The inside of a run that has none yet, as older ones: asked for by a page, made by a process of its own, watched.

    <run>/inside.progress.json    how far it is, or why it failed    the page that starts it, then the process
    <run>/.inside.lock            held as long as the process lives
    <run>/inside.log              everything printed

`python -m imgcls.training.inspect RUN` does the work; a trainer does the same at the end of each new run.
"""

import contextlib
import json
import math
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from imgcls import atomic
from imgcls.errors import RunError
from imgcls.jobs.machine import is_locked, spawned
from imgcls.runs import Run
from imgcls.serving.inside import FILES

PROGRESS = "inside.progress.json"
LOCK = ".inside.lock"
START_SECONDS = 20.0
"""So long may a process take, on a busy machine, from its start to its lock."""
INTERRUPTED = "It ended without a word: it was killed, or the machine ran out of memory. Start it again."

_children: dict[Path, subprocess.Popen] = {}  # kept, so that those that have ended can be reaped
_starting = threading.Lock()


@dataclass(frozen=True)
class Look:
    """The making of an inside at one moment: `state` is "idle", "running", "failed" or "ready"."""

    state: str
    share: float = 0.0  # 0 to 1
    text: str = ""  # what is being done; for a failure the sentence


def look(run: Run) -> Look:
    """How far it is, whoever has asked for it."""
    child = _children.get(run.folder)
    is_alive = child is not None and child.poll() is None
    # The lock first: a process that ends between the looks has left its result or its last word by then.
    is_held = is_locked(run.folder / LOCK)
    said = read_progress(run.folder)
    if said is None:
        return Look("ready", 1.0) if (run.folder / FILES[0]).exists() else Look("idle")
    if said.state == "failed" or is_held or is_alive:
        return said
    if child is None and _age(run.folder / PROGRESS) < START_SECONDS:
        return said
    return Look("failed", said.share, INTERRUPTED)


def start(run: Run) -> None:
    """Starts the process that makes the inside of a run, anew where there is one; does nothing while it runs.

    Raises:
        RunError: it cannot be started.
    """
    with _starting:
        if look(run).state == "running":
            return
        try:
            write_progress(run.folder, "running", 0.0, "Starting")
            with (run.folder / "inside.log").open("wb") as log:
                _children[run.folder] = spawned("imgcls.training.inspect", str(run.folder), stdout=log)
        except OSError as error:
            raise RunError(
                f"The model cannot be looked into: {error.strerror or error}. Free some space and try again."
            ) from error


def forget_failure(run: Run) -> None:
    """It may be tried again."""
    with contextlib.suppress(OSError):
        (run.folder / PROGRESS).unlink()


def write_progress(folder: Path, state: str, share: float, text: str) -> None:
    """`state` is "running" or "failed"; for a failure, the text is the sentence for the person."""
    atomic.write_json(folder / PROGRESS, {"state": state, "share": float(share), "text": text})


def read_progress(folder: Path) -> Look | None:
    """What the file says, or None where there is none that can be read."""
    try:
        said = json.loads((folder / PROGRESS).read_bytes())
        share = float(said["share"])
        state = "failed" if said["state"] == "failed" else "running"
        return Look(state, min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0, str(said["text"])[:500])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _age(path: Path) -> float:
    try:
        return abs(time.time() - path.stat().st_mtime)
    except OSError:
        return math.inf
