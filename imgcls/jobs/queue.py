"""The queue: a small process that starts waiting runs one after the other.

    python -m imgcls.jobs

The app starts it when needed; you can also start it by hand. Only one works on a runs folder: a second one exits. All
of its state is on disk, so it can be killed and started again at any time.
"""

import contextlib
import os
import time
from collections import Counter
from pathlib import Path

import filelock
import psutil

from imgcls.errors import RunError, SettingError
from imgcls.jobs import backends, claims, waiting_list
from imgcls.jobs.backends import Backend, Refused, Unreachable
from imgcls.jobs.waiting_list import Refusal
from imgcls.runs import Run, all_runs, results
from imgcls.runs.run import START_SECONDS
from imgcls.system import atomic, nodes, paths, processes

ROUND_SECONDS = 0.1
SCAN_SECONDS = 2.0
LOCK_SECONDS = 1.0
"""Checking whether the queue is running holds its lock for a moment."""
IDLE_SECONDS = 60.0
STANDBY_SECONDS = 600.0
HUNG_SECONDS = 60.0
"""A trainer that has used no CPU and had no heartbeat for this long is suspended. It is ended, so that others can run
(IMGCLS_HUNG_SECONDS)."""
RETRY_SECONDS = 10.0
"""How long to wait before a cluster is asked again that could not be reached."""
REFUSED_PAUSES = (10.0, 30.0, 120.0, 300.0, 900.0)
"""How long a run that is not taken rests before it is tried again, while others go on. Then it is given up."""
WISH, STANDBY_WISH, LOCK = ".queue-wish", ".standby-wish", ".queue.lock"
"""Files that a page touches to request something, and the lock that only one queue can hold."""
STANDBY_MEMORY = 4e9
"""Without this much memory, in bytes, no trainer is kept ready: one takes half a gigabyte."""


