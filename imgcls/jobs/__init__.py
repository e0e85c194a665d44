"""Trainings in their turn: what pages and the shell ask of the queue.

order      the waiting runs and their places, on the disk
machine    where trainers run: submit, alive, stop
queue      the process that starts them, `python -m imgcls.jobs`
"""

import contextlib
import os
import shutil
import subprocess
import threading
import time

from imgcls import models, runs
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.jobs import waiting_list
from imgcls.jobs.backends.local import ThisMachine, be_nice, is_locked, spawned
from imgcls.jobs.queue import LOCK, STANDBY_WISH, WISH, claim, standby_is_allowed
from imgcls.jobs.waiting_list import move, take_out, waiting
from imgcls.runs import Run
from imgcls.system import atomic, paths

__all__ = [
    "be_nice",
    "begin",
    "claim",
    "delete",
    "expect",
    "extend",
    "move",
    "start",
    "stop",
    "sweep",
    "take_out",
    "waiting",
    "wake",
    "watch",
]

SWEEP_SECONDS = 3600.0
WATCH_SECONDS = 3.0
CALL_SECONDS = 3.0

_machine = ThisMachine()
_queues: dict[str, tuple[subprocess.Popen, float]] = {}
_calling = threading.Lock()


def begin(config: Config, label: str = "", *, run_id: str = "") -> Run:
    """A new run that waits for its turn; the same run again for the same id.

    Raises:
        RunError: it cannot be written.
    """
    run = runs.create(config, label, run_id=run_id, place=waiting_list.last_place())
    wake()
    return run


def start(run: Run) -> None:
    """Puts a run into the queue again: to resume it from its checkpoint, or because it was taken out.

    A run that waits or trains stays as it is.

    Raises:
        RunError: it cannot be written.
    """
    if run.state in ("queued", "starting", "running") or (run.state == "paused" and not run.is_parked):
        run.ask(pause=False)
        if run.is_parked and not run.is_waiting:
            waiting_list.enter(run)  # its process was just about to end
    else:
        run.ask(pause=False, stop=False)
        waiting_list.enter(run)
    wake()


def stop(run: Run) -> None:
    """Ends a training and keeps the best epoch so far; a run that waits is only taken out of the queue.

    Where the process is gone but a checkpoint is there, a trainer is started to test and keep what was learnt.

    Raises:
        RunError: it cannot be written.
    """
    if run.is_waiting:
        take_out(run)
        return
    run.ask(stop=True)
    if run.state in ("lost", "paused") and (run.is_parked or run.state == "lost") and run.can_go_on:
        waiting_list.enter(run)
        wake()


def extend(run: Run, epochs: int) -> Run:
    """A new run that goes on where another one ended, for `epochs` more; the other stays as it is.

    Raises:
        RunError: it has no checkpoint, or the new run cannot be written.
    """
    if not run.can_go_on:
        raise RunError("This run has no checkpoint, so it cannot go on. Train it again instead.")
    config, asked = run.config, run.asked
    if asked.early_stopping is not None:  # what was switched while it trained holds in what goes on from it
        config = config.changed(early_stopping=asked.early_stopping)
    result = run.result or {}
    done = result.get("epochs", config.epochs) if result.get("outcome") == "finished" else config.epochs
    more = models.more_epochs(config.model, config.model_settings)
    if more:  # what ended last goes on
        fine_tuned = done - result.get("head_epochs", config.epochs) if result.get("outcome") == "finished" else more
        settings = models.family(config.model).lengthened(config.model_settings, fine_tuned + epochs)
        config = config.changed(model_settings=settings)
    else:
        config = config.changed(epochs=done + epochs)
    new = runs.create(config, f"{run.label} +{epochs}", place=waiting_list.last_place(), start_from=run.folder)
    wake()
    return new


def delete(run: Run) -> None:
    """Ends the trainer of a run, if there is one, and deletes the run."""
    take_out(run)
    _machine.stop(run)  # its work is not wanted any more
    run.delete()
    wake()


def expect() -> None:
    """Somebody is about to start a training: a trainer is warmed up, where this machine has the memory for it."""
    if standby_is_allowed():
        _touch(STANDBY_WISH)
        wake()


def wake() -> None:
    """Makes the queue look now, and starts it where there is none."""
    root = paths.runs_folder()
    _touch(WISH)
    if not is_locked(root / LOCK):
        _call()


def watch() -> threading.Event:
    """Called once by a server: as long as it lives, waiting runs do not wait for a queue that was killed.

    After a restart or a reboot nobody need come and look for them to start. Setting the event ends it.
    """
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError):
                if waiting():
                    wake()
            ended.wait(WATCH_SECONDS)

    threading.Thread(target=look, name="queue watch", daemon=True).start()
    return ended


def _touch(name: str) -> None:
    """Readers look at the time of the file alone. To set it costs a tenth of writing, and each rerun of a page does."""
    root = paths.runs_folder()
    with contextlib.suppress(OSError):
        try:
            os.utime(root / name)
        except FileNotFoundError:
            root.mkdir(parents=True, exist_ok=True)
            (root / name).touch()


def _call() -> None:
    """Starts a queue, unless one that was started a moment ago is on its way to the lock."""
    root = str(paths.runs_folder())
    with _calling:
        queue, called = _queues.get(root, (None, 0.0))
        if queue is not None and queue.poll() is None and time.monotonic() - called < CALL_SECONDS:
            return
        with contextlib.suppress(OSError):
            _queues[root] = spawned("imgcls.jobs"), time.monotonic()


def sweep() -> None:
    """Removes what killed processes have left in the folder of runs, once it is older than an hour."""
    root = paths.runs_folder()
    leftovers = [*root.glob(".new-*"), *root.glob(".deleted-*"), *filter(atomic.is_leftover, root.glob("*/.*"))]
    for path in leftovers:
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime < SWEEP_SECONDS:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
