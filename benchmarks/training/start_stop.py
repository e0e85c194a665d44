"""Does a trainer ever crash when it is started and ended again and again on a busy machine?

    python -m benchmarks.start_stop [REPEATS] [BURNERS]

A `resnet` is started as the queue starts it, in a process of its own, and ended after a random time: by a stop, by
SIGTERM (a shutdown), by SIGINT, or by deleting its run; every fifth one trains to its end. Meanwhile BURNERS processes
use the CPU. The value is the number of trainers that ended by a signal that nobody sent them, such as SIGABRT after
"double free" or SIGSEGV; `logs` has the last lines of each. A trainer that takes longer than ten minutes is killed, and
counted in `too_slow`.
"""

import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks.support.report_line import line, run
from benchmarks.support.trainings import own_queue
from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.runs import Run

REPEATS, BURNERS = 500, 8
LONGEST_SECONDS = 300.0
SETTINGS = Config(data="digits", model="resnet", train_images=400, epochs=2, early_stopping=False, batch_size=32)
WAYS = ("stop", "terminate", "interrupt", "delete", "finish")


def burn() -> None:
    """Uses a core until it is ended."""
    while True:
        sum(number * number for number in range(100_000))


def ended(way: str, seconds: float) -> tuple[int | None, str]:
    """The exit status of a trainer that is ended in this way after so many seconds, and the end of its log.

    The status is None if it was too slow and had to be killed.
    """
    training = runs.create(SETTINGS)
    jobs.claim(training)
    log = training.folder.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "imgcls.training", str(training.folder)], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LONGEST_SECONDS if way == "finish" else seconds)
        if process.poll() is None:
            _end(training, process, way)
        status: int | None = process.wait(LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        status = None
    text = log.read_bytes()[-2000:].decode("utf-8", "replace")
    shutil.rmtree(training.folder, ignore_errors=True)
    log.unlink()
    return status, text


def _end(training: Run, process: subprocess.Popen, way: str) -> None:
    if way == "stop":
        training.send_request(stop=True)
    elif way == "delete":
        shutil.rmtree(training.folder, ignore_errors=True)
    elif way != "finish":
        process.send_signal(signal.SIGTERM if way == "terminate" else signal.SIGINT)


def main() -> None:
    repeats, burners = (int(word) for word in [*sys.argv[1:3], *map(str, (REPEATS, BURNERS)[len(sys.argv[1:3]) :])])
    moments, ends, logs = random.Random(0), Counter[str](), []
    own = {"terminate": -signal.SIGTERM, "interrupt": -signal.SIGINT}
    with own_queue():
        Path(os.environ["IMGCLS_RUNS"]).mkdir(parents=True, exist_ok=True)
        datasets.prepare(SETTINGS.data)
        load = [multiprocessing.Process(target=burn, daemon=True) for _ in range(burners)]
        try:
            for process in load:
                process.start()
            began = time.monotonic()
            for repeat in range(repeats):
                way = WAYS[repeat % len(WAYS)]
                status, text = ended(way, moments.uniform(0.0, 25.0))
                ends[f"{way}: {status}"] += 1
                if status is not None and status < 0 and status != own.get(way):  # before it listens, a signal ends it
                    logs.append(text[-500:])
                print(f"{repeat + 1} of {repeats}, {way}: {status}", file=sys.stderr, flush=True)
        finally:
            for process in load:
                process.kill()
    seconds = round(time.monotonic() - began, 1)
    slow = sum(count for end, count in ends.items() if end.endswith("None"))
    facts = {"repeats": repeats, "too_slow": slow, "seconds": seconds, "ends": dict(ends), "logs": logs}
    print(line("start_stop", len(logs), "crashes", 0, "lower", **facts))


if __name__ == "__main__":
    sys.exit(run(main))
