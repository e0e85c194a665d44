"""`imgcls queue`: trains the waiting runs, and says what it is doing."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from imgcls import runs
from imgcls.cli import exit_codes
from imgcls.errors import RunError
from imgcls.jobs import waiting_list
from imgcls.jobs.queue import IDLE_SECONDS, LOCK, Queue
from imgcls.jobs.worker import Worker
from imgcls.runs import Run, results
from imgcls.runs.index import names
from imgcls.system import nodes, paths
from imgcls.system.processes import is_locked

RESUMABLE = ("lost", "paused", "stopped")
ENDED = ("finished", "stopped", "failed", "lost")


class Reporter:
    """Prints a line whenever a run starts or ends."""

    def __init__(self) -> None:
        self._states = {run.id: run.state for run in runs.all_runs()}

    def report(self, node: str = "") -> None:
        """A line for each run, or each run of one machine, whose state changed."""
        for run in runs.all_runs():
            state = run.state
            before, self._states[run.id] = self._states.get(run.id, state), state
            if state != before and (not node or run.job.get("node") == node):
                waiting = len(waiting_list.waiting())
                left = f" {waiting} waiting." if state in ENDED else ""
                print(f"{run.label} ({run.id}): {names.state_word(state)}.{left}", flush=True)


class ReportingQueue(Queue):
    """A queue that prints what happens."""

    def __init__(self) -> None:
        super().__init__()
        self._reporter = Reporter()

    def round(self) -> None:
        """One round of the queue, and what has changed."""
        super().round()
        self._reporter.report()


class ReportingWorker(Worker):
    """A worker that prints what happens to its runs."""

    def __init__(self) -> None:
        super().__init__()
        self._reporter = Reporter()

    def round(self) -> None:
        """One round of the worker, and what has changed."""
        super().round()
        self._reporter.report(self.node)


def queue(
    *,
    worker: Annotated[
        bool,
        Parameter(
            negative="",
            show_default=False,
            help="Work beside others: any number of machines that see the same runs folder (IMGCLS_RUNS) share the "
            "queued runs. Works until Ctrl-C. IMGCLS_NODE names the machine, IMGCLS_TRAININGS says how many runs it "
            "trains at a time.",
        ),
    ] = False,
    retry: Annotated[
        tuple[str, ...],
        Parameter(
            name="--retry",
            negative="",
            consume_multiple=True,
            show_default=False,
            help="First queue these runs again (their IDs), which the cluster refused.",
        ),
    ] = (),
) -> int:
    """Train the queued runs one after another, without the app.

    Ends when there has been nothing to do for a minute. Ctrl-C ends the queue, but not the run in progress.

    Example: imgcls queue --retry run-20260102-030405-ab12
    """
    folder = paths.runs_folder()
    _queue_again(retry)
    if worker:
        return _work(folder)
    if is_locked(folder / LOCK):
        print(f"Another queue is already processing {folder}. {'It starts them.' if retry else 'Nothing to do.'}")
        return exit_codes.OK
    waiting = len(waiting_list.waiting())
    seconds = float(os.environ.get("IMGCLS_IDLE_SECONDS") or IDLE_SECONDS)
    with exit_codes.exits_with(exit_codes.USAGE):
        reporting = ReportingQueue()
        slots = reporting.capacity()
        print(f"Processing the queue in {folder}: {waiting} waiting, up to {slots} at a time.")
        print(
            f"Ends after {seconds:g} s without work. Ctrl-C ends the queue, but not a training run in progress.",
            flush=True,
        )
        reporting.serve()
    print("The queue is empty.")
    return exit_codes.OK


def _queue_again(names: tuple[str, ...]) -> None:
    """Queues refused runs, if all of them were refused."""
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        found = [runs.find(name) for name in dict.fromkeys(names)]
    for run in found:
        if not _is_refused(run):
            raise exit_codes.CommandError(_not_refused(run), exit_codes.USAGE)
    for run in found:
        with exit_codes.exits_with(exit_codes.FAILED):
            run.send_request(pause=False, stop=False)
            waiting_list.enter(run)
        print(f"{run.label} ({run.id}) is queued again.", flush=True)


def _is_refused(run: Run) -> bool:
    """Whether a run was given up after several refusals, or rests after one."""
    if run.state == "queued":
        return waiting_list.refusal_of(run) is not None
    try:
        return run.state == "failed" and (run.result or {}).get(results.NOT_SUBMITTED) is True
    except RunError:
        return False


def _not_refused(run: Run) -> str:
    state = run.state
    if state == "queued":
        how = "It is in the queue, and will be tried in its turn."
    elif state in RESUMABLE and run.can_resume:
        how = f"Resume it with: imgcls train {run.id}"
    else:
        how = "Only runs that were refused can be queued again."
    return f"The run '{run.id}' was not refused: it is {names.state_word(state)}. {how}"


def _work(folder: Path) -> int:
    slots = paths.trainings_at_once()
    print(
        f"{nodes.name()} takes runs from {folder}, {slots} at a time. Ctrl-C ends the worker, but no training run.",
        flush=True,
    )
    with exit_codes.exits_with(exit_codes.FAILED):
        ReportingWorker().serve()
    return exit_codes.OK
