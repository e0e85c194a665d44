"""LiteRT's interpreter, without the line about itself that it writes to standard error at its first use."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

GREETING = b"INFO: "
_has_greeted = threading.Event()


def load(content: bytes, threads: int = 1) -> "Interpreter":
    """An interpreter of a model file, on one thread by default.

    Raises:
        ValueError, RuntimeError: it is not a model.
    """
    from ai_edge_litert.interpreter import Interpreter

    with _without_greeting():
        interpreter = Interpreter(model_content=content, num_threads=threads)
        if not _has_greeted.is_set():
            interpreter.allocate_tensors()  # now, as this is what it greets with
    _has_greeted.set()
    return interpreter


@contextlib.contextmanager
def _without_greeting() -> Iterator[None]:
    """Passes on what is written to standard error inside, except the greeting. It comes once, from C++ code.

    Only in the main thread, as in a command: in a server, other threads write to standard error at the same time.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if _has_greeted.is_set() or not is_main or sys.stderr is None:
        yield
        return
    sys.stderr.flush()
    before = os.dup(2)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)  # nobody reads while it is written
    os.dup2(writer, 2)
    os.close(writer)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)
        os.set_blocking(reader, False)  # a process that was started meanwhile still holds the other end
        with os.fdopen(reader, "rb", buffering=0) as written:
            for line in (written.read() or b"").splitlines(keepends=True):
                if not line.startswith(GREETING):
                    os.write(2, line)
