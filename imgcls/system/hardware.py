"""What this machine can do: its processor, and the memory that it has left."""

import functools
from pathlib import Path

import psutil

FLAGS = {"avx512_bf16", "amx_bf16"}


@functools.cache
def has_bfloat16() -> bool:
    """Whether it multiplies numbers of 16 bits (bfloat16) faster than those of 32: Linux alone says so."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(FLAGS & set(line.split()) for line in lines if line.startswith("flags"))


def free_memory() -> int:
    """Bytes that a new process can take: what the machine has left, or what its container is still allowed (Linux)."""
    free = psutil.virtual_memory().available
    group = Path("/sys/fs/cgroup")
    try:
        most, used = (int((group / f"memory.{name}").read_text()) for name in ("max", "current"))
        # Files that were read and can be dropped count as used, but are in nobody's way.
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        free = min(free, most - used + int(stat["inactive_file"]))
    except (OSError, ValueError, KeyError):
        pass  # no container, or one without a limit
    return max(0, free)
