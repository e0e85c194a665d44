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
import math
import os
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
from imgcls.system import file_times, processes
from imgcls.system.tasks.progress import Cancelled, Progress, ProgressFile, TaskState, failure_text
from imgcls.system.tasks.signals import interrupt_main_thread, sigterm_cancels
from imgcls.system.tasks.starting import before_start

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

_children: dict[tuple[str, Path], subprocess.Popen] = {}
_starting = threading.Lock()


@dataclass(frozen=True)
class Task:
    """One thing to make in `folder`.

    Attributes:
        folder: Where the task's files are. It need not exist yet.
        kind: The prefix of the task's file names; unique within the folder.
        result: The file whose existence means that the task is done.
        ready: Replaces the check for `result` where existence is not enough.
        first: What it says it does until its process reports something.
    """

    folder: Path
    kind: str
    result: str
    ready: Callable[[], bool] | None = field(default=None, compare=False)
    first: str = "Starting"

    def state(self) -> TaskState:
        """The current state, whichever process started the task."""
        child = _children.get((self.kind, self.folder))
        is_alive = child is not None and child.poll() is None
        # Check the lock first: a process that ends in between has written its result or its error by the next check.
        is_held = self.is_held
        if self.is_ready:
            return TaskState("ready", 1.0)
        progress = self.progress.read()
        if progress is None:
            return TaskState("idle")
        if progress.state == "failed":
            return progress
        age = file_times.age(self.progress_file)
        age = math.inf if age is None else age
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
        again: bool = False,
    ) -> None:
        """Start `python -m MODULE ARGUMENTS`, which calls `run`. Does nothing if the task is running or ready.

        Args:
            before: Called just before the process is started, and only then.
            environment: Variables to set for the process.
            again: If the task is ready, remove its result and start it.

        Raises:
            OSError: The process cannot be started.
        """
        with _starting:
            state = self.state().state
            if state == "running" or (state == "ready" and not again):
                return
            before_start(self)
            self.discard()  # a suspended process, an earlier error, or the result
            before()
            self.folder.mkdir(parents=True, exist_ok=True)
            self.write_progress("running", 0.0, self.first)
            try:
                with (self.folder / f"{self.kind}.log").open("wb") as log:
                    _children[self.kind, self.folder] = processes.spawn(
                        module, *arguments, stdout=log, environment=environment
                    )
            except OSError:
                self.progress.remove()
                raise

    def cancel(self) -> None:
        """End the task's process, if there is one, and forget an earlier error."""
        self.progress.remove()
        child = _children.pop((self.kind, self.folder), None)
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.progress.remove()  # the process may have written it once more

    def discard(self) -> None:
        """Cancel the task and remove its result, so that it can be made again."""
        self.cancel()
        with contextlib.suppress(OSError):
            (self.folder / self.result).unlink()

    def run(self, make: Callable[[Progress], object], *, is_background: bool = True) -> int:
        """Make the result in this process. Called by the process that `start` started, or from a shell.

        `make` writes the result by rename as its last step. If it fails, the reason is kept in the progress file and
        printed to stderr.

        Args:
            make: Makes the result and reports its progress.
            is_background: Lower this process's priority first.

        Returns:
            The exit status: 0, 1 for a failure, or `CANCELLED_STATUS`.
        """
        if is_background:
            processes.lower_priority()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.lock, timeout=GRACE_SECONDS, poll_interval=0.02), sigterm_cancels():
                with self.reporting(interrupt=True) as progress:
                    make(progress)
                return 0
        except Cancelled:
            return CANCELLED_STATUS
        except filelock.Timeout:
            print("Another process is already working on this.", file=sys.stderr)
        except UserError as error:
            print(error, file=sys.stderr)
        except Exception as error:  # noqa: BLE001 logged, and kept as the task's state
            traceback.print_exc()
            print(failure_text(error), file=sys.stderr)
        return 1

    @contextlib.contextmanager
    def reporting(self, echo: Progress = lambda fraction, text: None, *, interrupt: bool = False) -> Iterator[Progress]:
        """Yield a progress function that keeps the progress file up to date. The caller holds the lock.

        On success or cancellation the progress file is removed; on an error it keeps the reason.

        Args:
            echo: Is also called with each progress report.
            interrupt: When the task is cancelled, send this process SIGTERM, and end it if that has no effect. Without
                it, cancellation takes effect at the next progress report.

        Raises:
            Cancelled: The task was cancelled.
        """
        last = self.progress.read()
        if last is None or last.state == "failed":  # started from a shell
            self.write_progress("running", 0.0, self.first)
        latest = written = (0.0, self.first)
        written_at, writing, ended = 0.0, threading.Lock(), threading.Event()

        def write_latest() -> None:
            nonlocal written, written_at
            with writing:
                if latest != written and time.monotonic() - written_at > WRITE_SECONDS:
                    written, written_at = latest, time.monotonic()
                    self.progress.update("running", *written)

        def progress(fraction: float, text: str) -> None:
            nonlocal latest
            if not self.progress_file.exists():
                raise Cancelled
            latest = (float(fraction), text)
            try:
                write_latest()
            except FileNotFoundError:
                raise Cancelled from None
            except OSError:
                pass  # a broken disk: writing the result will fail
            echo(fraction, text)

        def beat() -> None:
            while not ended.wait(BEAT_SECONDS):
                try:
                    os.utime(self.progress_file)
                    write_latest()
                except FileNotFoundError:
                    if interrupt:
                        interrupt_main_thread()
                        if not ended.wait(END_SECONDS / 2):
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
            if not self.progress_file.exists():  # the files were removed with it, or an import was interrupted
                raise Cancelled from error
            failure = failure_text(error)
            raise
        finally:
            ended.set()
            heart.join()
            if failure:
                with contextlib.suppress(OSError):  # cancelled, or a broken disk
                    self.progress.update("failed", latest[0], failure)
            else:
                self.progress.remove()

    def write_progress(self, state: Literal["running", "failed"], fraction: float, text: str) -> None:
        """Create or replace the progress file. For a failure, `text` is the message for the user."""
        self.progress.create(state, fraction, text)

    def fail(self, text: str) -> None:
        """Let the task fail with a message for the user. Called by its process, which then ends.

        Raises:
            OSError: The progress file was removed, or cannot be written.
        """
        self.progress.update("failed", 0.0, text)

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
        return self.progress.path

    @property
    def progress(self) -> ProgressFile:
        """The content of the progress file."""
        return ProgressFile(self.folder / f"{self.kind}.progress.json")
