"""`imgcls queue`: trains the waiting runs, and says what it is doing."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from imgcls import runs
from imgcls.cli import exit_codes
from imgcls.jobs import waiting_list
from imgcls.jobs.queue import IDLE_SECONDS, LOCK, Queue
from imgcls.jobs.worker import Worker
from imgcls.system import nodes, paths
from imgcls.system.processes import is_locked

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
                print(f"{run.label} ({run.id}): {state}.{left}", flush=True)


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
) -> int:
    """Train the queued runs one after another, without the app.

    Ends when there has been nothing to do for a minute. Ctrl-C ends the queue, but not the run in progress.
    """
    folder = paths.runs_folder()
    if worker:
        return _work(folder)
    if is_locked(folder / LOCK):
        print(f"Another queue is already processing {folder}. Nothing to do.")
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


def _work(folder: Path) -> int:
    slots = paths.trainings_at_once()
    print(
        f"{nodes.name()} takes runs from {folder}, {slots} at a time. Ctrl-C ends the worker, but no training run.",
        flush=True,
    )
    with exit_codes.exits_with(exit_codes.FAILED):
        ReportingWorker().serve()
    return exit_codes.OK
