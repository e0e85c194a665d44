"""What this machine offers: GPUs, bfloat16 and 8-bit arithmetic, free memory, and threads that multiply matrices."""

import contextlib
import functools
import os
import platform
import re
import subprocess
from pathlib import Path

import psutil

BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
BYTE_FLAGS = {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp"}


@functools.cache
def has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 numbers in hardware. Only Linux reports it; elsewhere False."""
    return bool(BFLOAT16_FLAGS & _flags())


@functools.cache
def multiplies_bytes() -> bool:
    """Whether the CPU has instructions that multiply and add 8-bit numbers. Known on Linux and Apple's chips only."""
    is_apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return is_apple or bool(BYTE_FLAGS & _flags())


def _flags() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return {flag for line in lines if line.startswith(("flags", "Features")) for flag in line.split()}


def gpus() -> dict[str, str]:
    """The NVIDIA GPUs that trainers may use, by number: {"0": "NVIDIA H200"}; empty without any.

    CUDA_VISIBLE_DEVICES restricts them, as for any program. `nvidia-smi` lists them without loading CUDA.
    """
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None and not allowed.strip():
        return {}
    found = _installed_gpus()
    if allowed is None:
        return found
    return {number: found[number] for number in map(str.strip, allowed.split(",")) if number in found}


@functools.cache
def _installed_gpus() -> dict[str, str]:
    try:
        done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(re.findall(r"^GPU (\d+): (.*?)(?: \(UUID.*)?$", done.stdout, re.MULTILINE))


def gpu_load(number: str) -> dict[str, float]:
    """Utilisation in percent and used memory in MB of a GPU; empty if they are not known. Takes a tenth of a second."""
    query = ["nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits", f"--id={number}"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
        load, memory = (float(text) for text in done.stdout.strip().split(","))
    except (OSError, subprocess.SubprocessError, ValueError):  # "[N/A]" where the driver does not say
        return {}
    return {"gpu": load, "gpu_memory": memory * 1.048576}  # it counts in MiB


def one_blas_thread() -> contextlib.AbstractContextManager:
    """A block in which NumPy multiplies matrices in one thread.

    The threads of OpenBLAS wait for each other in busy loops: beside another program, 20 products of small matrices
    took 3.0 s with two threads and 0.16 s with one.
    """
    return _blas().limit(limits=1, user_api="blas")


@functools.cache
def _blas():
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def free_memory() -> int:
    """Bytes of memory that a new process can use: what the machine, or on Linux its container, has left."""
    free = psutil.virtual_memory().available
    group = Path("/sys/fs/cgroup")
    try:
        most, used = (int((group / f"memory.{name}").read_text()) for name in ("max", "current"))
        # Cached files count as used, but are dropped when memory is needed.
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        free = min(free, most - used + int(stat["inactive_file"]))
    except (OSError, ValueError, KeyError):
        pass  # not in a container, or no limit
    return max(0, free)
