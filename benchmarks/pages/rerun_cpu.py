"""What does a rerun of each page cost the server?

    python -m benchmarks.rerun_cpu [RERUNS]

CPU milliseconds (user and system) of the server process per rerun: 100 full reruns of each page in five rounds, of
which the median counts, because a neighbour on a shared machine can slow a whole round by half. A session speaks
Streamlit's WebSocket protocol, with the messages it caches and the states that matter (two runs selected, a digit
drawn, in which case only the fragment with the canvas runs). The value is the most expensive page.
`live_fragment_ms` is one tick of the live view of a training run, at its own pace of one second;
`live_fragment_long_ms` is the same with an hour of history, written by this benchmark. `idle_ms_per_s` is the cost of
an idle session, subtracted from the ticks. These waits alone take 50 seconds; standard error says how far it is. Also
reported: the server's memory, and whether it ever loaded TensorFlow or Keras. Pages show copies of the trained runs, or
two quick ones if there are none. The reference is a rerun of an empty Streamlit page.
"""

import itertools
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

import filelock
import psutil

from benchmarks.support import reference
from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.server import QUICK, Server, copy_runs, python, serve, started, workplace
from benchmarks.support.session import Session
from imgcls.runs.run import TRAINER_LOCK
from imgcls.system import atomic

RERUNS = 100
ROUNDS = 5
SEVEN = [[80, 70, 18, 200, 70, 18], [200, 70, 18, 130, 230, 18]]
"""What is drawn on the canvas: x, y and width of the pen at each point of two strokes."""
TICKS = 20
IDLE_SECONDS = 10
"""The clock counts in steps of 10 ms."""
TRAINING = {"data": "mnist_sample", "model": "cnn", "epochs": "1000", "early-stopping": "off", "id": "live"}


def visits(ids: list[str]) -> dict[str, dict]:
    """What is rerun: a name -> the arguments of `Session.rerun`."""
    model = next((name for name in ("digits", "quick-1") if name in ids), ids[0])
    return {
        "home": {"page": ""},
        "data": {"page": "data"},
        "train": {"page": "train"},
        "train_finished": {"page": "train", "query": f"run={model}"},
        "runs": {"page": "runs"},
        "runs_table": {"page": "runs", "query": "layout=Table"},
        "runs_compared": {"page": "runs", "query": "&".join(f"selected={one}" for one in ids[:2])},
        "evaluate": {"page": "evaluate", "query": f"run={model}"},
        **{
            f"evaluate_{view.lower().replace(' ', '_')}": {
                "page": "evaluate",
                "query": f"run={model}&view={quote(view)}",
            }
            for view in ("Compare", "Robustness", "Label errors", "Report")
        },
        "evaluate_single_image": {"page": "evaluate", "query": f"run={model}&view=Single%20image&image=17"},
        "evaluate_activations": {"page": "evaluate", "query": f"run={model}&view=Activations&image=17"},
        "predict": {"page": "predict", "query": f"run={model}"},
        "predict_drawn": {"page": "predict", "query": f"run={model}"},
    }


