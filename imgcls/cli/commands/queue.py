"""`imgcls queue`: trains the waiting runs, and says what it is doing."""

import os

from imgcls import runs
from imgcls.cli import exit_codes
from imgcls.errors import SettingError
from imgcls.jobs import waiting_list
from imgcls.jobs.queue import IDLE_SECONDS, LOCK, Queue
from imgcls.system import paths
from imgcls.system.processes import is_locked

ENDED = ("finished", "stopped", "failed", "lost")


class ReportingQueue(Queue):
    """A queue that prints a line whenever a run starts or ends."""

    def __init__(self) -> None:
        super().__init__()
        self._states: dict[str, str] = {}

    def round(self) -> None:
        """One round of the queue, and a line for each run whose state changed."""
        super().round()
        for run in runs.all_runs():
            state = run.state
            before, self._states[run.id] = self._states.get(run.id, state), state
            if state != before:
                self._report(runs.find(run.id).label, run.id, state)

    def _report(self, label: str, run_id: str, state: str) -> None:
        waiting = len(waiting_list.waiting())
        left = f" {waiting} waiting." if state in ENDED else ""
        print(f"{label} ({run_id}): {state}.{left}", flush=True)


def queue() -> int:
    """Train the queued runs one after another, without the app.

    Ends when there has been nothing to do for a minute. Ctrl-C ends the queue, but not the training in progress.
    """
    folder = paths.runs_folder()
    if is_locked(folder / LOCK):
        print(f"Another queue is already processing {folder}. Nothing to do.")
        return exit_codes.OK
    waiting = len(waiting_list.waiting())
    seconds = float(os.environ.get("IMGCLS_IDLE_SECONDS") or IDLE_SECONDS)
    print(f"Processing the queue in {folder}: {waiting} waiting, up to {paths.trainings_at_once()} at a time.")
    print(f"Ends after {seconds:g} s without work. Ctrl-C ends the queue, but not a training in progress.", flush=True)
    try:
        ReportingQueue().serve()
    except SettingError as error:
        raise exit_codes.CommandError(str(error), exit_codes.USAGE) from error
    print("The queue is empty.")
    return exit_codes.OK
