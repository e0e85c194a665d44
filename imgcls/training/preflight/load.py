"""How much other programs use the machine."""

import psutil


class OtherProcesses:
    """Measures the fraction of the CPU that other processes use from now on."""

    def __init__(self, process: psutil.Process | None = None):
        self._process = process or psutil.Process()
        self._start = self._now()

    def fraction(self) -> float:
        """0: none, 1: all cores are busy with other processes."""
        busy, idle = (now - then for now, then in zip(self._now(), self._start, strict=True))
        return min(1.0, max(0.0, busy / (busy + idle))) if busy + idle > 0 else 0.0

    def _now(self) -> tuple[float, float]:
        """CPU seconds over all cores: used by other processes, and everything else."""
        machine, this = psutil.cpu_times(), self._process.cpu_times()
        own = this.user + this.system
        rest = machine.idle + getattr(machine, "iowait", 0.0) + own
        # Some systems count the time of low-priority processes separately.
        used = machine.user + machine.system + getattr(machine, "nice", 0.0)
        return used - own, rest