def per_page(server: Server, ids: list[str], reruns: int) -> dict[str, float]:
    """CPU milliseconds of one rerun of each page."""
    wanted = visits(ids)
    spent = {name: [] for name in wanted}
    each = -(-reruns // ROUNDS)
    for _ in range(ROUNDS):
        for name, visit in wanted.items():
            with Session(server.port) as session:
                session.rerun(visit["page"], visit.get("query", ""))
                again = _drawing(session) if name == "predict_drawn" else partial(session.rerun, **visit)
                for _ in range(4):
                    again()
                if name == "predict_drawn" and b'"prediction": "' not in session.seen:
                    raise Missing("The drawing was not answered: the canvas sends its state in another form now.")
                before = server.cpu_ms()
                for _ in range(each):
                    again()
                time.sleep(0.05)  # what is tidied up after the last rerun counts, too
                spent[name].append(server.cpu_ms() - before)
    return {name: round(statistics.median(rounds) / each, 1) for name, rounds in spent.items()}


def _drawing(session: Session) -> Callable[[], None]:
    """Draws the digit, each time at another place: of a drawing that was seen before, more is remembered."""
    places = itertools.cycle(range(40))

    def draw() -> None:
        moved = next(places) / 4, 0, 0
        strokes = [[value + shift for value, shift in zip(stroke, itertools.cycle(moved))] for stroke in SEVEN]
        session.draw(strokes, 1)

    return draw


def per_tick(server: Server, run_id: str, idle: float) -> float:
    """CPU milliseconds of one tick of the live part of a run; `idle` is what a second costs without."""
    with Session(server.port) as session:
        session.rerun("train", f"run={run_id}")
        if not session.fragments:
            raise Missing(f"The page of the run '{run_id}' does not tick: its trainer has ended or never began.")
        fragment, interval = next(iter(session.fragments.items()))
        visit = {"page": "train", "query": f"run={run_id}", "fragment": fragment}
        session.rerun(**visit)
        before, began = server.cpu_ms(), time.monotonic()
        for tick in range(1, TICKS + 1):
            session.rerun(**visit)
            time.sleep(max(0.0, began + tick * interval - time.monotonic()))
        spent = server.cpu_ms() - before - idle * (time.monotonic() - began)
    return round(spent / TICKS, 1)


@contextmanager
def training(environment: dict[str, str]) -> Iterator[str]:
    """A run that trains, by a trainer as yielding as those that a page starts."""
    flags = [word for name, value in TRAINING.items() for word in (f"--{name}", value)]
    with started([sys.executable, "-m", "imgcls.training", *flags, "--now"], environment) as trainer:
        if not psutil.WINDOWS:
            trainer.nice(10)
        metrics = Path(environment["IMGCLS_RUNS"], "live", "metrics.jsonl")
        end = time.monotonic() + 400
        while not (metrics.exists() and metrics.read_bytes().count(b'"kind": "epoch"') > 1):
            if time.monotonic() > end or not trainer.is_running():
                raise Missing("The trainer of the live run did not get to its second epoch.")
            time.sleep(0.2)
        yield "live"


@contextmanager
def long_training(environment: dict[str, str]) -> Iterator[str]:
    """A run folder as a trainer would have it after an hour, and a thread that goes on writing as one would.

    It holds the lock of a trainer, so that the page shows a run that trains.
    """
    folder = Path(environment["IMGCLS_RUNS"], "long")
    folder.mkdir()
    config = json.loads(Path(environment["IMGCLS_RUNS"], "live", "config.json").read_text("utf-8"))
    atomic.write_json(folder / "config.json", config)
    ended = threading.Event()

    def epoch(number: int) -> str:
        seen = {"loss": 1 / number, "accuracy": 1 - 0.5 / number, "epoch": number}
        batches = [seen | {"kind": "batch", "epoch": number - 1 + part / 10, "rate": 9e3} for part in range(1, 11)]
        judged = {"val_loss": 1.1 / number, "val_accuracy": 1 - 0.6 / number, "seconds": 3.6, "learning_rate": 1e-3}
        lines = [*batches, seen | judged | {"kind": "epoch", "best": number % 50 == 0}]
        return "".join(json.dumps(entry) + "\n" for entry in lines)

    with filelock.FileLock(folder / TRAINER_LOCK), (folder / "metrics.jsonl").open("w", encoding="utf-8") as metrics:
        plan = {"kind": "plan", "train": 4250, "validation": 750, "test": 1000, "steps": 67, "epochs": 2000}
        metrics.write(json.dumps(plan | {"parameters": 1000}) + '\n{"kind": "phase", "phase": "training"}\n')

        def go_on() -> None:
            number = 1001
            while True:
                (folder / "heartbeat").touch()
                metrics.write(epoch(number))
                metrics.flush()
                number += 1
                if ended.wait(1.0):
                    return

        metrics.writelines(map(epoch, range(1, 1001)))
        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield "long"
        finally:
            ended.set()
            thread.join()


def main() -> None:
    reruns = int(sys.argv[1]) if len(sys.argv) > 1 else RERUNS
    with workplace() as environment:
        ids = copy_runs(environment)
        for number in range(len(ids), 2):
            python("-m", "imgcls.training", *QUICK, "--id", f"quick-{number}", environment=environment)
            ids.append(f"quick-{number}")
        empty = reference.empty_page_rerun(environment)
        with serve(environment) as server:
            server.wait()
            pages = per_page(server, ids, reruns)
            print("pages measured", pages, file=sys.stderr, flush=True)
            with Session(server.port):
                before = server.cpu_ms()
                time.sleep(IDLE_SECONDS)
                idle = (server.cpu_ms() - before) / IDLE_SECONDS
            print("idle session measured, starting a training", file=sys.stderr, flush=True)
            with training(environment) as run_id:
                live = per_tick(server, run_id, idle)
            print("live view measured", file=sys.stderr, flush=True)
            with long_training(environment) as run_id:
                long = per_tick(server, run_id, idle)
            maps = (
                {part.path for part in server.process.memory_maps()} if hasattr(server.process, "memory_maps") else ()
            )
            memory = server.process.memory_info().rss / 1e6
    heaviest = max(pages, key=pages.__getitem__)
    print(
        line(
            "rerun_cpu",
            pages[heaviest],
            "ms",
            15,
            "lower",
            reference=empty,
            heaviest=heaviest,
            pages_ms=pages,
            live_fragment_ms=live,
            live_fragment_long_ms=long,
            live_fragment_target=8,
            idle_ms_per_s=round(idle, 1),
            memory_mb=round(memory),
            memory_target_mb=300,
            tensorflow_loaded=any("/tensorflow/" in path or "/keras/" in path for path in maps),
            reruns=reruns,
            runs=len(ids),
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
