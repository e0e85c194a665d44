"""Limits that a process sets for itself before it reads a file from elsewhere.

POSIX resource limits: address space, CPU time, size of written files, open files, no core dump. On Linux also no
network (a network namespace without interfaces) and no new privileges. Python has no `resource` on Windows, and macOS
accepts a limit of the address space without applying it; there, the parent's watch over memory and time remains.
"""

import contextlib
import ctypes
import subprocess
import sys
from functools import cache
from pathlib import Path

if sys.platform != "win32":
    import resource

OPEN_FILES = 64
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_NO_NEW_PRIVS = 38


def isolate() -> None:
    """Leaves the network and renounces new privileges, where the system allows it. Call while there is one thread."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        system = ctypes.CDLL(None, use_errno=True)
        system.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        system.unshare(CLONE_NEWUSER | CLONE_NEWNET)


@cache
def can_leave_network() -> bool:
    """Whether `isolate` can take the network away here, tried once in a process of its own. Linux only."""
    attempt = f"import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare({CLONE_NEWUSER | CLONE_NEWNET}) != 0)"
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run([sys.executable, "-I", "-c", attempt], timeout=30, check=False, stderr=subprocess.DEVNULL)
        return done.returncode == 0
    return False


def apply(memory: int, written: int, *, is_final: bool = True) -> None:
    """Limits what this process can do from now on.

    Args:
        memory: Bytes of address space beyond those in use now.
        written: The largest file that it may write, in bytes.
        is_final: Whether this process may not raise the limits again.
    """
    if sys.platform == "win32":
        return
    amounts = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: written,
        resource.RLIMIT_NOFILE: OPEN_FILES,
    }
    if used := _address_space():
        amounts[resource.RLIMIT_AS] = used + memory
    for kind, amount in amounts.items():
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            amount = min(amount, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (amount, amount if is_final else hard))


def allow_seconds(seconds: float) -> None:
    """The CPU time for the next request. When it is used up, the system ends this process."""
    if sys.platform == "win32":
        return
    spent = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(spent.ru_utime + spent.ru_stime + seconds) + 1
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def unavailable() -> str:
    """What this platform does not limit, as a sentence; empty if all limits apply."""
    if sys.platform == "linux":
        if can_leave_network():
            return ""
        return (
            "This system does not let the sandbox take the network away from the model, as in most containers. Memory, "
            "time and files are limited."
        )
    what = "memory, files and network access" if sys.platform == "win32" else "address space and network access"
    return f"On this platform the sandbox cannot limit {what} of the model; it watches memory and time from outside."


def _address_space() -> int:
    """Bytes of address space in use; 0 where the system does not tell, or does not apply a limit."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize()
