"""How far a process is that makes a data set, in a file that it rewrites twice a second and that pages read."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from imgcls.errors import UserError
from imgcls.system import atomic

HEARTBEAT_SECONDS = 0.5
SILENT_SECONDS = 10  # longer without a word, and the process is taken for dead


def read(path: Path) -> dict | None:
    """What the file says, or None where there is none that can be read."""
    try:
        value = json.loads(path.read_bytes())
        kinds = {"phase": str, "share": float, "text": str, "time": float, "pid": int}
        return {key: kind(value[key]) for key, kind in kinds.items()}
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write(path: Path, phase: str, fraction: float, text: str) -> None:
    """`phase` is starting, running or failed; for a failure, the text is the sentence for the person."""
    fraction = min(max(float(fraction), 0.0), 1.0)
    value = {"phase": phase, "share": fraction, "text": text, "time": time.time(), "pid": os.getpid()}
    atomic.write_json(path, value)


def forget(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


@contextlib.contextmanager
def shown(path: Path, tell: Callable[[float, str], None]) -> Iterator[Callable[[float, str], None]]:
    """Yields `report(share, text)`: it keeps the file fresh meanwhile, and passes every word on to `tell`.

    Afterwards the file is gone, or holds the sentence of the error. An interruption is no error.
    """
    latest, over = [0.0, "Starting"], threading.Event()

    def report(fraction: float, text: str) -> None:
        latest[:] = fraction, text
        tell(fraction, text)

    def beat() -> None:
        while True:
            with contextlib.suppress(OSError):  # a full disk: the work itself will say so
                write(path, "running", *latest)
            if over.wait(HEARTBEAT_SECONDS):
                return

    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    sentence = None
    try:
        yield report
    except UserError as error:
        sentence = str(error)
        raise
    except Exception as error:
        sentence = f"It stopped at an error of the program ({type(error).__name__}: {error}). Please report it."
        raise
    finally:
        over.set()
        heart.join()
        with contextlib.suppress(OSError):
            if sentence:
                write(path, "failed", latest[0], sentence)
            else:
                forget(path)
