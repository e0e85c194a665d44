"""Counts the disk operations of this process and makes one of them fail: the process is killed, or the disk is full.

Operations are opening a file for writing, each write, fsync, rename and removal. Only for processes that a test
started, because Python's functions stay replaced.
"""

import builtins
import errno
import io
import os
import signal
import threading
from pathlib import Path

_real_open = io.open
_lock = threading.Lock()
_count = 0


def at(step: int, how: str, *words: str) -> None:
    """Fails at one operation, counted from 1, on a path that contains one of `words` (on any path without them).

    Args:
        how: "killed": the process ends by SIGKILL, in the middle of a write. "full": from this operation on, nothing
            can be opened or written, only removed and renamed.
    """

    def concerns(path) -> bool:
        path = os.fspath(path)
        path = path.decode() if isinstance(path, bytes) else path
        return path.startswith(os.environ["IMGCLS_RUNS"]) and (not words or any(word in path for word in words))

    def is_due() -> bool:
        global _count
        with _lock:
            _count += 1
            return _count == step or (how == "full" and _count > step)

    def strike() -> None:
        if how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    class Raw(io.FileIO):
        def write(self, data):
            if is_due():
                super().write(bytes(data)[: len(data) // 2])
                strike()
            return super().write(data)

    def opened(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
        writes = set(mode) & set("wax+")
        if not writes or not isinstance(file, str | os.PathLike) or not concerns(file):
            return _real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if (how == "killed" or set(mode) & set("wax")) and is_due():
            strike()
        raw = Raw(file, mode.replace("b", "").replace("t", ""), closefd, opener)
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

    def wrapped(name: str):
        real = getattr(os, name)

        def function(path, *rest, **named):
            place = Path(f"/proc/self/fd/{path}").readlink() if isinstance(path, int) else path
            if concerns(place) and is_due():
                strike()
            return real(path, *rest, **named)

        return function

    io.open = builtins.open = opened
    for name in ("fsync", "replace", "rename", "unlink") if how == "killed" else ("fsync",):
        setattr(os, name, wrapped(name))
