"""The training queue as pages and the command line use it: begin, start, stop, extend and delete runs.

waiting_list    the queued runs and their order, on disk
claims          only one starts a trainer for a queued run
queue           the process that starts them: `python -m imgcls.jobs`
worker          takes waiting runs on another machine: `imgcls queue --worker`
worker_reports  what the workers say about themselves
backends        where trainers run: this machine, workers, a cluster
mirror          runs in object storage
fair_use        what one visitor of a shared server may queue and store
personal_data   deletes the work of a visitor
estimates       how long a training run will take
classroom/      what a class trains, for its teacher; the leaderboard
together/       a class or an audience draws: a wall, or one model trained on the drawings of all
preflight       checks and the learning-rate finder before training
"""

import contextlib
import os
import shutil
import subprocess
import threading
import time

from imgcls import datasets, models, runs, sharing
from imgcls.config import Config
from imgcls.errors import RunError, SettingError
from imgcls.jobs import backends, fair_use, waiting_list
from imgcls.jobs.claims import claim
from imgcls.jobs.classroom.assignments import attempts
from imgcls.jobs.queue import LOCK, STANDBY_WISH, WISH, standby_is_allowed
from imgcls.jobs.waiting_list import of_same_owner, waiting
from imgcls.runs import Run, run_name, trash
from imgcls.runs.assignments import AssignmentRecord
from imgcls.runs.index import unused_names
from imgcls.runs.trials import TrialRecord
from imgcls.sharing import Action, Mode
from imgcls.system import atomic, paths, processes

