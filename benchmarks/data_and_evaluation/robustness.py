"""How long does a robustness evaluation take, and do the pages notice it?

    python -m benchmarks.robustness

A default `cnn`, trained for two epochs, classifies 1,000 test images (28×28) under 40 corruptions, in the process that
the Evaluate page starts. The value is that process's CPU time in seconds, imports included; it uses one core. `wall_s`
is wall time. `click_ratio` is the median rerun time of a page (Evaluate and Runs alternately) while it runs, divided
by the same without it.
"""

import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil

from benchmarks.support import reference
from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.server import QUICK, REPOSITORY, python, serve, workplace
from benchmarks.support.session import Session

PAGES = ("evaluate", "runs")
REST_SECONDS = 0.1
CLICKS = 40


def click(session: Session, number: int) -> float:
    start = time.perf_counter()
    session.rerun(PAGES[number % len(PAGES)])
    took = 1000 * (time.perf_counter() - start)
    time.sleep(REST_SECONDS)
    return took


def asked(environment: dict[str, str], session: Session | None) -> tuple[float, float, list[float]]:
    """Processor seconds, seconds, and the clicks meanwhile, of one process that asks."""
    folder = Path(environment["IMGCLS_RUNS"], "asked")
    (folder / "robustness.npz").unlink(missing_ok=True)
    start, spent, clicks = time.perf_counter(), 0.0, []
    child = subprocess.Popen(
        [sys.executable, "-m", "imgcls.evaluation.robustness", str(folder)],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process = psutil.Process(child.pid)
        while child.poll() is None:
            with suppress(psutil.Error):  # it may end between the two looks
                times = process.cpu_times()
                spent = max(spent, times.user + times.system)
            if session is not None:
                clicks.append(click(session, len(clicks)))
            else:
                time.sleep(0.02)
    finally:
        child.kill()
        child.wait()
    if not (folder / "robustness.npz").exists():
        said = folder / "robustness.progress.json"
        raise Missing(f"The model was not asked: {said.read_text('utf-8') if said.exists() else 'no words'}")
    return spent, time.perf_counter() - start, clicks


def bare_predictions(folder: Path) -> reference.Reference:
    """Seconds in which the bare interpreter answers the same images in as many conditions, one at a time."""
    with np.load(folder / "gallery.npz", allow_pickle=False) as file:
        one = reference.bare_interpreter(folder / "model.tflite", file["pictures"])
    return reference.Reference("bare interpreter, the same number of predictions", one.value * 40 * 1000 / 1000, "s")


def main() -> None:
    with workplace() as environment:
        python("-m", "imgcls.training", *QUICK, "--id", "asked", environment=environment)
        spent, wall, _ = asked(environment, None)
        bare = bare_predictions(Path(environment["IMGCLS_RUNS"], "asked"))
        with serve(environment) as server:
            server.wait()
            with Session(server.port) as session:
                for page in (*PAGES, *PAGES):
                    session.rerun(page)
                before = [click(session, number) for number in range(CLICKS)]
                _, _, during = asked(environment, session)
    print(
        line(
            "robustness",
            round(spent, 1),
            "s",
            60,
            "lower",
            reference=bare,
            wall_s=round(wall, 1),
            click_ratio=round(statistics.median(during) / statistics.median(before), 2),
            click_ms={
                "without": round(statistics.median(before), 1),
                "with": round(statistics.median(during), 1),
                "clicks": [len(before), len(during)],
            },
            conditions=40,
            images=1000,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
