"""Trainers as processes on this machine."""

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from imgcls.errors import RunError
from imgcls.runs import Run
from imgcls.system import processes

STOP_SECONDS = 3.0
SLOW_START_SECONDS = 300.0
"""A trainer may take this long to import TensorFlow: on a busy machine that is a minute or two."""
TRAINER_LOCK = ".trainer.lock"


@dataclass(frozen=True)
class _Child:
    """A trainer process and the run it was submitted for, at a time of the monotonic clock."""

    process: subprocess.Popen
    run: Run
    ticket: str | None
    submitted: float


class LocalBackend:
    """Each trainer is a detached process. While a training form is open, one is kept ready ("standby")."""

    def __init__(self) -> None:
        self._children: list[_Child] = []
        self._standby: subprocess.Popen | None = None

    def submit(self, run: Run) -> None:
        """Start a trainer for a claimed run, in the standby process if there is one.

        Raises:
            RunError: It cannot be started.
        """
        self.reap()
        if self._standby is not None and self._hand_to_standby(run, self._standby):
            return
        try:
            self._children.append(_Child(self.spawn_trainer(run), run, run.ticket, time.monotonic()))
        except OSError as error:
            raise RunError(f"The trainer could not be started: {error.strerror}.") from error

    def spawn_trainer(self, run: Run) -> subprocess.Popen:
        """Start a new process that trains this run.

        Raises:
            OSError: It cannot be started.
        """
        with (run.folder / "log.txt").open("ab") as log:
            return processes.spawn("imgcls.training", str(run.folder), stdout=log)

    def alive(self, run: Run) -> bool:
        """Whether a trainer holds the run's lock."""
        return is_held(run)

    def stop(self, run: Run) -> None:
        """Kill the run's trainer and wait until its lock is free."""
        process = process_of(run)
        if process is not None:
            with contextlib.suppress(psutil.Error):
                process.kill()
        end = time.monotonic() + STOP_SECONDS
        while is_held(run) and time.monotonic() < end:
            time.sleep(0.02)
        self.reap()

    def reap(self) -> None:
        """Collect ended children, which are zombies until then, and show that the others are still starting."""
        ended = [child for child in self._children if child.process.poll() is not None]
        self._children = [child for child in self._children if child not in ended]
        for child in ended:
            mark_as_lost(child.run, child.ticket)
        for child in self._children:
            if time.monotonic() - child.submitted < SLOW_START_SECONDS:
                mark_as_starting(child.run, child.ticket)
        if self._standby is not None and self._standby.poll() is not None:
            self._standby = None

    def warm_up(self) -> None:
        """Start a trainer that has imported TensorFlow and waits for a run."""
        if self._standby is None:
            with contextlib.suppress(OSError):
                self._standby = processes.spawn("imgcls.training", "--standby", stdin=subprocess.PIPE)

    def cool_down(self) -> None:
        """End the standby trainer."""
        if self._standby is not None:
            self._standby.kill()
            self._standby.wait()
            self._standby = None

    def _hand_to_standby(self, run: Run, standby: subprocess.Popen) -> bool:
        self._standby = None
        try:
            assert standby.stdin is not None
            standby.stdin.write(json.dumps({"folder": str(run.folder)}).encode() + b"\n")
            standby.stdin.close()
        except OSError:
            standby.kill()
            standby.wait()
            return False
        self._children.append(_Child(standby, run, run.ticket, time.monotonic()))
        return True


def create() -> LocalBackend:
    """The backend, for `imgcls.jobs.backends`."""
    return LocalBackend()


def mark_as_lost(run: Run, ticket: str | None) -> None:
    """Let readers of a run know that its trainer has ended.

    The heartbeat tells them, but a trainer that died before its first heartbeat looks like one that is starting.
    """
    _stamp_unstarted(run, ticket, 0)


def mark_as_starting(run: Run, ticket: str | None) -> None:
    """Let readers of a run know that its trainer is alive but has had no heartbeat yet, however long that takes."""
    _stamp_unstarted(run, ticket, time.time())


def _stamp_unstarted(run: Run, ticket: str | None, when: float) -> None:
    with contextlib.suppress(OSError, RunError):
        if run.ticket == ticket and not (run.folder / "heartbeat").exists():
            os.utime(run.folder / "trainer.json", (when, when))


def is_held(run: Run) -> bool:
    """Whether a trainer holds the run's lock, which is free as soon as the trainer ends."""
    return processes.is_locked(run.folder / TRAINER_LOCK)


def process_of(run: Run) -> psutil.Process | None:
    """The trainer of a run; never another process that was given the same id later.

    process.json is removed before a trainer is started and written by the process that holds the run's lock, so while
    the lock is held it names the holder. But checking a lock also holds it for a moment, so the process must have the
    lock file open as well.
    """
    lock = run.folder / TRAINER_LOCK
    if not processes.is_locked(lock):
        return None
    try:
        process = psutil.Process(int(json.loads((run.folder / "process.json").read_bytes())["pid"]))
        return process if "imgcls.training" in process.cmdline() and _has_open(process, lock) else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None


def _has_open(process: psutil.Process, path: Path) -> bool:
    if sys.platform == "win32":
        return True  # not always reported there
    return any(Path(file.path) == path.resolve() for file in process.open_files())