__all__ = [
    "begin",
    "claim",
    "delete",
    "expect",
    "extend",
    "move",
    "of_same_owner",
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

_queues: dict[str, tuple[subprocess.Popen, float]] = {}
_wake_lock = threading.Lock()


def begin(
    config: Config,
    label: str = "",
    *,
    run_id: str = "",
    trial: TrialRecord | None = None,
    assignment: attempts.Entry | None = None,
    backend: str = "",
) -> Run:
    """Create a run and queue it. The same `run_id` again gives the same run.

    Args:
        label: The name; by default that of model and dataset, with a number if a run has it already.
        trial: The study that it belongs to, and as which trial.
        assignment: The assignment that it is an attempt at. What it fixes is checked here, whatever the form showed.
        backend: Where it trains, one of those that IMGCLS_BACKEND lists; by default the first.

    Raises:
        RunError: It cannot be written.
        SettingError: IMGCLS_BACKEND names no backend, or does not list this one.
        NotAllowed: The visitor may not train, or not on this dataset, or the assignment forbids it.
    """
    _require_sources(config)
    backend = backends.recorded(backend)
    runs.check_id(run_id)
    run_id = run_id or runs.new_id()
    label = run_name.clean(label) or unused_names.of_new_run(config)
    with _entered(assignment, config, run_id) as record, waiting_list.places():
        place = waiting_list.last_place()
        run = runs.create(config, label, run_id=run_id, place=place, trial=trial, assignment=record, backend=backend)
    wake()
    return run


def _entered(
    assignment: attempts.Entry | None, config: Config, run_id: str
) -> contextlib.AbstractContextManager[AssignmentRecord | None]:
    return contextlib.nullcontext() if assignment is None else attempts.entering(assignment, config, run_id)


def _require_sources(config: Config) -> None:
    """Raises UserError if the visitor may not train, or does not see the dataset or the run that is the backbone."""
    sharing.require(Action.START_RUN)
    if sharing.is_shared():
        datasets.facts(config.data)
        if base := config.model_settings.get("backbone_run"):
            runs.find(str(base))
        fair_use.check_new_runs([config])


def start(run: Run) -> None:
    """Queue a run again, to resume it from its checkpoint or because it was taken out of the queue.

    A queued run or one that is training is left alone; a paused one continues.

    Raises:
        RunError: It cannot be written.
        SettingError: IMGCLS_BACKEND names no backend.
        NotAllowed: It is not the visitor's run.
    """
    sharing.require(Action.RESUME_RUN, run.folder)
    backends.configured()
    if run.state in ("queued", "starting", "running") or (run.state == "paused" and not run.is_parked):
        run.send_request(pause=False)
        if run.is_parked and not run.is_waiting:
            waiting_list.enter(run)  # its process was about to end
    else:
        run.send_request(pause=False, stop=False)
        waiting_list.enter(run)
    wake()


def stop(run: Run) -> None:
    """End a training and keep the best epoch so far. A queued run is only taken out of the queue.

    If the trainer has ended but left a checkpoint, a new trainer is queued to evaluate and save the model.

    Raises:
        RunError: It cannot be written.
        NotAllowed: It is not the visitor's run.
    """
    sharing.require(Action.STOP_RUN, run.folder)
    if run.is_waiting:
        waiting_list.take_out(run)
        return
    run.send_request(stop=True)
    if run.state in ("lost", "paused") and (run.is_parked or run.state == "lost") and run.can_resume:
        waiting_list.enter(run)
        wake()


def extend(run: Run, epochs: int) -> Run:
    """Queue a new run that continues another one for `epochs` more epochs. The other run is not changed.

    Raises:
        RunError: The run has no checkpoint, or the new run cannot be written.
        NotAllowed: The visitor may not train, or the run is an attempt at an assignment that forbids it.
    """
    sharing.require(Action.START_RUN, run.folder)
    if not run.can_resume:
        raise RunError("This run has no checkpoint, so it cannot be continued. Train a new run instead.")
    config, request = run.config, run.request
    if request.early_stopping is not None:  # a change made during training applies to the continuation
        config = config.changed(early_stopping=request.early_stopping)
    result = run.result or {}
    done = result.get("epochs", config.epochs) if result.get("outcome") == "finished" else config.epochs
    more = models.more_epochs(config.model, config.model_settings)
    if more:  # fine-tuning came last, so it is what continues
        fine_tuned = done - result.get("head_epochs", config.epochs) if result.get("outcome") == "finished" else more
        settings = models.family(config.model).lengthened(config.model_settings, fine_tuned + epochs)
        config = config.changed(model_settings=settings)
    else:
        config = config.changed(epochs=done + epochs)
    fair_use.check_new_runs([config])
    run_id, label = runs.new_id(), run_name.with_ending(run.label, f" +{epochs}")
    with attempts.continuing(run, config, run_id) as record, waiting_list.places():
        place = waiting_list.last_place()
        new = runs.create(config, label, run_id=run_id, place=place, start_from=run.folder, assignment=record)
    wake()
    return new


def delete(run: Run) -> None:
    """Delete a run and end its trainer, if there is one. It can be restored for a day, see `imgcls.runs.trash`.

    Raises:
        RunError: It cannot be deleted.
        NotAllowed: It is not the visitor's run.
    """
    sharing.require(Action.DELETE_RUN, run.folder)
    with contextlib.suppress(RunError):  # a damaged run can be deleted, too
        waiting_list.take_out(run)
    backends.of(run).stop(run)
    run.delete()
    wake()


def move(run: Run, by: int) -> None:
    """Move a queued run up (negative `by`) or down by that many positions.

    Raises:
        RunError: It is no longer queued, or cannot be written.
        NotAllowed: It is not the visitor's run.
    """
    sharing.require(Action.MOVE_RUN, run.folder)
    waiting_list.move(run, by)


def take_out(run: Run) -> None:
    """Take a run out of the queue. The run itself is kept and can be started later.

    Raises:
        RunError: It cannot be written.
        NotAllowed: It is not the visitor's run.
    """
    sharing.require(Action.STOP_RUN, run.folder)
    waiting_list.take_out(run)


def expect() -> None:
    """Warm up a trainer, as a training run is likely to start soon, if the machine has enough memory."""
    if standby_is_allowed():
        _touch(STANDBY_WISH)
        wake()


def wake() -> None:
    """Make the queue check for work now; start it if it is not running."""
    root = paths.runs_folder()
    _touch(WISH)
    if not processes.is_locked(root / LOCK):
        _call()


def watch() -> threading.Event:
    """Restart the queue whenever runs are waiting but it is not running, as after a reboot; sweep now and then.

    Called once by a server. Setting the returned event ends it.
    """
    ended = threading.Event()

    def check() -> None:
        swept = time.monotonic()
        while not ended.is_set():
            if time.monotonic() - swept > SWEEP_SECONDS:
                swept = time.monotonic()
                sweep()
            with contextlib.suppress(OSError, SettingError):
                if waiting():
                    wake()
            ended.wait(WATCH_SECONDS)

    threading.Thread(target=check, name="queue watch", daemon=True).start()
    return ended


def _touch(name: str) -> None:
    """Set the file's time, which is all that readers use. Ten times faster than writing; every page rerun does it."""
    root = paths.runs_folder()
    with contextlib.suppress(OSError):
        try:
            os.utime(root / name)
        except FileNotFoundError:
            root.mkdir(parents=True, exist_ok=True)
            (root / name).touch()


def _call() -> None:
    """Start a queue process, unless one was started a moment ago and has yet to take the lock."""
    backends.configured()
    root = str(paths.runs_folder())
    with _wake_lock:
        queue, called = _queues.get(root, (None, 0.0))
        if queue is not None and queue.poll() is None and time.monotonic() - called < CALL_SECONDS:
            return
        with contextlib.suppress(OSError):
            _queues[root] = processes.spawn("imgcls.jobs"), time.monotonic()


def sweep() -> None:
    """Remove runs that were deleted more than a day ago, and what killed processes left more than an hour ago."""
    trash.sweep()
    if sharing.mode() is Mode.DEMO:
        from imgcls.jobs import personal_data  # it needs what reads images, for which no other start has to wait

        personal_data.sweep_demo()
    root = paths.runs_folder()
    atomic.remove_leftovers([*root.glob("*/.*"), *root.glob("*/*/.*")])
    for path in (*root.glob(".new-*"), *root.glob(".deleted-*")):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime >= SWEEP_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
