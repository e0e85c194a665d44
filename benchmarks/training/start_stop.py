"""Does a trainer ever crash when it is started and ended again and again on a busy machine?

    python -m benchmarks.start_stop [REPEATS] [BURNERS] [--at-once N] [--record FILE] [--minutes N]

A small `resnet` is started as the queue starts it, in a process of its own, and ended after a random time: by a stop,
by SIGTERM (a shutdown), by SIGINT, or by deleting its run; every fifth one trains to its end. N trainers run at once.
Meanwhile BURNERS processes with the priority of the trainers use the CPU: with a higher one, as in earlier versions of
this benchmark, eight of them left a trainer a fortieth of two cores, so it was killed before its first epoch.

The value is the number of trainers that ended by a signal that nobody sent them, such as SIGABRT after "double free" or
SIGSEGV; `logs` has the last lines of each. A trainer that takes longer than ten minutes is killed, and counted in
`too_slow`. With `--record`, each end is a line of that file, and the same command continues after an interruption,
until REPEATS ends are recorded. With `--minutes`, it begins no more trainers after that time.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.support.report_line import line, run
from benchmarks.support.trainings import own_queue
from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.runs import Run
from imgcls.system import processes

REPEATS, BURNERS, AT_ONCE = 500, 8, 2
LONGEST_SECONDS = 600.0
FIRST_GUESS = 40.0
"""How long a training takes until one has finished, in seconds: the moments of the other ends depend on it."""
SETTINGS = Config(
    data="digits",
    model="resnet",
    train_images=400,
    epochs=2,
    early_stopping=False,
    batch_size=32,
    model_settings={"filters": 8, "stages": 2},
)
WAYS = ("stop", "terminate", "interrupt", "delete", "finish")
OWN = {"terminate": -signal.SIGTERM, "interrupt": -signal.SIGINT}
"""Before it listens, a signal ends a trainer."""

End = dict[str, Any]
"""How a trainer ended: its `number`, `way`, `status` (None if it was too slow), `seconds`, and the end of its `log`."""


def burn() -> None:
    """Uses a core, with the priority of a trainer, until it is ended."""
    processes.lower_priority()
    while True:
        sum(number * number for number in range(100_000))


class Ends:
    """What has ended so far, also in earlier calls with the same file."""

    def __init__(self, record: Path | None):
        self._record = record
        self._lock = threading.Lock()
        lines = record.read_text("utf-8").splitlines() if record is not None and record.exists() else []
        self.all: list[End] = [json.loads(text) for text in lines]

    def add(self, end: End) -> None:
        with self._lock:
            self.all.append(end)
            if self._record is not None:
                with self._record.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(end) + "\n")
        text = f"{len(self.all)}: {end['way']} after {end['seconds']} s: {end['status']}"
        print(text, file=sys.stderr, flush=True)

    @property
    def training_seconds(self) -> float:
        finished = [end["seconds"] for end in self.all if end["way"] == "finish" and end["status"] == 0]
        return statistics.median(finished) if finished else FIRST_GUESS

    @property
    def crashed(self) -> list[End]:
        return [end for end in self.all if (end["status"] or 0) < 0 and end["status"] != OWN.get(end["way"])]


def ended(number: int, ends: Ends) -> None:
    """Starts a trainer, ends it, and adds how it ended."""
    way = WAYS[number % len(WAYS)]
    wanted = random.Random(number).uniform(0.0, ends.training_seconds)
    training = runs.create(SETTINGS)
    jobs.claim(training)
    log = training.folder.with_suffix(".log")
    began = time.monotonic()
    with log.open("wb") as output:
        command = [sys.executable, "-m", "imgcls.training", str(training.folder)]
        environment = processes.child_environment({"IMGCLS_TURNS": "off"})
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LONGEST_SECONDS if way == "finish" else wanted)
        if process.poll() is None:
            _end(training, process, way)
        status: int | None = process.wait(LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    seconds = round(time.monotonic() - began, 1)
    text = log.read_bytes()[-500:].decode("utf-8", "replace")
    shutil.rmtree(training.folder, ignore_errors=True)
    log.unlink()
    ends.add({"number": number, "way": way, "status": status, "seconds": seconds, "log": text if status else ""})


def _end(training: Run, process: subprocess.Popen, way: str) -> None:
    if way == "stop":
        training.send_request(stop=True)
    elif way == "delete":
        shutil.rmtree(training.folder, ignore_errors=True)
    elif way != "finish":
        process.send_signal(signal.SIGTERM if way == "terminate" else signal.SIGINT)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start_stop")
    parser.add_argument("repeats", type=int, nargs="?", default=REPEATS, help="trainers to start")
    parser.add_argument("burners", type=int, nargs="?", default=BURNERS, help="processes that use the CPU meanwhile")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="trainers that run at once")
    parser.add_argument("--record", type=Path, help="a file of ends, to continue from")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no more trainers after this time")
    arguments = parser.parse_args()
    ends = Ends(arguments.record)
    missing = sorted(set(range(arguments.repeats)) - {end["number"] for end in ends.all})
    began = time.monotonic()

    def next_one(number: int) -> None:
        if time.monotonic() - began < 60 * arguments.minutes:
            ended(number, ends)

    with own_queue():
        Path(os.environ["IMGCLS_RUNS"]).mkdir(parents=True, exist_ok=True)
        datasets.prepare(SETTINGS.data)
        load = [multiprocessing.Process(target=burn, daemon=True) for _ in range(arguments.burners)]
        pool = ThreadPoolExecutor(arguments.at_once)
        try:
            for process in load:
                process.start()
            for one in [pool.submit(next_one, number) for number in missing]:
                one.result()
        finally:
            pool.shutdown(cancel_futures=True)
            for process in load:
                process.kill()
    counts = Counter(f"{end['way']}: {end['status']}" for end in ends.all)
    print(
        line(
            "start_stop",
            len(ends.crashed),
            "crashes",
            0,
            "lower",
            repeats=len(ends.all),
            too_slow=sum(end["status"] is None for end in ends.all),
            seconds=round(sum(end["seconds"] for end in ends.all), 1),
            training_seconds=ends.training_seconds,
            at_once=arguments.at_once,
            burners=arguments.burners,
            ends=dict(sorted(counts.items())),
            logs=[end["log"] for end in ends.crashed],
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
