"""Controls a training run from outside: requests from the app, signals, pauses, turns in the queue, checkpoints."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Protocol

import filelock

from imgcls.runs import Run, requests
from imgcls.runs.requests import RunRequest
from imgcls.system import paths
from imgcls.training.process.checkpoint import Checkpoint, Writer
from imgcls.training.process.heartbeat import Heartbeat

PARK_SECONDS = 15 * 60.0
"""During a longer pause the process ends to release its memory; resuming starts from the checkpoint
(IMGCLS_PARK_SECONDS)."""
POLL_SECONDS = 0.05


class Parked(Exception):
    """The training was paused for so long that its process may end. The checkpoint is complete."""


class ShutDown(Exception):
    """The machine is shutting down. The checkpoint is complete, so the run can be resumed."""


class Signals:
    """Signals to the trainer: Ctrl-C (SIGINT) requests a stop, SIGTERM means that the machine is shutting down."""

    def __init__(self) -> None:
        self.interrupted, self.terminated = threading.Event(), threading.Event()

    def listen(self) -> None:
        """From now on signals are only recorded; they no longer end the process."""
        for number, event in ((signal.SIGINT, self.interrupted), (signal.SIGTERM, self.terminated)):
            with contextlib.suppress(ValueError):  # not the main thread: a test
                signal.signal(number, lambda *_, event=event: event.set())


class Control(Protocol):
    """What a training loop needs from its surroundings. All methods are called from the training thread."""

    def request(self) -> RunRequest:
        """The current request. Called after every batch, so it must be fast."""

    def save(self, checkpoint: Checkpoint, *, now: bool) -> None:
        """Writes a checkpoint, immediately or in the background."""

    def wait_while_paused(self) -> None:
        """Returns when the pause is over and it is this run's turn.

        Raises:
            Parked, ShutDown: the process should end.
        """


class Turns:
    """Limits the number of simultaneous training runs per runs folder to IMGCLS_TRAININGS (default: 1).

    Each turn is a file lock, which the operating system releases when its holder is killed.
    """

    def __init__(self) -> None:
        self._held: filelock.BaseFileLock | None = None

    def acquire(self) -> bool:
        """Tries to get a turn without waiting. True if this training run has one."""
        for number in range(paths.trainings_at_once()):
            if self._held is not None:
                break
            lock = filelock.FileLock(paths.runs_folder() / f".turn-{number}.lock")
            with contextlib.suppress(filelock.Timeout):
                lock.acquire(timeout=0)
                self._held = lock
        return self._held is not None

    def release(self) -> None:
        """Gives up the turn."""
        if self._held is not None:
            self._held.release()
            self._held = None


class RunControl:
    """The `Control` of a loop that trains a run folder."""

    def __init__(self, run: Run, heartbeat: Heartbeat, signals: Signals, *, in_turn: bool):
        self._run = run
        self._heartbeat = heartbeat
        self._signals = signals
        self._turns = Turns() if in_turn else None
        self._stamp: tuple[int, ...] = ()
        self._request = RunRequest()
        self._writer: Writer | None = None

    def request(self) -> RunRequest:
        """The request from the app, read again only when its file has changed.

        Ctrl-C counts as a stop. A shutdown counts as a pause, during which the process ends.
        """
        stamp = requests.stamp(self._run.folder)
        if stamp != self._stamp:
            self._stamp, self._request = stamp, self._run.request
        if self._signals.interrupted.is_set():
            return self._request.changed(stop=True)
        return self._request.changed(pause=True) if self._signals.terminated.is_set() else self._request

    def save(self, checkpoint: Checkpoint, *, now: bool) -> None:
        """Writes a checkpoint to the run's folder. With `now` it is on disk when the method returns."""
        if self._writer is None:
            self._writer = Writer(self._run.folder / "checkpoint.npz")
        self._writer.submit(checkpoint)
        if now:
            self._writer.flush()

    def wait_for_turn(self, on_wait: Callable[[], None] = lambda: None) -> None:
        """Returns when it is this run's turn. `on_wait` is called once if it has to wait.

        Raises:
            ShutDown: the machine is shutting down.
        """
        if self._turns is None or self._turns.acquire():
            return
        on_wait()
        self._heartbeat.set_state("waiting")
        while not self._turns.acquire() and not self.request().stop:
            self._check_for_shutdown()
            time.sleep(POLL_SECONDS)
        self._heartbeat.set_state("running")

    def wait_while_paused(self) -> None:
        """Returns when the pause is over and it is this run's turn again. Meanwhile another run may have the turn.

        Raises:
            Parked: the pause lasted longer than `PARK_SECONDS`.
            ShutDown: the machine is shutting down.
        """
        self._heartbeat.set_state("paused")
        if self._turns is not None:
            self._turns.release()
        start = time.monotonic()
        limit = float(os.environ.get("IMGCLS_PARK_SECONDS") or PARK_SECONDS)
        while (now := self.request()).pause and not now.stop:
            self._check_for_shutdown()
            if time.monotonic() - start > limit:
                raise Parked
            time.sleep(POLL_SECONDS)
        self.wait_for_turn()
        self._heartbeat.set_state("running")

    def _check_for_shutdown(self) -> None:
        if self._signals.terminated.is_set():
            raise ShutDown

    def close(self) -> None:
        """Ends the writing thread and gives up the turn."""
        if self._writer is not None:
            self._writer.close()
        if self._turns is not None:
            self._turns.release()
