"""Where trainers run. The queue asks for three things, so that a cluster can take the place of this machine."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import filelock
import psutil

from imgcls.errors import RunError
from imgcls.runs import Run
from imgcls.system import paths

NICENESS = 10
STOP_SECONDS = 3.0
TRAINER_LOCK = ".trainer.lock"


class Machine(Protocol):
    """A place where trainings run."""

    def submit(self, run: Run) -> None:
        """Starts a trainer for a run that was claimed. Raises RunError where that is not possible."""

    def alive(self, run: Run) -> bool:
        """Whether a trainer has this run, however silent."""

    def stop(self, run: Run) -> None:
        """Ends the trainer of a run at once, and returns when it is gone. Nothing happens where there is none."""


class ThisMachine:
    """Trainers as processes of this machine, each apart from whoever started it."""

    def __init__(self):
        self._children: list[tuple[subprocess.Popen, Run, str | None]] = []
        self._standby: subprocess.Popen | None = None

    def submit(self, run: Run) -> None:
        self.reap()
        if self._standby is not None and self._handed_over(run):
            return
        try:
            self._children.append((self.spawned_trainer(run), run, run.ticket))
        except OSError as error:
            raise RunError(f"The trainer could not be started: {error.strerror}.") from error

    def spawned_trainer(self, run: Run) -> subprocess.Popen:
        """A new process that trains this run.

        Raises:
            OSError: it cannot be started.
        """
        with (run.folder / "log.txt").open("ab") as log:
            return spawned("imgcls.training", str(run.folder), stdout=log)

    def alive(self, run: Run) -> bool:
        return is_held(run)

    def stop(self, run: Run) -> None:
        process = process_of(run)
        if process is not None:
            with contextlib.suppress(psutil.Error):
                process.kill()
        end = time.monotonic() + STOP_SECONDS
        while is_held(run) and time.monotonic() < end:
            time.sleep(0.02)
        self.reap()

    def reap(self) -> None:
        """Collects the children that have ended: until then they are zombies."""
        ended = [entry for entry in self._children if entry[0].poll() is not None]
        self._children = [entry for entry in self._children if entry not in ended]
        for _, run, ticket in ended:
            give_up(run, ticket)
        if self._standby is not None and self._standby.poll() is not None:
            self._standby = None

    def warm_up(self) -> None:
        """Keeps a trainer ready that has imported TensorFlow already."""
        if self._standby is None:
            with contextlib.suppress(OSError):
                self._standby = spawned("imgcls.training", "--standby", stdin=subprocess.PIPE)

    def cool_down(self) -> None:
        """Lets the ready trainer go."""
        if self._standby is not None:
            self._standby.kill()
            self._standby.wait()
            self._standby = None

    def _handed_over(self, run: Run) -> bool:
        standby, self._standby = self._standby, None
        try:
            standby.stdin.write(json.dumps({"folder": str(run.folder)}).encode() + b"\n")
            standby.stdin.close()
        except OSError:
            standby.kill()
            standby.wait()
            return False
        self._children.append((standby, run, run.ticket))
        return True


def give_up(run: Run, ticket: str | None) -> None:
    """Tells the readers of a run that its trainer has ended.

    They see that from a heartbeat; but a trainer that died before its first one looks like one that is being started.
    """
    with contextlib.suppress(OSError, RunError):
        if run.ticket == ticket and not (run.folder / "heartbeat").exists():
            os.utime(run.folder / "trainer.json", (0, 0))


def is_held(run: Run) -> bool:
    """Whether a trainer has this run: its lock is free at once when it ends, and no number is asked for."""
    return is_locked(run.folder / TRAINER_LOCK)


def is_locked(path: Path) -> bool:
    """Whether somebody holds this lock, if only for the moment in which he looks at it, too."""
    if not path.exists():
        return False
    try:
        with filelock.FileLock(path, timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:
        return False


def process_of(run: Run) -> psutil.Process | None:
    """The trainer of a run. A number that was given anew names no stranger.

    The number stands in process.json, which is taken away before a trainer is started and written by one that holds
    the run's lock; so as long as the lock is held, it is the number of its holder. But whoever looks at the lock holds
    it for a moment, too: what counts is that the process has the file open.
    """
    lock = run.folder / TRAINER_LOCK
    if not is_locked(lock):
        return None
    try:
        process = psutil.Process(int(json.loads((run.folder / "process.json").read_bytes())["pid"]))
        return process if "imgcls.training" in process.cmdline() and _has_open(process, lock) else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None


def _has_open(process: psutil.Process, path: Path) -> bool:
    if sys.platform == "win32":
        return True  # it does not always say so there
    return any(Path(file.path) == path.resolve() for file in process.open_files())


def spawned(
    module: str, *arguments: str, environment: Mapping[str, str] = MappingProxyType({}), **streams
) -> subprocess.Popen:
    """A Python process of this project, apart from the server: it outlives the page, the tab and the server.

    It has the server's environment, and what `environment` says.

    Somebody waits for its end, whenever that is: it would be a zombie until then.

    Raises:
        OSError: it cannot be started.
    """
    path = os.environ.get("PYTHONPATH", "")
    package = str(paths.repository_folder())
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT} | streams
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", module, *arguments],
        cwd=package,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([package, *([path] if path else [])]), **environment},
        **streams,
        **_apart(),
    )
    threading.Thread(target=process.wait, name=f"end of {module}", daemon=True).start()
    return process


def be_nice() -> None:
    """A trainer yields to the browser: called by a trainer that was not started by hand.

    Linux mostly shares the processor among sessions first, and heeds niceness within each alone. A trainer has a
    session of its own, so that has to be nice as a whole.
    """
    with contextlib.suppress(psutil.Error, OSError):
        this = psutil.Process()
        this.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else NICENESS)
        if sys.platform == "linux" and os.getsid(0) == this.pid:
            Path("/proc/self/autogroup").write_text(str(NICENESS), "ascii")


def _apart() -> dict:
    """What keeps a process alive when the server's terminal is closed or interrupted."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
