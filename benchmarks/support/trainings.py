"""Real training runs for benchmarks, started as pages start them: through the queue and the run folder."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from benchmarks.support.report_line import Missing
from benchmarks.support.server import workplace
from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs.queue import LOCK, STANDBY_WISH
from imgcls.runs.metrics_log import Curves
from imgcls.runs.run import Run
from imgcls.system.processes import is_locked

ENDLESS = {"epochs": 1000, "early_stopping": False}
SMALL = Config(data="mnist_sample", model="cnn", **ENDLESS)
DEEP = Config(data="mnist_sample", model="deep_cnn", **ENDLESS)


@contextmanager
def own_queue(*, standby: bool = False) -> Iterator[dict[str, str]]:
    """An environment with a folder of runs of its own, for this process, too; its runs are deleted at the end."""
    with workplace() as environment:
        environment |= {"IMGCLS_STANDBY": "on" if standby else "off", "IMGCLS_IDLE_SECONDS": "5"}
        with patch.dict(os.environ, environment):
            try:
                yield environment
            finally:
                for run in runs.all_runs():
                    jobs.delete(run)
                root = Path(environment["IMGCLS_RUNS"])
                (root / STANDBY_WISH).unlink(missing_ok=True)
                wait(lambda: not is_locked(root / LOCK), "the queue to end")


def begun(config: Config) -> tuple[Run, Curves]:
    """A run that has trained for a while: the graph is built and an epoch is complete."""
    run = jobs.begin(config)
    curves = Curves(run.folder / "metrics.jsonl")
    wait(lambda: curves.refresh().epochs, "the first epoch")
    return run, curves


def wait(condition: Callable[[], object], what: str, seconds: float = 120) -> float:
    """Waits until something holds; the seconds that it took."""
    start = time.perf_counter()
    while not condition():
        if time.perf_counter() - start > seconds:
            raise Missing(f"Waited {seconds:g} s in vain for {what}.")
        time.sleep(0.005)
    return time.perf_counter() - start
