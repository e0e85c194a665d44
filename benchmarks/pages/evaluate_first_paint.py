"""How long until the Evaluate page shows the matrix and images of a run, and what do five runs cost in memory?

    python -m benchmarks.evaluate_first_paint [RUNS]

Five synthetic runs of 10,000 test images with 10 classes and five with 100, each opened by a new visitor for the first
time since the server started: from the request until matrix and gallery are painted in Chromium. The value is the
larger median, in seconds. `again_s` is the same for runs opened before. `memory_mb` is the server's memory with all of
them open (target 400). The reference is the first paint of an empty Streamlit page on a running server.
"""

import statistics
import sys
import time
from pathlib import Path

from benchmarks.support import reference
from benchmarks.support.answered import made_run
from benchmarks.support.browser import VIEW, chromium
from benchmarks.support.report_line import line, run
from benchmarks.support.server import Server, serve, workplace

RUNS = 5
PAINTED = """() => {
    const parts = document.querySelectorAll('[class*=st-key-matrix-] *');
    const isDrawn = [...parts].some(part => part.shadowRoot?.querySelector('.field b'));
    return isDrawn && document.querySelector('.tiles img')?.complete;
}"""
"""The matrix is in a shadow root, which a selector does not look into."""


def visit(browser, server: Server, run_id: str) -> float:
    """Seconds until this run's matrix and images are there, for a visitor who was never here."""
    context = browser.new_context(viewport=VIEW)
    page = context.new_page()
    began = time.perf_counter()
    page.goto(f"{server.url}/evaluate?run={run_id}", wait_until="commit")
    page.wait_for_function(PAINTED, timeout=60_000, polling="raf")
    taken = time.perf_counter() - began
    context.close()
    return taken


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    first: dict[int, list[float]] = {}
    again: dict[int, list[float]] = {}
    with workplace() as environment, chromium() as browser:
        runs = Path(environment["IMGCLS_RUNS"])
        ids = {
            classes: [made_run(runs, f"made-{classes}-{seed}", classes, seed).name for seed in range(number + 1)]
            for classes in (10, 100)
        }
        empty = reference.empty_page_paint(environment, browser)
        with serve(environment) as server:
            server.wait()
            visit(browser, server, ids[10].pop())  # the page's modules are imported
            ids[100].pop()
            memory = {"nothing looked at": server.process.memory_info().rss / 1e6}
            for classes, of in ids.items():
                first[classes] = [visit(browser, server, run_id) for run_id in of]
                memory[f"{number} runs of {classes} classes"] = server.process.memory_info().rss / 1e6
                again[classes] = [visit(browser, server, run_id) for run_id in of]
    medians = {classes: round(statistics.median(taken), 2) for classes, taken in first.items()}
    print(
        line(
            "evaluate_first_paint",
            max(medians.values()),
            "s",
            2,
            "lower",
            reference=empty,
            classes_s=medians,
            longest_s=round(max(map(max, first.values())), 2),
            again_s={classes: round(statistics.median(taken), 2) for classes, taken in again.items()},
            memory_mb=round(max(memory.values())),
            memory_target_mb=400,
            memory_by_step_mb={step: round(value) for step, value in memory.items()},
            runs=number,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
