"""Background tasks: something that takes seconds or minutes, made once by its own process and read by every page.

    FOLDER/
        KIND.progress.json    how far it is, or why it failed    written by the page that starts it, then by the process
        .KIND.lock            held for as long as the process lives
        KIND.log              everything the process printed
        RESULT                what the task makes                written by the process, by rename

Several tabs, visitors and servers start one process and see one result. The lock shows that the process is alive;
process ids are never compared. Removing the progress file cancels the task, also from another server.
"""

import contextlib
import errno
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import filelock

from imgcls.errors import UserError
from imgcls.system import atomic, processes

START_SECONDS = 30.0
"""A busy machine may need this long from starting a process until it holds its lock."""
GRACE_SECONDS = 3.0
"""How long to wait for the lock: checking whether it is held takes it for a moment, and a cancelled process needs one
to end."""
BEAT_SECONDS = 0.25
"""The interval at which the process confirms that it is alive and checks whether it was cancelled."""
STUCK_SECONDS = 300.0
"""A process that holds its lock but has not confirmed that it is alive for this long is suspended."""
END_SECONDS = 2.0
"""A cancelled process gets this long to clean up."""
WRITE_SECONDS = 0.3
CANCELLED_STATUS = 3
"""Exit status of a cancelled process."""
INTERRUPTED = "The process ended unexpectedly: it was killed or ran out of memory. Start it again."
STUCK = "No progress for several minutes: the process or the machine was suspended. Start it again."

Progress = Callable[[float, str], None]
"""Called with the fraction done (0 to 1) and what is being done. Raises `Cancelled` if the task was cancelled."""

_children: dict[tuple[str, Path], subprocess.Popen] = {}
_starting = threading.Lock()


class Cancelled(Exception):
    """The task was cancelled, so its result is no longer wanted."""


@dataclass(frozen=True)
class TaskState:
    """A task at one moment. `text` says what is being done or, for a failed task, why it failed."""

    state: Literal["idle", "running", "failed", "ready"]
    fraction: float = 0.0  # 0 to 1
    text: str = ""


