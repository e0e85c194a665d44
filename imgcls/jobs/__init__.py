"""Starts trainers and stops them. A trainer is a process of its own: it outlives the page, the tab and the server."""

import contextlib
import os
import shutil
import subprocess
import sys
import time

import psutil

from imgcls import atomic, places
from imgcls.errors import RunError
from imgcls.outcome import OUTCOMES
from imgcls.runs import Run

NICENESS = 10
STOP_SECONDS = 3.0
SWEEP_SECONDS = 3600.0

_children: list[subprocess.Popen] = []
"""Trainers that this process started: an ended one stays a zombie until it is asked for."""


def start(run: Run) -> None:
    """Starts a trainer for a run, once: a second call for the same run does nothing."""
    reap()
    if not claim(run):
        return
    environment = {**os.environ, "PYTHONPATH": _with_package(os.environ.get("PYTHONPATH", ""))}
    try:
        with (run.folder / "log.txt").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-u", "-m", "imgcls.training", str(run.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=places.repository_folder(),
                env=environment,
                **_apart(),
            )
    except OSError as error:
        raise RunError(f"The trainer could not be started: {error.strerror}.") from error
    _children.append(child)


def claim(run: Run) -> bool:
    """Marks a run as taken by a trainer; False if it was taken before. Exactly one caller gets True.

    Raises:
        RunError: the run folder cannot be written.
    """
    try:
        with (run.folder / "trainer.json").open("x", encoding="utf-8") as file:
            file.write(f'{{"started": {time.time()}}}\n')
    except FileExistsError:
        return False
    except OSError as error:
        raise RunError(f"The run could not be started: {error.strerror}.") from error
    return True


def delete(run: Run) -> None:
    """Ends the trainer of a run, if there is one, and deletes the run."""
    running = None if run.state in OUTCOMES else _process(run)
    if running is not None:
        # Its work is not wanted any more, and Windows deletes no file that somebody holds open.
        with contextlib.suppress(psutil.Error):
            running.kill()
            running.wait(STOP_SECONDS)
    run.delete()
    reap()


def sweep() -> None:
    """Removes what killed processes have left in the folder of runs, once it is older than an hour."""
    root = places.runs_folder()
    leftovers = [*root.glob(".new-*"), *root.glob(".deleted-*"), *filter(atomic.is_leftover, root.glob("*/.*"))]
    for path in leftovers:
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime < SWEEP_SECONDS:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def reap() -> None:
    """Collects the trainers that have ended."""
    _children[:] = [child for child in _children if child.poll() is None]


def be_nice() -> None:
    """A trainer yields to the browser: called by a trainer that a page has started."""
    with contextlib.suppress(psutil.Error, OSError):
        this = psutil.Process()
        this.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else NICENESS)


def _process(run: Run) -> psutil.Process | None:
    """The trainer of a run, found by its command line, so that a number that was given anew names no stranger."""
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "imgcls.training" in words and str(run.folder) in words:
            return process
    return None


def _apart() -> dict:
    """What keeps a trainer alive when the server's terminal is closed or interrupted."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _with_package(path: str) -> str:
    return os.pathsep.join([str(places.repository_folder()), *([path] if path else [])])
