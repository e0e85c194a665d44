"""Do a training run and visitors of the pages slow each other down?

    python -m benchmarks.side_by_side

`click_ratio` is the time of a full rerun of a page (Evaluate, Predict and Runs alternately), without a browser, while
a run trains, divided by the same while it is paused: three times each, alternating, because the speed of a shared
machine drifts; the median of the three ratios. The value is `training_share`: images per second of the training while
10 people click, each every 3 seconds on average, divided by the same without them.
"""

import random
import statistics
import sys
import threading
import time

from benchmarks.support.report_line import line, percentile, run
from benchmarks.support.server import copy_runs, serve
from benchmarks.support.session import Session
from benchmarks.support.trainings import SMALL, begun, own_queue, wait
from imgcls.runs.metrics_log import Curves

PAGES = ("evaluate", "predict", "runs")
CLICKS = 30
ROUNDS = 3
PEOPLE = 10
EACH_SECONDS = 3.0
STRETCH_SECONDS = 20.0


def clicks(port: int) -> list[float]:
    """Milliseconds of reruns, one after the other with a little rest."""
    times = []
    with Session(port) as session:
        for page in PAGES:
            session.rerun(page)  # the first time a session sees it
        for number in range(CLICKS):
            start = time.perf_counter()
            session.rerun(PAGES[number % len(PAGES)])
            times.append(1000 * (time.perf_counter() - start))
            time.sleep(0.1)
    return times


def speed(curves: Curves) -> float:
    """Images per second of the next stretch, by the fraction of the epochs that is done."""
    start, before = time.perf_counter(), curves.refresh().progress
    time.sleep(STRETCH_SECONDS)
    done = curves.refresh().progress - before
    return done * curves.plan["train"] / (time.perf_counter() - start)


def crowd(port: int, ended: threading.Event) -> list[threading.Thread]:
    """People who look at pages until it is over."""

    def person(number: int) -> None:
        moments = random.Random(number)
        with Session(port) as session:
            while not ended.wait(moments.uniform(0, 2 * EACH_SECONDS)):
                session.rerun(moments.choice(PAGES))

    people = [threading.Thread(target=person, args=(number,)) for number in range(PEOPLE)]
    for thread in people:
        thread.start()
    return people


def main() -> None:
    with own_queue() as environment:
        copy_runs(environment)
        with serve(environment) as server:
            server.wait()
            training, curves = begun(SMALL)
            rounds: list[tuple[list[float], list[float]]] = []
            for _ in range(ROUNDS):
                together = clicks(server.port)
                training.send_request(pause=True)
                wait(lambda: training.state == "paused", "the pause")
                rounds.append((clicks(server.port), together))
                training.send_request(pause=False)
                wait(lambda: training.state == "running", "the way back")
            speeds: dict[str, list[float]] = {"quiet": [], "busy": []}
            for _ in range(ROUNDS):
                speeds["quiet"].append(speed(curves))
                ended = threading.Event()
                people = crowd(server.port, ended)
                speeds["busy"].append(speed(curves))
                ended.set()
                for thread in people:
                    thread.join()
    quiet, busy = (statistics.median(values) for values in speeds.values())
    ratios = [statistics.median(together) / statistics.median(alone) for alone, together in rounds]
    alone, together = ([value for times in column for value in times] for column in zip(*rounds, strict=True))
    print(
        line(
            "side_by_side",
            round(busy / quiet, 2),
            "ratio",
            0.7,
            "higher",
            click_ratio=round(statistics.median(ratios), 2),
            click_ratio_target=1.5,
            click_ratios=[round(ratio, 2) for ratio in ratios],
            click_ms={
                name: {"median": round(statistics.median(times), 1), "p95": round(percentile(times, 0.95), 1)}
                for name, times in (("without", alone), ("with", together))
            },
            images_per_second={name: [round(value) for value in values] for name, values in speeds.items()},
            people=PEOPLE,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