@dataclass(frozen=True)
class Task:
    """One thing to make in `folder`.

    Attributes:
        folder: Where the task's files are. It need not exist yet.
        kind: The prefix of the task's file names; unique within the folder.
        result: The file whose existence means that the task is done.
        ready: Replaces the check for `result` where existence is not enough.
    """

    folder: Path
    kind: str
    result: str
    ready: Callable[[], bool] | None = field(default=None, compare=False)

    def state(self) -> TaskState:
        """The current state, whichever process started the task."""
        child = _children.get((self.kind, self.folder))
        is_alive = child is not None and child.poll() is None
        # Check the lock first: a process that ends in between has written its result or its error by the next check.
        is_held = self.is_held
        if self.is_ready:
            return TaskState("ready", 1.0)
        progress = self.last_progress()
        if progress is None:
            return TaskState("idle")
        if progress.state == "failed":
            return progress
        age = _age(self.progress_file)
        if is_held or is_alive:
            return progress if age < STUCK_SECONDS else TaskState("failed", progress.fraction, STUCK)
        if child is None and age < START_SECONDS and progress.fraction == 0:
            return progress  # started by another server a moment ago
        return TaskState("failed", progress.fraction, INTERRUPTED)

    def start(
        self,
        module: str,
        *arguments: str,
        before: Callable[[], None] = lambda: None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start `python -m MODULE ARGUMENTS`, which calls `run`. Does nothing if the task is running or ready.

        Args:
            before: Called just before the process is started, and only then.
            environment: Variables to set for the process.

        Raises:
            OSError: The process cannot be started.
        """
        with _starting:
            if self.state().state in ("running", "ready"):
                return
            self.cancel()  # a suspended process, or an earlier error
            before()
            self.folder.mkdir(parents=True, exist_ok=True)
            self.write_progress("running", 0.0, "Starting")
            try:
                with (self.folder / f"{self.kind}.log").open("wb") as log:
                    _children[self.kind, self.folder] = processes.spawn(
                        module, *arguments, stdout=log, environment=environment
                    )
            except OSError:
                self._remove_progress()
                raise

    def cancel(self) -> None:
        """End the task's process, if there is one, and forget an earlier error."""
        self._remove_progress()
        child = _children.pop((self.kind, self.folder), None)
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._remove_progress()  # the process may have written it once more

    def discard(self) -> None:
        """Cancel the task and remove its result, so that it can be made again."""
        self.cancel()
        with contextlib.suppress(OSError):
            (self.folder / self.result).unlink()

    def run(self, make: Callable[[Progress], None]) -> int:
        """Make the result in this process. Called by the process that `start` started, or from a shell.

        `make` writes the result by rename as its last step. If it fails, the reason is kept in the progress file and
        printed to stderr.

        Returns:
            The exit status: 0, 1 for a failure, or `CANCELLED_STATUS`.
        """
        processes.lower_priority()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.lock, timeout=GRACE_SECONDS, poll_interval=0.02), _sigterm_cancels():
                with self.reporting(on_cancel=_interrupt_main_thread) as progress:
                    make(progress)
                return 0
        except Cancelled:
            return CANCELLED_STATUS
        except filelock.Timeout:
            print("Another process is already working on this.", file=sys.stderr)
        except UserError as error:
            print(error, file=sys.stderr)
        except Exception as error:
            traceback.print_exc()
            print(failure_text(error), file=sys.stderr)
        return 1

    @contextlib.contextmanager
    def reporting(
        self, echo: Progress = lambda fraction, text: None, on_cancel: Callable[[], None] = lambda: None
    ) -> Iterator[Progress]:
        """Yield a progress function that keeps the progress file up to date. The caller holds the lock.

        On success or cancellation the progress file is removed; on an error it keeps the reason.

        Args:
            echo: Is also called with each progress report.
            on_cancel: Is called from another thread when the task was cancelled. Without it, cancellation takes effect
                at the next progress report.

        Raises:
            Cancelled: The task was cancelled.
        """
        last = self.last_progress()
        if last is None or last.state == "failed":  # started from a shell
            self.write_progress("running", 0.0, "Starting")
        latest, written_at, ended = [0.0, "Starting"], [0.0], threading.Event()

        def progress(fraction: float, text: str) -> None:
            if not self.progress_file.exists():
                raise Cancelled
            latest[:] = fraction, text
            if time.monotonic() - written_at[0] > WRITE_SECONDS:
                with contextlib.suppress(OSError):  # on a full disk, writing the result will fail
                    self.write_progress("running", fraction, text)
                written_at[0] = time.monotonic()
            echo(fraction, text)

        def beat() -> None:
            while not ended.wait(BEAT_SECONDS):
                try:
                    os.utime(self.progress_file)
                except FileNotFoundError:
                    on_cancel()
                    if on_cancel is _interrupt_main_thread and not ended.wait(END_SECONDS / 2):
                        os._exit(CANCELLED_STATUS)  # in the middle of a long computation
                    return
                except OSError:
                    continue

        heart = threading.Thread(target=beat, name=f"heartbeat of {self.kind}", daemon=True)
        heart.start()
        failure = ""
        try:
            yield progress
        except Cancelled:
            raise
        except Exception as error:
            failure = failure_text(error)
            raise
        finally:
            ended.set()
            heart.join()
            if failure and self.progress_file.exists():
                with contextlib.suppress(OSError):  # on a full disk: readers see that the process has ended
                    self.write_progress("failed", float(latest[0]), failure)
            else:
                self._remove_progress()

    def write_progress(self, state: Literal["running", "failed"], fraction: float, text: str) -> None:
        """Replace the progress file. For a failure, `text` is the message for the user."""
        atomic.write_json(self.progress_file, {"state": state, "share": float(fraction), "text": text})

    def last_progress(self) -> TaskState | None:
        """What the progress file says, or None if there is no readable one."""
        try:
            content = json.loads(self.progress_file.read_bytes())
            fraction = float(content["share"])
            fraction = min(max(fraction, 0.0), 1.0) if math.isfinite(fraction) else 0.0
            state: Literal["failed", "running"] = "failed" if content["state"] == "failed" else "running"
            return TaskState(state, fraction, str(content["text"])[:500])
        except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return None

    def stamp(self) -> float:
        """Modification time of the result; 0 if there is none."""
        try:
            return (self.folder / self.result).stat().st_mtime
        except OSError:
            return 0.0

    @property
    def is_ready(self) -> bool:
        """Whether the result exists."""
        return self.ready() if self.ready else (self.folder / self.result).exists()

    @property
    def is_held(self) -> bool:
        """Whether a process holds the lock."""
        return processes.is_locked(self.lock)

    @property
    def lock(self) -> Path:
        """The lock file that the process holds for as long as it lives."""
        return self.folder / f".{self.kind}.lock"

    @property
    def progress_file(self) -> Path:
        """How far the task is. Its removal cancels the task."""
        return self.folder / f"{self.kind}.progress.json"

    def _remove_progress(self) -> None:
        with contextlib.suppress(OSError):
            self.progress_file.unlink()


def failure_text(error: Exception) -> str:
    """The message for the user about an error that ended a task."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MemoryError):
        return "This needs more memory than the machine has. Close other programs."
    if isinstance(error, OSError):
        hint = " Free some space and start it again." if error.errno in (errno.ENOSPC, errno.EFBIG) else ""
        return f"The result could not be written: {error.strerror or error}.{hint}"
    return f"An internal error ended the process ({type(error).__name__}). See its log for details."


def _interrupt_main_thread() -> None:
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGTERM)
    else:  # also interrupts a system call, such as waiting for a server
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


@contextlib.contextmanager
def _sigterm_cancels() -> Iterator[None]:
    """While this is active, SIGTERM raises `Cancelled`, so that what was begun is cleaned up."""

    def cancel(*_: object) -> None:
        raise Cancelled

    before = signal.signal(signal.SIGTERM, cancel)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _age(path: Path) -> float:
    try:
        return abs(time.time() - path.stat().st_mtime)
    except OSError:
        return math.inf
