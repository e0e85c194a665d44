"""A worker: takes waiting runs from a shared runs folder and trains them on this machine.

    imgcls queue --worker

Any number of them work on one folder, each on its own machine. A run is claimed by creating a file that must not exist
yet, which NFS does atomically; nothing depends on clocks or on locks that other machines can see.
"""

import contextlib
import os
import time

import filelock

from imgcls import datasets
from imgcls.errors import RunError, UserError
from imgcls.jobs import waiting_list, worker_reports
from imgcls.jobs.backends import workers
from imgcls.jobs.backends.local import LocalBackend
from imgcls.jobs.queue import ROUND_SECONDS, SCAN_SECONDS, Queue, is_open
from imgcls.runs import Run, all_runs
from imgcls.system import nodes, paths, processes


class Worker(Queue):
    """Trains waiting runs on this machine until it is ended, also through outages of the folder.

    Raises:
        RunError: another worker runs under this machine's name, or the folder has no file locks.
    """

    def __init__(self, backend: LocalBackend | None = None):
        self.backend = LocalBackend(in_turn=False) if backend is None else backend
        super().__init__(self.backend)
        self.node = nodes.name()
        self.is_full = False
        self._refused: dict[str, str] = {}
        self._problem = ""

    def serve(self) -> None:
        """Work until Ctrl-C, or without work for IMGCLS_IDLE_SECONDS if that is set."""
        root = paths.runs_folder()
        root.mkdir(parents=True, exist_ok=True)
        try:
            lock = processes.acquired(root / f".worker-{self.node}.lock", 1.0)
        except filelock.Timeout:
            raise RunError(
                f"A worker named '{self.node}' already works on {root}. Set IMGCLS_NODE to give this one another name."
            ) from None
        try:
            while not (os.environ.get("IMGCLS_IDLE_SECONDS") and self._is_idle()):
                if root.is_dir():
                    with contextlib.suppress(OSError):  # the folder may become unavailable at any time
                        self.round()
                time.sleep(SCAN_SECONDS if self.is_full else ROUND_SECONDS)
        finally:
            worker_reports.remove(self.node)
            lock.release()

    def round(self) -> None:
        """Take as many waiting runs as there is room for, leaving those that this machine cannot train."""
        self.backend.reap()
        self._requeue_unstarted()
        mine = [run for run in all_runs() if is_open(run) and run.job.get("node") == self.node]
        busy = sum(map(self._is_busy, mine))
        self._refused = {}
        for run in waiting_list.waiting():
            if busy >= self.backend.capacity():
                break
            if waiting_list.wanted_backend(run) not in ("", workers.NAME):
                continue  # queued for a cluster, or for the app's machine
            if self._rests(run):
                continue
            if reason := obstacle(run):
                self._refused[run.id] = reason
                continue
            busy += self._start(run)
        self.is_full = busy >= self.backend.capacity()
        if busy:
            self._idle_since = time.monotonic()
        self._report(busy)

    def _report(self, busy: int) -> None:
        problem = next(iter(self._refused.values()), "")
        if problem != self._problem:
            self._problem = problem
            print(problem or "Every waiting run can be trained here.", flush=True)
        worker_reports.write(worker_reports.WorkerState(self.node, busy, self.backend.capacity(), problem))


def obstacle(run: Run) -> str:
    """Why this machine cannot train a queued run; "" if it can. Nothing of it has run by then."""
    if problem := nodes.version_problem(waiting_list.wanted_versions(run)):
        return problem
    try:
        data = run.config.data
        datasets.facts(data)
        if not datasets.is_ready(data):
            datasets.prepare(data)
    except UserError as error:
        return f"The machine {nodes.name()} cannot train “{run.label}”: {error}"
    return ""
