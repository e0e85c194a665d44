"""Trainers as processes on this machine."""

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import filelock
import psutil

from imgcls.errors import RunError
from imgcls.jobs.backends import Refused, _gpus
from imgcls.runs import Run
from imgcls.runs.run import STARTING_LOCK, TRAINER_LOCK
from imgcls.system import hardware, json_files, paths, processes

TITLE = "This machine"
STOP_SECONDS = 3.0
TRAINER_MEMORY = 1.5e9
"""Bytes that a further trainer should find free: TensorFlow and a dataset of ordinary size."""
LOG_LETTERS = 100_000
LARGEST_PID = 2**31 - 1


@dataclass(frozen=True)
class _Child:
    """A trainer process and the run it was submitted for. Until it holds the run's lock, `starting` shows it alive."""

    process: subprocess.Popen
    run: Run
    ticket: str | None
    starting: filelock.BaseFileLock = field(compare=False)


class LocalBackend:
    """Each trainer is a detached process. While a training form is open, one is kept ready ("standby").

    Args:
        in_turn: A trainer waits for its turn, of which the runs folder has as many as training runs may run at a time.
            A worker counts its trainers itself.
    """

    def __init__(self, *, in_turn: bool = True) -> None:
        self._environment = {} if in_turn else {"IMGCLS_TURNS": "off"}
        self._children: list[_Child] = []
        self._standby: subprocess.Popen | None = None

    def capacity(self) -> int:
        """As many as IMGCLS_TRAININGS says, but no second one without the memory for it."""
        return paths.trainings_at_once() if hardware.free_memory() > TRAINER_MEMORY else 1

    def log(self, run: Run) -> str:
        """The end of log.txt."""
        try:
            return (run.folder / "log.txt").read_text("utf-8", errors="replace")[-LOG_LETTERS:]
        except OSError:
            return ""

    def submit(self, run: Run) -> None:
        """Start a trainer for a claimed run, in the standby process if there is one.

        Raises:
            Refused: It cannot be started.
        """
        self.reap()
        if self._standby is not None and self._hand_to_standby(run, self._standby):
            return
        try:
            self._add(self.spawn_trainer(run), run)
        except OSError as error:
            raise Refused(f"The trainer could not be started: {error.strerror}.") from error

    def _add(self, process: subprocess.Popen, run: Run) -> None:
        """Keeps a trainer that was just started, and shows readers of the run that it lives."""
        starting = filelock.FileLock(run.folder / STARTING_LOCK)
        with contextlib.suppress(filelock.Timeout, OSError):  # the folder was deleted: the trainer ends by itself
            starting.acquire(timeout=0)
        self._children.append(_Child(process, run, run.ticket, starting))

    def spawn_trainer(self, run: Run) -> subprocess.Popen:
        """Start a new process that trains this run.

        Raises:
            OSError: It cannot be started.
        """
        with (run.folder / "log.txt").open("ab") as log:
            environment = self._environment | _gpus.assign(run)
            return processes.spawn("imgcls.training", str(run.folder), stdout=log, environment=environment)

    def alive(self, run: Run) -> bool:
        """Whether a trainer holds the run's lock, or was started and has yet to take it."""
        return run.is_held or any(child.run == run and child.process.poll() is None for child in self._children)

    def activity(self, run: Run) -> float:
        """The CPU seconds that the run's trainer has used."""
        process = process_of(run)
        found = [process] if process else []
        with contextlib.suppress(psutil.Error):
            found += [psutil.Process(child.process.pid) for child in self._children if child.run == run]
            return max(sum(one.cpu_times()[:2]) for one in found) if found else 0.0
        return 0.0

    def stop(self, run: Run) -> None:
        """Kill the run's trainer and wait until its lock is free."""
        process = process_of(run)
        if process is not None:
            with contextlib.suppress(psutil.Error):
                process.kill()
        for child in self._children:
            if child.run == run:  # it may not have taken the lock yet
                child.process.kill()
        end = time.monotonic() + STOP_SECONDS
        while run.is_held and time.monotonic() < end:
            time.sleep(0.02)
        self.reap()

    def reap(self) -> None:
        """Collect ended children, which are zombies until then, and let readers know of those that never began."""
        ended = [child for child in self._children if child.process.poll() is not None]
        self._children = [child for child in self._children if child not in ended]
        for child in ended:
            mark_as_lost(child.run, child.ticket)
            child.starting.release()
        for child in self._children:
            if child.starting.is_locked and child.run.is_held:
                child.starting.release()
        if self._standby is not None and self._standby.poll() is not None:
            self._standby = None

    def warm_up(self) -> None:
        """Start a trainer that has imported TensorFlow and waits for a run."""
        if self._standby is None and not hardware.gpus():  # which GPU the run will get is not known yet
            with contextlib.suppress(OSError):
                self._standby = processes.spawn(
                    "imgcls.training", "--standby", stdin=subprocess.PIPE, environment=self._environment
                )

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
        self._add(standby, run)
        return True


def create() -> LocalBackend:
    """The backend, for `imgcls.jobs.backends`."""
    return LocalBackend()


def mark_as_lost(run: Run, ticket: str | None) -> None:
    """Let readers of a run know that its trainer has ended.

    Its free lock tells them, but a trainer that died before its first heartbeat looks like one that is starting.
    """
    with contextlib.suppress(OSError, RunError):
        if run.ticket == ticket and not (run.folder / "heartbeat").exists():
            os.utime(run.folder / "trainer.json", (0, 0))


def process_of(run: Run) -> psutil.Process | None:
    """The trainer of a run; never another process that was given the same id later.

    process.json is removed before a trainer is started and written by the process that holds the run's lock, so while
    the lock is held it names the holder. But checking a lock also holds it for a moment, so the process must have the
    lock file open as well.
    """
    if not run.is_local or not run.is_held:
        return None
    try:
        pid = json_files.read_object(run.folder / "process.json")["pid"]
        process = psutil.Process(pid) if json_files.is_integer(pid, 1, LARGEST_PID) else None
        is_ours = process and "imgcls.training" in process.cmdline() and _has_open(process, run.folder / TRAINER_LOCK)
        return process if is_ours else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None


def _has_open(process: psutil.Process, path: Path) -> bool:
    if sys.platform == "win32":
        return True  # not always reported there
    return any(Path(file.path) == path.resolve() for file in process.open_files())
