"""Do a thousand trainers and a hundred readers get along in one folder?

    python -m benchmarks.crowded_folder [TRAINERS] [READERS] [SECONDS]

Simulated trainers in a few processes hold their runs' locks, touch their heartbeats every second, append an epoch every
five. Meanwhile readers, which are threads as in the app's server, look at the curve of a run every two seconds, as the
live view does, and at every fifth look list the newest 1,000 runs. The value is the 95th percentile of a list.
`wrong_states` counts runs that a list shows in another state than running, `lost_lines` epochs that were written but
are not in the curve.
"""

import json
import multiprocessing
import os
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import filelock
import psutil

from benchmarks.support.report_line import line, percentile, run
from imgcls.config import Config
from imgcls.runs import index
from imgcls.runs.index import Query
from imgcls.runs.metrics_log import Curves
from imgcls.runs.run import TRAINER_LOCK
from imgcls.system import nodes

TRAINERS, READERS, SECONDS = 1_000, 100, 30.0
PROCESSES = 4
"""Of the trainers: a process can have about a thousand files open."""
EPOCH_SECONDS, LOOK_SECONDS = 5.0, 2.0
LOOKS = 5
"""At every such look, a reader lists the runs."""


def made(root: Path, number: int) -> Path:
    """The folder of a run that trains."""
    folder = root / f"number-{number:05d}"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(Config(seed=number).as_dict()))
    (folder / "trainer.json").write_text(json.dumps({"started": time.time(), "first": 1.7e9 + number, "ticket": "x"}))
    (folder / "process.json").write_text(json.dumps({"pid": os.getpid(), "node": nodes.name()}))
    (folder / "heartbeat").write_text("running ")
    (folder / "metrics.jsonl").touch()
    return folder


def trainers(folders: list[Path], ready: Event, end: Event, written: multiprocessing.Queue) -> None:
    """Writes as the trainers of these runs would, until the end; then says how many epochs each has."""
    locks = [filelock.FileLock(folder / TRAINER_LOCK) for folder in folders]
    for lock in locks:
        lock.acquire()
    ready.set()
    epochs = dict.fromkeys(folders, 0)
    due = {folder: time.monotonic() + random.uniform(0, EPOCH_SECONDS) for folder in folders}
    while not end.wait(1.0):
        for folder in folders:
            os.utime(folder / "heartbeat")
            if time.monotonic() >= due[folder]:
                epochs[folder] += 1
                due[folder] += EPOCH_SECONDS
                epoch = {"kind": "epoch", "epoch": epochs[folder], "val_accuracy": 0.5, "val_loss": 1.0}
                with (folder / "metrics.jsonl").open("a") as file:
                    file.write(json.dumps(epoch) + "\n")
    written.put({folder.name: count for folder, count in epochs.items()})


def reader(folders: list[Path], end: threading.Event, times: list[float], wrong: list[str]) -> None:
    """Looks again and again, as somebody does who has the page open."""
    chance = random.Random()
    curves = Curves(chance.choice(folders) / "metrics.jsonl")
    looks = chance.randrange(LOOKS)
    while not end.wait(chance.uniform(0, 2 * LOOK_SECONDS)):
        looks += 1
        curves.refresh()
        if looks % LOOKS == 0:
            started = time.perf_counter()
            rows = index.search(Query(limit=1_000)).rows
            times.append(time.perf_counter() - started)
            wrong += [row["state"] for row in rows if row["state"] != "running"]


def main() -> None:
    numbers = [float(word) for word in sys.argv[1:]] + [TRAINERS, READERS, SECONDS][len(sys.argv) - 1 :]
    count, readers, seconds = int(numbers[0]), int(numbers[1]), numbers[2]
    root = Path(tempfile.mkdtemp(prefix="imgcls-benchmark-"))
    os.environ |= {"IMGCLS_RUNS": str(root / "runs"), "IMGCLS_CACHE": str(root / "cache")}
    context = multiprocessing.get_context("spawn")
    end, written = context.Event(), context.Queue()
    processes: list[multiprocessing.process.BaseProcess] = []
    try:
        (root / "runs").mkdir()
        folders = [made(root / "runs", number) for number in range(count)]
        for part in range(PROCESSES):
            ready = context.Event()
            processes.append(context.Process(target=trainers, args=(folders[part::PROCESSES], ready, end, written)))
            processes[-1].start()
            ready.wait()
        index.search(Query(limit=1))
        times: list[float] = []
        wrong: list[str] = []
        over = threading.Event()
        threads = [threading.Thread(target=reader, args=(folders, over, times, wrong)) for _ in range(readers)]
        before = psutil.Process().cpu_times()
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        over.set()
        for thread in threads:
            thread.join()
        after = psutil.Process().cpu_times()
        memory = psutil.Process().memory_info().rss / 1e6
        end.set()
        epochs: dict[str, int] = {}
        for _ in processes:
            epochs |= written.get()
        curves = {name: Curves(root / "runs" / name / "metrics.jsonl").refresh().epochs for name in epochs}
        lost = sum(count - len(curves[name]) for name, count in epochs.items())
    finally:
        end.set()
        for process in processes:
            process.join(20)
            process.kill()
        shutil.rmtree(root, ignore_errors=True)
    spent = after.user + after.system - before.user - before.system
    print(
        line(
            "crowded_folder",
            round(percentile(times, 0.95), 2),
            "s",
            1.0,
            "lower",
            median_s=round(statistics.median(times), 2),
            lists=len(times),
            processor_ms_per_list=round(1000 * spent / len(times), 1),
            trainers=count,
            readers=readers,
            epochs=sum(epochs.values()),
            lost_lines=lost,
            wrong_states=len(wrong),
            memory_mb=round(memory, 1),
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