class Queue:
    """Starts waiting runs. `round` does what needs doing now; `serve` repeats it until there is nothing left to do.

    Args:
        backend: Where trainers run; by default those that IMGCLS_BACKEND lists, and each run names one of them.

    Raises:
        SettingError: IMGCLS_BACKEND names no backend.
    """

    def __init__(self, backend: Backend | None = None):
        found = {name: backends.get(name) for name in backends.configured()} if backend is None else {"": backend}
        self._backends: dict[str, Backend] = found
        self._signs: dict[str, tuple[tuple[float, ...], float]] = {}
        self._idle_since = time.monotonic()
        self._unstarted: list[Run] | None = None
        self._retry_at: dict[str, float] = {}
        self._rests_until: dict[str, float] = {}
        waiting_list.clear_problems()

    def capacity(self) -> int:
        """How many runs all backends take at a time."""
        return sum(backend.capacity() for backend in self._backends.values())

    def _name_for(self, run: Run) -> str:
        return next(iter(self._backends)) if len(self._backends) == 1 else backends.name_for(run)

    def _backend_for(self, run: Run) -> Backend:
        return self._backends[self._name_for(run)]

    def serve(self) -> None:
        """Work until idle. Returns at once if another queue works on this folder.

        Raises:
            RunError: The folder has no file locks. Pages show the reason.
        """
        root = paths.runs_folder()
        root.mkdir(parents=True, exist_ok=True)
        while root.is_dir():
            try:
                lock = processes.acquired(root / LOCK, LOCK_SECONDS)
            except filelock.Timeout:
                break
            except RunError as error:
                waiting_list.report_problem(str(error))
                raise
            try:
                self._work(root)
            finally:
                lock.release()
            # A run queued at the last moment found the lock held, so no other queue was started for it.
            if not waiting_list.waiting():
                break
            self._idle_since = time.monotonic()
        for backend in self._backends.values():
            backend.cool_down()

    def _work(self, root: Path) -> None:
        """Work until there has been nothing to do for a while, or the runs folder is gone."""
        scanned = -1e9
        last_request = -1
        while root.is_dir() and not self._is_idle():
            now = time.monotonic()
            if (requested := _requested_at(root)) != last_request or now - scanned >= SCAN_SECONDS:
                last_request, scanned = requested, now
                self.round()
            time.sleep(ROUND_SECONDS)

    def round(self) -> None:
        """End trainers that hang, start waiting runs, and keep a trainer warm if one is wanted."""
        for backend in self._backends.values():
            backend.reap()
        self._requeue_unstarted()
        busy = Counter(self._name_for(run) for run in all_runs() if is_open(run) and self._is_busy(run))
        queue = waiting_list.waiting()
        full: set[str] = set()
        for run in queue:
            name = self._name_for(run)
            if name in full or self._rests(run):
                continue
            if busy[name] >= self._backends[name].capacity() or time.monotonic() < self._retry_at.get(name, 0.0):
                full.add(name)
                continue
            busy[name] += self._start(run)
        if not queue:
            for name in self._retry_at:  # nothing waits for it any more
                waiting_list.report_problem("", name)
            self._retry_at.clear()
        for name, backend in self._backends.items():
            if not _standby_is_wanted():
                backend.cool_down()
            elif not busy[name]:
                backend.warm_up()
        if queue or busy.total() or _standby_is_wanted():
            self._idle_since = time.monotonic()

    def _requeue_unstarted(self) -> None:
        """Queue again the runs that an earlier queue had claimed when it was killed before starting a trainer."""
        if self._unstarted is None:
            self._unstarted = [run for run in all_runs() if is_open(run) and _never_started(run)]
        for run in self._unstarted:
            if run.state == "lost" and _never_started(run) and not self._backend_for(run).alive(run):
                with contextlib.suppress(RunError):
                    waiting_list.enter_again(run)
        self._unstarted = [run for run in self._unstarted if run.state == "starting"]

    def _start(self, run: Run) -> bool:
        name = self._name_for(run)
        try:
            backend = self._backend_for(run)
            if backend.alive(run):
                return False  # it ends in a moment, or goes on by itself; two trainers would fight for the run
            ticket = waiting_list.ticket(run)
            if ticket is None:
                return False  # taken out in the meantime
            if not claims.claim(run, ticket):
                self._free_if_abandoned(run, ticket)
                return False
            backend.submit(run)
            waiting_list.report_problem("", name)
        except (Unreachable, SettingError) as error:
            self._retry_at[name] = time.monotonic() + RETRY_SECONDS
            waiting_list.report_problem(str(error), name)
            with contextlib.suppress(RunError):
                waiting_list.enter_again(run)
            return False
        except OSError as error:
            self._retry_at[name] = time.monotonic() + RETRY_SECONDS
            hint = " Free some disk space." if atomic.is_full(error) else ""
            waiting_list.report_problem(f"“{run.label}” could not be started: {error.strerror or error}.{hint}", name)
            return False
        except Refused as error:
            waiting_list.report_problem("", name)  # it answers
            self._refuse(run, str(error))
            return False
        except RunError as error:
            print(f"{run.id} could not be started: {error}", flush=True)
            return False
        return True

    def _refuse(self, run: Run, reason: str) -> None:
        """Queue a run again that was not taken, or give it up after as many attempts as there are pauses and one."""
        print(f"{run.id} was refused: {reason}", flush=True)
        before = waiting_list.refusal_of(run)
        refusal = Refusal((before.times if before else 0) + 1, reason)
        with contextlib.suppress(RunError, OSError, ValueError):
            claims.withdraw(run)
            if refusal.times > len(REFUSED_PAUSES):
                results.write_not_submitted(run.folder, refusal.times, reason)
                waiting_list.take_out(run)
                return
            waiting_list.enter_again(run, refusal=refusal)
            # By its ticket: a run that a person takes out and starts again is tried at once.
            self._rests_until[waiting_list.ticket(run) or ""] = time.monotonic() + REFUSED_PAUSES[refusal.times - 1]

    def _rests(self, run: Run) -> bool:
        """Whether a run that was not taken is not to be tried again yet."""
        return bool(self._rests_until) and time.monotonic() < self._rests_until.get(waiting_list.ticket(run) or "", 0.0)

    def _free_if_abandoned(self, run: Run, ticket: str) -> None:
        """Queue a run again whose claim has led to nothing: who claimed it was killed in that moment."""
        if (nodes.unchanged_for(claims.file_of(run, ticket)) or 0.0) > START_SECONDS:
            waiting_list.enter_again(run)

    def _is_busy(self, run: Run) -> bool:
        """Whether a run occupies a slot. Ends its trainer if that is suspended."""
        is_alive = self._backend_for(run).alive(run)
        if is_alive and self._is_hung(run):
            return False
        if not is_alive:
            self._signs.pop(run.id, None)
        state = run.state
        if state == "queued":
            # A run whose trainer is already waiting for a slot is next: no other run may overtake it.
            return not run.is_waiting
        return state in ("starting", "running") or (is_alive and state != "paused")

    def _is_hung(self, run: Run) -> bool:
        """Whether a suspended trainer was given up and ended. One that is only slow still uses the CPU now and then."""
        # How long the signs of life stay the same counts; comparing a time stamp with a clock would not be reliable.
        signs = (*run.stamp("heartbeat"), self._backend_for(run).activity(run))
        known, since = self._signs.get(run.id, (None, 0.0))
        if signs != known:
            self._signs[run.id] = signs, time.monotonic()
            return False
        if time.monotonic() - since < float(os.environ.get("IMGCLS_HUNG_SECONDS") or HUNG_SECONDS):
            return False
        print(f"{run.id} has used no CPU for too long: ending its trainer.", flush=True)
        self._backend_for(run).stop(run)
        self._signs.pop(run.id, None)
        return True

    def _is_idle(self) -> bool:
        patience = float(os.environ.get("IMGCLS_IDLE_SECONDS") or IDLE_SECONDS)
        return time.monotonic() - self._idle_since > patience


def is_open(run: Run) -> bool:
    """Whether a trainer could be working on the run: two file checks instead of ten, as most runs have ended."""
    return (run.folder / "trainer.json").exists() and not (run.folder / "result.json").exists()


def _never_started(run: Run) -> bool:
    """Whether a run was claimed for a trainer that never reported anything, not even that it ended."""
    try:
        is_claimed = run.ticket is not None and run.ticket == waiting_list.ticket(run)
        is_claimed = is_claimed and run.job.get("node", nodes.name()) == nodes.name()
    except RunError:
        return False
    return is_claimed and not (run.folder / "heartbeat").exists() and run.stamp("trainer.json") != (0.0,)


def _requested_at(root: Path) -> int:
    """When a page last requested a check, in nanoseconds; 0 for never."""
    try:
        return (root / WISH).stat().st_mtime_ns
    except OSError:
        return 0


def standby_is_allowed() -> bool:
    """Whether a trainer may be kept ready; IMGCLS_STANDBY=off forbids it."""
    off = os.environ.get("IMGCLS_STANDBY", "").lower() in ("off", "0", "no", "false")
    return not off and psutil.virtual_memory().total >= STANDBY_MEMORY


def _standby_is_wanted() -> bool:
    """Whether a training form was open recently."""
    try:
        opened = (paths.runs_folder() / STANDBY_WISH).stat().st_mtime
    except OSError:
        return False
    return standby_is_allowed() and abs(time.time() - opened) < STANDBY_SECONDS
