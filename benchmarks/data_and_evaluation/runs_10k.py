"""How long does it take to list, filter, search and compare among 10,000 runs in one folder?

    python -m benchmarks.runs_10k [RUNS]

Synthetic finished runs with settings, scores and curves. The value is the slowest of: list the newest 1,000, filter by
two settings, search for a word, sort by a setting, read two runs for a comparison. Each is timed in a fresh process, as
when a page is opened after a start of the server. `build_seconds` is the first look, when the index is made;
`without_index_seconds` reads every folder, as before there was one. `memory_mb` is the memory of this process after
listing once, `memory_again_mb` after a hundred further requests.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.support.report_line import line, run

RUNS = 10_000
ASK = """
import json, sys, time
import psutil
from imgcls.runs import Run, index
from imgcls.runs.index import Query
asked = {
    "list": Query(limit=1000),
    "filter": Query(text="learning_rate<=0.001 model=cnn test>0.9", limit=1000),
    "search": Query(text="number-077", limit=1000),
    "sort": Query(sort="dropout", limit=1000),
}
if sys.argv[1] == "build":
    started = time.perf_counter()
    assert index.search(Query(limit=1)).everything
    print(json.dumps(time.perf_counter() - started))
elif sys.argv[1] == "bare":
    from imgcls import runs
    started = time.perf_counter()
    rows = [index.row_of(run) for run in runs.all_runs()]
    assert rows
    print(json.dumps(time.perf_counter() - started))
elif sys.argv[1] == "memory":
    index.search(asked["list"])
    first = psutil.Process().memory_info().rss
    for _ in range(25):
        for query in asked.values():
            index.search(query)
    print(json.dumps([first / 1e6, psutil.Process().memory_info().rss / 1e6]))
elif sys.argv[1] == "compare":
    from imgcls.config import differences
    from imgcls import runs
    from imgcls.runs import metrics_log
    started = time.perf_counter()
    found = index.search(Query(limit=2)).rows
    two = [runs.find(row["id"]) for row in found]
    differences([one.config for one in two])
    assert all(metrics_log.Curves(one.folder / "metrics.jsonl").refresh().epochs for one in two)
    print(json.dumps(time.perf_counter() - started))
else:
    started = time.perf_counter()
    found = index.search(asked[sys.argv[1]], values_of=("state", "data", "model"))
    assert found.rows, sys.argv[1]
    print(json.dumps(time.perf_counter() - started))
"""


def made(root: Path, number: int) -> None:
    """A folder with the small files of a finished run."""
    chance = random.Random(number)
    folder = root / f"number-{number:05d}"
    folder.mkdir()
    accuracy = chance.uniform(0.5, 0.99)
    config = {
        "version": 1,
        "data": chance.choice(["mnist", "fashion_mnist", "cifar10"]),
        "model": "cnn",
        "learning_rate": 10 ** chance.uniform(-4, -1),
        "seed": chance.randrange(1_000_000),
        "model_settings": {"dropout": round(chance.uniform(0, 0.5), 3)},
    }
    result = {
        "version": 1,
        "outcome": "finished",
        "test_accuracy": accuracy,
        "val_accuracy": accuracy,
        "seconds": chance.uniform(5, 500),
        "parameters": chance.randrange(10_000, 1_000_000),
        "epochs": 10,
        "best_epoch": 8,
    }
    epochs = [{"kind": "epoch", "epoch": one, "val_accuracy": accuracy * one / 10} for one in range(1, 11)]
    started = {"started": 1.7e9 + number, "first": 1.7e9 + number, "ticket": "x"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "trainer.json").write_text(json.dumps(started))
    (folder / "label.txt").write_text(f"run {number}")
    (folder / "metrics.jsonl").write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    (folder / "heartbeat").write_text("finished")
    (folder / "result.json").write_text(json.dumps(result))


def asked(what: str, environment: dict[str, str]) -> float | list[float]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, what], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    root = Path(tempfile.mkdtemp(prefix="imgcls-benchmark-"))
    try:
        environment = os.environ | {
            "IMGCLS_RUNS": str(root / "runs"),
            "IMGCLS_CACHE": str(root / "cache"),
            "PYTHONPATH": str(Path.cwd()),
        }
        (root / "runs").mkdir()
        for one in range(number):
            made(root / "runs", one)
        time.sleep(2.5)  # the index does not trust folders that were changed in the last two seconds
        build = asked("build", environment)
        times = {what: asked(what, environment) for what in ("list", "filter", "search", "sort", "compare")}
        first, again = asked("memory", environment)
        bare = asked("bare", environment)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print(
        line(
            "runs_10k",
            round(max(times.values()), 3),
            "s",
            1.0,
            "lower",
            runs=number,
            build_seconds=round(build, 2),
            without_index_seconds=round(bare, 2),
            memory_mb=round(first, 1),
            memory_again_mb=round(again, 1),
            **{f"{what}_seconds": round(seconds, 3) for what, seconds in times.items()},
        )
    )


if __name__ == "__main__":
    run(main)
