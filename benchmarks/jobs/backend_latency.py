"""How long from submitting a run until its trainer's first heartbeat?

    python -m benchmarks.backend_latency [BACKEND ...] [--runs NUMBER]

For each backend, by default `local` (a new trainer process, no standby) and `workers` (`imgcls queue --worker`, here on
this machine), and `ray` if IMGCLS_RAY_ADDRESS names a cluster. With `ssh:HOST` the worker is started on another machine
that sees the same folders. The value is the slowest backend's median. The reference is an import of imgcls by a bare
interpreter, which every trainer needs first.
"""

import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from benchmarks.support import reference
from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.server import python
from benchmarks.support.trainings import ENDLESS, own_queue, wait
from imgcls import jobs
from imgcls.config import Config
from imgcls.jobs import worker_reports
from imgcls.system import paths

RUNS = 5
TARGET = 10.0
CONFIG = Config(data="mnist_sample", model="ann", **ENDLESS)
SHARED = ("IMGCLS_RUNS", "IMGCLS_CACHE", "IMGCLS_OWN_DATA", "IMGCLS_IDLE_SECONDS", "PYTHONPATH")


@contextmanager
def worker(environment: dict[str, str], host: str) -> Iterator[None]:
    """A worker on this machine, or on one that SSH reaches, until the block ends."""
    command = [sys.executable, "-m", "imgcls", "queue", "--worker"]
    variables = environment | {"PYTHONPATH": str(paths.repository_folder())}
    if host:
        exports = [f"{name}={shlex.quote(variables[name])}" for name in SHARED if name in variables]
        # Without a terminal, the far end of the connection would outlive it.
        command = ["ssh", "-tt", host, " ".join(["env", *exports, shlex.join(command)])]
    process = subprocess.Popen(
        command, env=os.environ | variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait(worker_reports.all_workers, "a worker")
        yield
    finally:
        process.terminate()
        process.wait()


def latencies(backend: str, number: int) -> list[float]:
    """Seconds from each submission to the first heartbeat, one run after another."""
    kind, _, host = backend.partition(":")
    name = "workers" if kind == "ssh" else kind
    times = []
    with own_queue() as environment, patch.dict(os.environ, {"IMGCLS_BACKEND": name, "IMGCLS_IDLE_SECONDS": "60"}):
        if name == "workers":
            with worker(environment, host):
                times = [_one() for _ in range(number)]
        else:
            times = [_one() for _ in range(number)]
    return times


def _one() -> float:
    started = time.perf_counter()
    training = jobs.begin(CONFIG)
    wait((training.folder / "heartbeat").exists, f"the first heartbeat ({jobs.waiting_list.problem()})", 300)
    passed = time.perf_counter() - started
    jobs.stop(training)
    wait(lambda: training.has_ended, "the run to end", 300)
    jobs.delete(training)
    return passed


def main() -> None:
    words = sys.argv[1:]
    number = RUNS
    if "--runs" in words:
        place = words.index("--runs")
        number, words = int(words[place + 1]), words[:place] + words[place + 2 :]
    names = words or ["local", "workers", *(["ray"] if os.environ.get("IMGCLS_RAY_ADDRESS") else [])]
    unknown = [name for name in names if name.partition(":")[0] not in (*jobs.backends.names(), "ssh")]
    if unknown:
        raise Missing(f"There is no backend '{unknown[0]}'.")
    found = {name: latencies(name, number) for name in names}
    with own_queue() as environment:
        spent = [
            reference.seconds(lambda: python("-c", "import imgcls.training.trainer", environment=environment))
            for _ in range(3)
        ]
    medians = {name: round(statistics.median(times), 2) for name, times in found.items()}
    print(
        line(
            "backend_latency",
            max(medians.values()),
            "s",
            TARGET,
            "lower",
            reference=reference.Reference("import of the trainer", statistics.median(spent), "s"),
            median_s=medians,
            longest_s={name: round(max(times), 2) for name, times in found.items()},
            runs=number,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
