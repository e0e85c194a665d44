"""Something that takes seconds or minutes, made once by a process of its own and read by every page.

    FOLDER/
        KIND.progress.json    how far it is, or why it failed   the page that starts it, then the process
        .KIND.lock            held as long as the process lives
        KIND.log              everything printed
        RESULT                what it makes                     the process, by rename

Several tabs and visitors start one process and see one result: the lock tells that it lives; no process id is asked.
A progress file that is taken away ends its process, which is also how it is cancelled from another server.
"""

import contextlib
import errno
import json
import math
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import filelock

from imgcls import runs
from imgcls.errors import UserError
from imgcls.jobs.backends.local import be_nice, is_locked, spawned
from imgcls.runs.run import Run
from imgcls.system import atomic

START_SECONDS = 20.0
"""So long may a process take, on a busy machine, from its start to its lock."""
GRACE_SECONDS = 2.0
"""Whoever looks whether there is a process holds its lock for a moment."""
WRITE_SECONDS = 0.3
INTERRUPTED = "It ended without a word: it was killed, or the machine ran out of memory. Start it again."

Tell = Callable[[float, str], None]
"""Hears the share that is done (0 to 1) and what is being done; raises `Cancelled` where nobody waits any more."""

_children: dict[tuple[str, Path], subprocess.Popen] = {}
_starting = threading.Lock()


class Cancelled(Exception):
    """Nobody waits for the result any more."""


@dataclass(frozen=True)
class Look:
    """Such a work at one moment: `state` is "idle", "running", "failed" or "ready"."""

    state: str
    fraction: float = 0.0  # 0 to 1
    text: str = ""  # what is being done; for a failure the sentence


@dataclass(frozen=True)
class Work:
    """One thing to make in a folder; `kind` names its files, `result` is the file that is there when it is done."""

    folder: Path
    kind: str
    result: str

    def look(self) -> Look:
        """How far it is, whoever has asked for it."""
        child = _children.get((self.kind, self.folder))
        is_alive = child is not None and child.poll() is None
        # The lock first: a process that ends between the looks has left its result or its last word by then.
        is_held = self.is_held
        if (self.folder / self.result).exists():
            return Look("ready", 1.0)
        said = self.said()
        if said is None:
            return Look("idle")
        if said.state == "failed" or is_held or is_alive:
            return said
        if child is None and _age(self._progress) < START_SECONDS:
            return said
        return Look("failed", said.fraction, INTERRUPTED)

    def start(self, module: str, *arguments: str, before: Callable[[], None] = lambda: None) -> None:
        """Starts `python -m MODULE ARGUMENTS`; does nothing while it runs, or where the result is.

        Raises:
            OSError: it cannot be started.
        """
        with _starting:
            if self.look().state in ("running", "ready"):
                return
            before()
            self.folder.mkdir(parents=True, exist_ok=True)
            self.write("running", 0.0, "Starting")
            with (self.folder / f"{self.kind}.log").open("wb") as log:
                _children[self.kind, self.folder] = spawned(module, *arguments, stdout=log)

    def cancel(self) -> None:
        """Ends its process, if there is one, and forgets why it failed, if it did."""
        with contextlib.suppress(OSError):
            self._progress.unlink()
        child = _children.pop((self.kind, self.folder), None)
        if child is not None and child.poll() is None:
            child.kill()
            child.wait()

    def forget(self) -> None:
        """Takes the result away as well: it can be made anew."""
        self.cancel()
        with contextlib.suppress(OSError):
            (self.folder / self.result).unlink()

    def stamp(self) -> float:
        """What changes when the result does; 0 while there is none."""
        try:
            return (self.folder / self.result).stat().st_mtime
        except OSError:
            return 0.0

    def write(self, state: str, fraction: float, text: str) -> None:
        """`state` is "running" or "failed"; for a failure, the text is the sentence for the person."""
        atomic.write_json(self._progress, {"state": state, "share": float(fraction), "text": text})

    def said(self) -> Look | None:
        """What the progress file says, or None where there is none that can be read."""
        try:
            said = json.loads(self._progress.read_bytes())
            fraction = float(said["share"])
            state = "failed" if said["state"] == "failed" else "running"
            return Look(
                state, min(max(fraction, 0.0), 1.0) if math.isfinite(fraction) else 0.0, str(said["text"])[:500]
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def run(self, make: Callable[[Tell], None]) -> int:
        """Called by the process: makes the result under the lock, tells how far it is, and gives its exit code.

        `make` writes the result by rename, as its last act. A failure stays in the progress file as a sentence.
        """
        be_nice()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.lock, timeout=GRACE_SECONDS, poll_interval=0.02):
                return self.finish(make)
        except filelock.Timeout:
            print("Another process is at it already.")
        except OSError as error:
            print(f"The folder {self.folder} cannot be written: {error.strerror or error}.")
        return 1

    def finish(self, make: Callable[[Tell], None]) -> int:
        """`run`, by whoever holds the lock."""
        if self.said() is None:
            self.write("running", 0.0, "Starting")  # from a shell
        written = [0.0]

        def tell(fraction: float, text: str) -> None:
            if not self._progress.exists():
                raise Cancelled
            if time.monotonic() - written[0] > WRITE_SECONDS:
                self.write("running", fraction, text)
                written[0] = time.monotonic()

        try:
            make(tell)
            self._progress.unlink(missing_ok=True)
            return 0
        except Cancelled:
            return 3
        except UserError as error:
            sentence = str(error)
        except MemoryError:
            sentence = "It needs more memory than the machine has. Close other programs."
        except OSError as error:
            traceback.print_exc()
            hint = " Free some space and start it again." if error.errno in (errno.ENOSPC, errno.EFBIG) else ""
            sentence = f"What was found could not be written: {error.strerror or error}.{hint}"
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            sentence = f"It ended by an error in the program ({type(error).__name__}). The details are in its log."
        self.write("failed", 0.0, sentence)
        return 1

    @property
    def lock(self) -> Path:
        """What the process holds as long as it lives."""
        return self.folder / f".{self.kind}.lock"

    @property
    def is_held(self) -> bool:
        """Whether a process is at it."""
        return is_locked(self.lock)

    @property
    def _progress(self) -> Path:
        return self.folder / f"{self.kind}.progress.json"


def command(
    arguments: list[str], module: str, work_of: Callable[[Run], Work], make: Callable[[Run, Tell], None]
) -> int:
    """`python -m MODULE RUN`: makes one thing for one run, and gives the exit code."""
    if len(arguments) != 1:
        print(f"Name one run: python -m {module} RUN_FOLDER or RUN_ID", file=sys.stderr)
        return 2
    try:
        run = Run(Path(arguments[0])) if Path(arguments[0]).is_dir() else runs.find(arguments[0])
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    work = work_of(run)
    code = work.run(lambda tell: make(run, tell))
    if code and (said := work.said()):
        print(said.text, file=sys.stderr)
    return code


def _age(path: Path) -> float:
    try:
        return abs(time.time() - path.stat().st_mtime)
    except OSError:
        return math.inf
