"""Who uses the processor during a benchmark: the server, the training, the browsers, and the benchmark's clients."""

import time
from contextlib import suppress

import psutil

PARTS = {"server": "streamlit", "training": "imgcls.training", "browsers": "chrom", "driver": "playwright"}
"""Name -> a word in the command line of a process of that part."""


class Shares:
    """Cores that each part uses on average from now on. A process that ends before `stop` is not counted."""

    def __init__(self) -> None:
        self._before, self._began = _seconds(), time.monotonic()

    def stop(self) -> dict[str, float]:
        """Name of the part -> cores; the clients are this process."""
        elapsed = time.monotonic() - self._began
        cores = dict.fromkeys((*PARTS, "clients"), 0.0)
        for process, (part, seconds) in _seconds().items():
            cores[part] += (seconds - self._before.get(process, (part, 0.0))[1]) / elapsed
        return {part: round(value, 2) for part, value in cores.items()}


def _seconds() -> dict[int, tuple[str, float]]:
    """Number of a process -> its part, and the processor seconds it has used so far."""
    own = psutil.Process()
    found = {own.pid: ("clients", _used(own))}
    for process in own.children(recursive=True):
        with suppress(psutil.Error):
            words = " ".join(process.cmdline())
            part = next((part for part, word in PARTS.items() if word in words), None)
            if part is not None:
                found[process.pid] = (part, _used(process))
    return found


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
