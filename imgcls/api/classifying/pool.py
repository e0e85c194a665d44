"""Classify in processes of their own.

Preparing an image is a hundred small steps in Python, of which only one process at a time runs one. With a process per
core, all cores work; a file that crashes a decoder ends such a process instead of the service.
"""

import contextlib
import queue
import subprocess
import sys
from typing import Any

import anyio

from imgcls.api.classifying import Classified, Given
from imgcls.errors import ImageError, RunError
from imgcls.images.canvas_strokes import Handwriting
from imgcls.inference.sandbox import messages
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.system import processes

MODULE = "imgcls.api.classifying.child"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
CRASHED = "The process that classified this image ended unexpectedly. Send another image, or try again."


class Pool:
    """A `Classifier` with `count` processes, which start when they are needed first; `close` ends them."""

    def __init__(self, count: int):
        self._children = [_Child() for _ in range(count)]
        self._free: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        for child in self._children:
            self._free.put(child)
        self._limiter = anyio.CapacityLimiter(count)  # so there is always a free one

    async def classified(self, run: Run, card: ModelCard, given: Given) -> Classified:
        """See `Classifier`."""
        header, entries = await anyio.to_thread.run_sync(self._asked, *_request(run, given), limiter=self._limiter)
        return Classified(entries, tuple(header["outcomes"]), header["problem"])

    async def check(self, run: Run) -> None:
        """See `Classifier`."""
        await anyio.to_thread.run_sync(self._asked, {"run": str(run.folder)}, b"", limiter=self._limiter)

    def load(self, run: Run) -> None:
        """See `Classifier`."""
        for child in self._children:
            child.start()
        for child in self._children:
            child.ask({"run": str(run.folder)}, b"")

    def close(self) -> None:
        """See `Classifier`."""
        for child in self._children:
            child.end()

    def _asked(self, request: dict[str, Any], content: bytes) -> messages.Reply:
        child = self._free.get()
        try:
            return child.ask(request, content)
        finally:
            self._free.put(child)


class _Child:
    """One process, and another one if it has crashed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=processes.child_environment(ONE_THREAD),
            )
        return self._process

    def ask(self, request: dict[str, Any], content: bytes) -> messages.Reply:
        """The reply.

        Raises:
            ImageError: the drawing cannot be classified.
            RunError: the model is damaged, or the process has crashed.
        """
        process: Any = self.start()
        try:
            messages.write(process.stdin, request, content)
            header, found = messages.read(process.stdout)
        except (OSError, EOFError, ValueError) as error:
            self.end()
            raise RunError(CRASHED) from error
        if "error" in header:
            if not header["error"]:
                raise RuntimeError("A process that classifies has failed; its traceback is above.")
            raise (RunError if header["is_ours"] else ImageError)(header["error"])
        return header, found

    def end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()


def _request(run: Run, given: Given) -> messages.Reply:
    header: dict[str, Any] = {"run": str(run.folder)}
    if isinstance(given, Handwriting):
        return header | {"strokes": [stroke.ravel().tolist() for stroke in given.strokes]}, b""
    files = [[image.name, len(image.data)] for image in given]
    return header | {"files": files}, b"".join(image.data for image in given)
