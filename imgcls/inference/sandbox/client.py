"""The app's side of a sandbox: starts the child, sends it requests, and stops it when it exceeds its limits."""

import contextlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from typing import Any

import psutil

from imgcls.errors import RunError
from imgcls.inference.sandbox import messages
from imgcls.system import processes

START_SECONDS = 90.0
"""A busy machine may need this long to start Python and import a runtime; it is no fault of the file."""
POLL_SECONDS = 0.02
KEPT = ("PATH", "SYSTEMROOT", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
"""Variables that the child gets. The others may hold passwords, so it does not."""
QUIET = {
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class LimitReached(RunError):
    """The child needed more time or memory than it may use."""


class Sandbox:
    """A child process that answers requests. Threads may share it: a lock guards it. Close it, or use it as a context.

    Args:
        module: A module that answers `messages` on its standard streams, such as `imgcls.inference.sandbox.runner`.
        memory: The most resident memory of the child, in bytes.

    Raises:
        RunError: it cannot be started.
    """

    def __init__(self, module: str, memory: int):
        self._lock = threading.Lock()
        self._memory = memory
        self._folder = tempfile.TemporaryDirectory(prefix="imgcls-sandbox-", ignore_cleanup_errors=True)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-B", "-u", "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._folder.name,
                env=self._environment(),
                start_new_session=True,
            )
        except OSError as error:
            self._folder.cleanup()
            raise RunError(f"The sandbox cannot be started: {error.strerror or error}.") from error
        self._end = weakref.finalize(self, _end, self._process, self._folder)
        try:
            self._exchange(None, START_SECONDS)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the child."""
        self._end()

    @property
    def is_alive(self) -> bool:
        """Whether the child can answer."""
        return self._end.alive and self._process.poll() is None

    @property
    def cpu_seconds(self) -> float:
        """The CPU time that the child has used so far, its start included; 0 if it has ended."""
        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return times.user + times.system

    def ask(
        self, request: dict[str, Any], content: bytes, seconds: float, cpu_seconds: float | None = None
    ) -> messages.Reply:
        """Sends a request and returns the reply. After an error that is the file's fault the child is gone.

        It may take `seconds`, and as much CPU time unless `cpu_seconds` says otherwise: a busy machine needs longer for
        the same work.

        Raises:
            LimitReached: the child exceeded its time or memory.
            RunError: it refused, or crashed.
        """
        with self._lock:
            if not self.is_alive:
                raise RunError("The process that ran the model has ended. Try again.")
            allowed = seconds if cpu_seconds is None else cpu_seconds
            header, found = self._exchange((request | {"seconds": allowed}, content), seconds)
        if refusal := header.get("error"):
            raise RunError(str(refusal)[:500])
        return header, found

    def _exchange(self, message: messages.Reply | None, seconds: float) -> messages.Reply:
        """Sends a message and waits for the answer; the child's greeting needs no message."""
        received: list[messages.Reply] = []
        stdin: Any = self._process.stdin
        stdout: Any = self._process.stdout

        def talk() -> None:
            with contextlib.suppress(OSError, ValueError, EOFError):
                if message is not None:
                    messages.write(stdin, *message)
                received.append(messages.read(stdout))

        talker = threading.Thread(target=talk, name="talk with a sandbox", daemon=True)
        talker.start()
        problem, deadline = "", time.monotonic() + seconds
        while talker.is_alive():
            talker.join(POLL_SECONDS)
            if time.monotonic() > deadline:
                problem = f"The model did not finish within {seconds:.0f} s, so it was stopped. Use a smaller model."
            elif self._resident() > self._memory:
                problem = (
                    f"The model needs more than {self._memory / 1e9:.1f} GB of memory, so it was stopped. Use a "
                    "smaller model."
                )
            if problem:
                self._process.kill()
                talker.join()
                self.close()
                raise LimitReached(problem)
        if received:
            return received[0]
        is_out_of_time = self._process.wait() == -getattr(signal, "SIGXCPU", 0)
        self.close()
        if is_out_of_time:
            raise LimitReached(
                "The model needs more CPU time than the sandbox allows, so it was stopped. Use a smaller model."
            )
        raise RunError(
            "The model crashed the process that runs it, or exceeded its limits of time and memory. The file is "
            "damaged, or uses something that its runtime does not support."
        )

    def _resident(self) -> int:
        try:
            return psutil.Process(self._process.pid).memory_info().rss
        except psutil.Error:
            return 0

    def _environment(self) -> dict[str, str]:
        found = processes.child_environment()
        kept = {name: found[name] for name in (*KEPT, "PYTHONPATH") if name in found}
        return {**kept, **QUIET, "HOME": self._folder.name, "TMPDIR": self._folder.name, "TEMP": self._folder.name}


def _end(process: subprocess.Popen, folder: tempfile.TemporaryDirectory) -> None:
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                stream.close()
    folder.cleanup()
