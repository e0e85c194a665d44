"""How long until the home page is painted, compared with an empty Streamlit app?

    python -m benchmarks.first_paint [PAIRS]

From the start of the server process until the heading is visible in Chromium, divided by the same for a one-line app
with the same Streamlit settings. The browser is already running and each visit has an empty cache. Both apps take
turns (5 pairs, after one warm-up pair); the value is the median of the ratios. The home page lists copies of the
trained runs.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.support.browser import VIEW, chromium
from benchmarks.support.report_line import line, medians, run
from benchmarks.support.server import copy_runs, serve, workplace

PAIRS = 5


def visit(browser, environment: dict[str, str], script: str | Path) -> dict[str, float]:
    """Seconds until the server takes connections, and until the heading of its first page is painted."""
    context = browser.new_context(viewport=VIEW)
    page = context.new_page()
    began = time.perf_counter()
    with serve(environment, script) as server:
        server.wait()
        is_open = time.perf_counter() - began
        page.goto(server.url, wait_until="commit")
        page.locator("h1").first.wait_for(state="visible", timeout=60_000)
        painted = time.perf_counter() - began
        context.close()
    return {"open": is_open, "painted": painted}


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    ours, empty = [], []
    with workplace() as environment, chromium() as browser, tempfile.TemporaryDirectory() as folder:
        copied = copy_runs(environment)
        script = Path(folder, "empty.py")
        script.write_text('import streamlit as st\n\nst.title("empty")\n', "utf-8")
        for number in range(pairs + 1):
            pair = visit(browser, environment, "app.py"), visit(browser, environment, script)
            if number:
                ours.append(pair[0])
                empty.append(pair[1])
    ratios = [a["painted"] / b["painted"] for a, b in zip(ours, empty, strict=True)]
    print(
        line(
            "first_paint",
            round(statistics.median(ratios), 2),
            "ratio",
            1.5,
            "lower",
            ratios=[round(ratio, 2) for ratio in ratios],
            app_s=medians(ours, 2),
            empty_s=medians(empty, 2),
            runs_listed=len(copied),
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
