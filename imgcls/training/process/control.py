"""What stands between a training and those who ask something of it: requests, signals, pauses, turns, checkpoints."""

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
"""A pause that lasts longer gives the memory back: the process ends, and its checkpoint waits (IMGCLS_PARK_SECONDS)."""
LOOK_SECONDS = 0.05


class Parked(Exception):
    """The training paused for so long that its process may end; the checkpoint has everything."""


class Leaves(Exception):
    """The machine wants the process to end; the checkpoint has everything, and the run can be resumed."""


class Signals:
    """What the system tells a trainer: Ctrl-C is a Stop, and by SIGTERM a machine that goes down asks it to leave."""

    def __init__(self):
        self.interrupted, self.terminated = threading.Event(), threading.Event()

    def listen(self) -> None:
        """From now on signals are noted, and end nothing by themselves."""
        for number, event in ((signal.SIGINT, self.interrupted), (signal.SIGTERM, self.terminated)):
            with contextlib.suppress(ValueError):  # not the main thread: a test
                signal.signal(number, lambda *_, event=event: event.set())


class Control(Protocol):
    """What a loop asks of those around it. All are called from the training's thread."""

    def asked(self) -> RunRequest:
        """What a person wants now; called after every batch, so it must be quick."""

    def keep(self, checkpoint: Checkpoint, *, now: bool) -> None:
        """Writes a checkpoint, at once or when there is time."""

    def wait_while_paused(self) -> None:
        """Returns when the pause is over, with the turn to train; raises `Parked` or `Leaves` to end the process."""


class Turns:
    """One training at a time on one folder of runs, or as many as IMGCLS_TRAININGS says; others wait.

    A lock of the operating system is free at once when its holder is killed.
    """

    def __init__(self):
        self._held: filelock.BaseFileLock | None = None

    def take(self) -> bool:
        """Tries to get a turn; True if there is one, or if it is held already."""
        for number in range(paths.trainings_at_once()):
            if self._held is not None:
                break
            lock = filelock.FileLock(paths.runs_folder() / f".turn-{number}.lock")
            with contextlib.suppress(filelock.Timeout):
                lock.acquire(timeout=0)
                self._held = lock
        return self._held is not None

    def give(self) -> None:
        """Lets the next one have the turn."""
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
        self._stamp: tuple = ()
        self._asked = RunRequest()
        self._writer: Writer | None = None

    def asked(self) -> RunRequest:
        """What the page wants, read again only when the file is another one.

        An interrupt means Stop; a machine that goes down means a pause, in which the process ends.
        """
        stamp = requests.stamp(self._run.folder)
        if stamp != self._stamp:
            self._stamp, self._asked = stamp, self._run.request
        if self._signals.interrupted.is_set():
            return self._asked.changed(stop=True)
        return self._asked.changed(pause=True) if self._signals.terminated.is_set() else self._asked

    def keep(self, checkpoint: Checkpoint, *, now: bool) -> None:
        """Writes a checkpoint into the run's folder; with `now` it is on the disk afterwards."""
        if self._writer is None:
            self._writer = Writer(self._run.folder / "checkpoint.npz")
        self._writer.submit(checkpoint)
        if now:
            self._writer.flush()

    def wait_for_turn(self, told: Callable[[], None] = lambda: None) -> None:
        """Returns when it is this run's turn; `told` is called once if that takes a while."""
        if self._turns is None or self._turns.take():
            return
        told()
        self._heartbeat.say("waiting")
        while not self._turns.take() and not self.asked().stop:
            self._heed_the_machine()
            time.sleep(LOOK_SECONDS)
        self._heartbeat.say("running")

    def wait_while_paused(self) -> None:
        """The processor is free meanwhile, and so is the turn; after `PARK_SECONDS` the memory, too.

        Raises:
            Parked: the pause is long.
            Leaves: the machine goes down.
        """
        self._heartbeat.say("paused")
        if self._turns is not None:
            self._turns.give()
        began = time.monotonic()
        patience = float(os.environ.get("IMGCLS_PARK_SECONDS") or PARK_SECONDS)
        while (now := self.asked()).pause and not now.stop:
            self._heed_the_machine()
            if time.monotonic() - began > patience:
                raise Parked
            time.sleep(LOOK_SECONDS)
        self.wait_for_turn()
        self._heartbeat.say("running")

    def _heed_the_machine(self) -> None:
        if self._signals.terminated.is_set():
            raise Leaves

    def close(self) -> None:
        """Ends the writing thread and gives the turn away."""
        if self._writer is not None:
            self._writer.close()
        if self._turns is not None:
            self._turns.give()
