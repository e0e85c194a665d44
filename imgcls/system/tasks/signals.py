"""SIGTERM cancels a background task."""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

from imgcls.system.tasks.progress import Cancelled


def interrupt_main_thread() -> None:
    """Send the main thread of this process SIGTERM."""
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGTERM)
    else:  # also interrupts a system call, such as waiting for a server
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


@contextlib.contextmanager
def sigterm_cancels() -> Iterator[None]:
    """While this is active, SIGTERM raises `Cancelled`, so that what was begun is cleaned up."""

    def cancel(*_: object) -> None:
        raise Cancelled

    before = signal.signal(signal.SIGTERM, cancel)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
