"""How much energy a study has used: measured where the processor says so, otherwise estimated. `energy.json`.

    {"version": 1, "joules": 51234.0, "seconds": 3600.0, "source": "measured" | "estimated"}

Linux offers the counters of Intel's and AMD's processors (RAPL) below /sys/class/powercap, usually to root alone. They
count the processor packages, not memory, disks and graphics cards. Elsewhere the time for which cores were busy is
multiplied by `WATTS_PER_CORE`. Both count everything that runs on the machine.
"""

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from imgcls.system import atomic, json_files

NAME = "energy.json"
VERSION = 1
RAPL = Path("/sys/class/powercap")
WATTS_PER_CORE = 10.0
"""Of a busy core, with its share of cache and memory controller: between a laptop's 5 W and a desktop's 15 W."""
JOULES_PER_KWH = 3.6e6
MEASURED, ESTIMATED = "measured", "estimated"


@dataclass(frozen=True)
class Energy:
    """Energy in joules that was used in so many seconds, and whether it was measured or estimated."""

    joules: float = 0.0
    seconds: float = 0.0
    source: str = ESTIMATED

    @property
    def kwh(self) -> float:
        return self.joules / JOULES_PER_KWH

    @property
    def watts(self) -> float:
        """The mean power."""
        return self.joules / self.seconds if self.seconds > 0 else 0.0

    def sentence(self) -> str:
        """For example "Energy: 0.12 kWh, an estimate (10 W per busy core)."."""
        how = (
            "measured at the processor"
            if self.source == MEASURED
            else f"an estimate ({WATTS_PER_CORE:g} W per busy core)"
        )
        amount = f"{self.kwh:.3g} kWh" if self.kwh >= 0.01 else f"{1000 * self.kwh:.2g} Wh"
        return f"Energy: {amount}, {how}, of everything that ran on the machine."


class Meter:
    """Adds up the energy from now on to what an earlier driver has written."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._before = read(folder)
        self._counters = _counters()
        self._started = time.monotonic()
        self._busy = _busy_seconds()
        self._joules = 0.0

    def look(self) -> Energy:
        """The energy so far; to be called more often than the counters overflow, which takes minutes."""
        source = MEASURED if self._counters else ESTIMATED
        if self._counters:
            now = _counters()
            for path, (value, most) in self._counters.items():
                new = now.get(path, (value, most))[0]
                self._joules += (new - value if new >= value else new + most - value) / 1e6
            self._counters = now or self._counters
        else:
            busy = _busy_seconds()
            self._joules += max(0.0, busy - self._busy) * WATTS_PER_CORE
            self._busy = busy
        if self._before.joules and self._before.source != source:
            source = ESTIMATED  # a sum of both is no measurement
        seconds = self._before.seconds + time.monotonic() - self._started
        return Energy(self._before.joules + self._joules, seconds, source)

    def write(self) -> Energy:
        """Looks, and stores the sum; a full disk loses nothing but this."""
        found = self.look()
        with contextlib.suppress(OSError):
            atomic.write_json(
                self._folder / NAME,
                {"version": VERSION, "joules": found.joules, "seconds": found.seconds, "source": found.source},
            )
        return found


def read(folder: Path) -> Energy:
    """What is stored in a study's folder; nothing if the file is missing or damaged."""
    with contextlib.suppress(OSError, ValueError):
        found = json_files.read_object(folder / NAME)
        joules, seconds, source = found.get("joules"), found.get("seconds"), found.get("source")
        if json_files.is_number(joules, 0.0) and json_files.is_number(seconds, 0.0) and source in (MEASURED, ESTIMATED):
            return Energy(float(joules), float(seconds), str(source))
    return Energy()


def _counters() -> dict[Path, tuple[int, int]]:
    """Processor package -> its counter and the largest value of it, in microjoules; empty where they cannot be read."""
    found = {}
    for folder in sorted(RAPL.glob("*-rapl:[0-9]")):
        with contextlib.suppress(OSError, ValueError):
            most = int((folder / "max_energy_range_uj").read_text())
            found[folder] = int((folder / "energy_uj").read_text()), most
    return found


def _busy_seconds() -> float:
    """Seconds for which cores were busy since the machine started, added up over all cores."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0) + getattr(times, "steal", 0.0)
    guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # counted in user as well
    return sum(times) - idle - guest
