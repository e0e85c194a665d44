"""The queue: a small process of its own that starts the waiting runs one after the other.

    python -m imgcls.jobs

The app starts it and finds it again; it can be started by hand as well. There is one on a folder of runs: the second
one leaves. Everything it knows lies on the disk, so it can be killed at any moment and started anew.
"""

import contextlib
import os
import time
from pathlib import Path

import filelock
import psutil

from imgcls.errors import RunError
from imgcls.jobs import waiting_list
from imgcls.jobs.backends.local import Machine, ThisMachine
from imgcls.runs import Run, everything
from imgcls.system import atomic, paths

ROUND_SECONDS = 0.1
SCAN_SECONDS = 2.0
LOCK_SECONDS = 1.0
"""Whoever looks whether there is a queue holds its lock for a moment."""
IDLE_SECONDS = 60.0
STANDBY_SECONDS = 600.0
HUNG_SECONDS = 60.0
"""A trainer that says nothing for so long is ended, so that the others get their turn (IMGCLS_HUNG_SECONDS)."""
WISH, STANDBY_WISH, LOCK = ".queue-wish", ".standby-wish", ".queue.lock"
"""What a page touches when it wants something; the lock that lets one queue alone work, and shows that there is one."""
STANDBY_MEMORY = 4e9
"""Bytes of a machine below which no trainer is kept ready: it takes half a gigabyte."""


def claim(run: Run, ticket: str | None = None) -> None:
    """Notes that a trainer is about to be started: everything that an earlier one has left loses its meaning.

    Raises:
        OSError: the run folder cannot be written.
    """
    first = run.created if (run.folder / "trainer.json").exists() else time.time()
    for name in ("heartbeat", "process.json", "parked.json", "result.json"):
        (run.folder / name).unlink(missing_ok=True)
    atomic.write_json(run.folder / "trainer.json", {"started": time.time(), "first": first, "ticket": ticket})


class Queue:
    """`round` does what there is to do now; `serve` does so until there has been nothing for a while."""

    def __init__(self, machine: Machine | None = None):
        self.machine = machine or ThisMachine()
        self._silent_since: dict[tuple, float] = {}
        self._idle_since = time.monotonic()
        self._left: list[Run] | None = None

    def serve(self) -> None:
        """Works until idle; returns at once where another queue works on this folder."""
        root = paths.runs_folder()
        root.mkdir(parents=True, exist_ok=True)
        while root.is_dir():
            try:
                with filelock.FileLock(root / LOCK, timeout=LOCK_SECONDS, poll_interval=0.02):
                    self._work(root)
            except filelock.Timeout:
                break
            # Whoever came in the last moment found the lock held, and called no other queue.
            if not waiting_list.waiting():
                break
            self._idle_since = time.monotonic()
        if isinstance(self.machine, ThisMachine):
            self.machine.cool_down()

    def _work(self, root: Path) -> None:
        """Until there has been nothing to do for a while, or the folder of runs is gone."""
        scanned = -1e9
        wish: tuple = ()
        while root.is_dir() and not self._is_idle():
            now = time.monotonic()
            if (asked := _wish(root)) != wish or now - scanned >= SCAN_SECONDS:
                wish, scanned = asked, now
                self.round()
            time.sleep(ROUND_SECONDS)

    def round(self) -> None:
        """Ends what hangs, starts what waits, keeps a trainer warm where one is wanted."""
        if isinstance(self.machine, ThisMachine):
            self.machine.reap()
        self._take_up_what_was_left()
        busy = sum(map(self._is_busy, filter(_is_open, everything())))
        queue = waiting_list.waiting()
        for run in queue:
            if busy >= paths.trainings_at_once():
                break
            busy += self._start(run)
        if isinstance(self.machine, ThisMachine):
            if _standby_is_wanted() and not busy:
                self.machine.warm_up()
            elif not _standby_is_wanted():
                self.machine.cool_down()
        if queue or busy or _standby_is_wanted():
            self._idle_since = time.monotonic()

    def _take_up_what_was_left(self) -> None:
        """Queues again what an earlier queue noted as started when it was killed, before there was a trainer."""
        if self._left is None:
            self._left = [run for run in everything() if _is_open(run) and _never_began(run)]
        for run in self._left:
            if run.state == "lost" and _never_began(run) and not self.machine.alive(run):
                with contextlib.suppress(RunError):
                    waiting_list.enter_again(run)
        self._left = [run for run in self._left if run.state == "starting"]

    def _start(self, run: Run) -> bool:
        try:
            self.machine.stop(run)  # what is left of a trainer that hung
            ticket = waiting_list.ticket(run)
            if ticket is None:
                return False  # taken out meanwhile
            claim(run, ticket)
            self.machine.submit(run)
        except (RunError, OSError) as error:
            print(f"{run.id} could not be started: {error}", flush=True)
            return False
        return True

    def _is_busy(self, run: Run) -> bool:
        """Whether a run takes one of the turns; a trainer that has been silent for too long is ended."""
        state = run.state
        if state == "lost" and self.machine.alive(run):
            return not self._is_hung(run)
        self._silent_since = {key: at for key, at in self._silent_since.items() if key[0] != run.id}
        # One that has its trainer already and waits for somebody's turn is the next one: no other is to overtake it.
        return state in ("starting", "running") or (state == "queued" and not run.is_waiting)

    def _is_hung(self, run: Run) -> bool:
        """Whether a silent trainer was given up, and ended."""
        # The time of the last beat is a name, not a clock: how long it stays the same is what counts.
        key = (run.id, run.stamp("heartbeat"))
        since = self._silent_since.setdefault(key, time.monotonic())
        if time.monotonic() - since < float(os.environ.get("IMGCLS_HUNG_SECONDS") or HUNG_SECONDS):
            return False
        print(f"{run.id} has been silent for too long: its trainer is ended.", flush=True)
        self.machine.stop(run)
        return True

    def _is_idle(self) -> bool:
        patience = float(os.environ.get("IMGCLS_IDLE_SECONDS") or IDLE_SECONDS)
        return time.monotonic() - self._idle_since > patience


def _is_open(run: Run) -> bool:
    """Whether a trainer could have the run: two looks at the disk instead of ten, as most runs are over."""
    return (run.folder / "trainer.json").exists() and not (run.folder / "result.json").exists()


def _never_began(run: Run) -> bool:
    """Whether a run was taken from the queue for a trainer of which nothing was heard, not even that it ended."""
    try:
        is_claimed = run.ticket is not None and run.ticket == waiting_list.ticket(run)
    except RunError:
        return False
    return is_claimed and not (run.folder / "heartbeat").exists() and run.stamp("trainer.json") != (0.0,)


def _wish(root) -> int:
    """When the queue was last asked to look, in nanoseconds; 0 for never."""
    try:
        return (root / WISH).stat().st_mtime_ns
    except OSError:
        return 0


def standby_is_allowed() -> bool:
    """Whether a trainer may be kept ready (IMGCLS_STANDBY=off says no)."""
    off = os.environ.get("IMGCLS_STANDBY", "").lower() in ("off", "0", "no", "false")
    return not off and psutil.virtual_memory().total >= STANDBY_MEMORY


def _standby_is_wanted() -> bool:
    """Whether somebody had the form of a new training open not long ago."""
    try:
        opened = (paths.runs_folder() / STANDBY_WISH).stat().st_mtime
    except OSError:
        return False
    return standby_is_allowed() and abs(time.time() - opened) < STANDBY_SECONDS
