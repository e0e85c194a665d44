"""Start processes of this package, lower their priority, and see from a lock file whether one is alive."""

import contextlib
import ctypes
import errno
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import filelock
import psutil

from imgcls.errors import RunError
from imgcls.system import paths

if sys.platform != "win32":
    import fcntl

NICENESS = 10
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
"""What a file system without file locks answers."""
MALLOC_OPTIONS = {-1: 128 * 1024, -3: 64 * 1024, -8: 2}
"""Of `mallopt` in glibc: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX."""


def spawn(
    module: str, *arguments: str, environment: Mapping[str, str] = MappingProxyType({}), **streams: Any
) -> subprocess.Popen:
    """Start `python -m MODULE ARGUMENTS` detached: it outlives the page, the browser tab and the server.

    Args:
        environment: Variables to set in addition to those of this process.
        streams: `stdin`, `stdout` and `stderr` as for `subprocess.Popen`. By default there is no input and the output
            is discarded; `stderr` goes where `stdout` goes.

    Raises:
        OSError: The process cannot be started.
    """
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT} | streams
    process = subprocess.Popen(
        [sys.executable, "-P", "-u", "-m", module, *arguments],
        env=child_environment(environment),
        **streams,
        **_detached(),
    )
    # Waiting collects the exit status; until then an ended child would stay a zombie.
    threading.Thread(target=process.wait, name=f"wait for {module}", daemon=True).start()
    return process


def child_environment(extra: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """This process's environment plus `extra`, with a PYTHONPATH on which the child finds this copy of `imgcls`.

    An installed copy is found without help. Adding its folder to PYTHONPATH would put site-packages before the
    standard library.
    """
    environment = {**os.environ, **extra}
    if not paths.is_installed():
        inherited = environment.get("PYTHONPATH")
        folder = str(paths.repository_folder())
        environment["PYTHONPATH"] = os.pathsep.join([folder, *([inherited] if inherited else [])])
    return environment


def lower_priority() -> None:
    """Give way to the browser and the server.

    Linux shares the CPU among sessions before it looks at niceness, and niceness only counts within a session. A
    detached process is its own session, so the session's priority has to be lowered as well.
    """
    with contextlib.suppress(psutil.Error, OSError):
        this = psutil.Process()
        this.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else NICENESS)
        if sys.platform == "linux" and os.getsid(0) == this.pid:
            Path("/proc/self/autogroup").write_text(str(NICENESS), "ascii")


def acquired(path: Path, timeout: float, poll_interval: float = 0.02) -> filelock.BaseFileLock:
    """Take a lock file among the runs, which this process holds until it releases it or ends.

    Raises:
        filelock.Timeout: Another process holds it.
        RunError: The file system has no locks.
        OSError: The folder is not writable.
    """
    lock = filelock.FileLock(path, fallback_to_soft=False)
    try:
        lock.acquire(timeout=timeout, poll_interval=poll_interval)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        raise RunError(
            f"The file system of {path.parent} has no file locks, so nothing could keep two processes from training "
            "the same run. Set IMGCLS_RUNS to a folder on another file system; NFS has locks from version 4 on."
        ) from error
    return lock


def is_locked(path: Path) -> bool:
    """Whether a process holds this lock file.

    On Linux and macOS the check takes a shared lock for a moment, so that two checks at once never see each other.
    """
    if sys.platform == "win32":
        return _is_locked_exclusively(path)
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(file)  # also gives the lock back
    return False


def _is_locked_exclusively(path: Path) -> bool:
    """`is_locked` on Windows, where the check itself holds the lock for a moment."""
    if not path.exists():
        return False
    try:
        with filelock.FileLock(path, timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:
        return False


def _detached() -> dict[str, Any]:
    """Options that keep a child alive when the server's terminal is closed or interrupted."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def return_freed_memory() -> bool:
    """From now on, memory that this process has freed goes back to the system, which it does only in part by default.

    The C library of most Linux systems raises both thresholds as soon as a program frees a large block, and keeps a
    heap for each of several threads: the arrays that a page needs once would stay in the memory of the server.

    Returns:
        Whether the C library allows it.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    accepted = [library.mallopt(option, value) for option, value in MALLOC_OPTIONS.items()]
    return all(accepted)
