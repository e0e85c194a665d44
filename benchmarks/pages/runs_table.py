"""Does the table of runs stay quick with 1,000 rows?

    python -m benchmarks.runs_table [RUNS]

Chromium opens the Runs page with 1,000 synthetic finished runs as a table. The value is the slower of two waits, in
milliseconds, each the median of `ROUNDS` visits: `filter_ms`, from Enter in the search field until the filtered table
is painted and the page is done, and `select_ms`, from a click on the box of a row until its actions are there.
`open_ms` is from the navigation until the table is painted, and `open_empty_ms` the same for an empty Streamlit page.
`frame_p95_ms` is the time between two frames while the table is scrolled to its end. The reference is a click on a
button of an empty Streamlit page.
"""

import statistics
import sys
import time
from pathlib import Path

from benchmarks.data_and_evaluation.runs_10k import made
from benchmarks.support import reference
from benchmarks.support.browser import VIEW, chromium
from benchmarks.support.report_line import line, percentile, run
from benchmarks.support.server import Server, serve, workplace

RUNS, ROUNDS = 1_000, 3
TARGET_MS = 1_000
WAIT_MS = 60_000
DONE = """caption => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
  && document.querySelector('[data-testid=stDataFrame] canvas')?.width > 100
  && [...document.querySelectorAll('[data-testid=stCaptionContainer]')].some(one => one.innerText.includes(caption))"""
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SCROLL = """async grid => {
  const scroller = grid.querySelector('.dvn-scroller'), gaps = [];
  const step = scroller.scrollHeight / 120;
  let last = await new Promise(requestAnimationFrame);
  while (scroller.scrollTop + scroller.clientHeight < scroller.scrollHeight - 1 && gaps.length < 400) {
    scroller.scrollTop += step;
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return gaps;
}"""
FIRST_BOX = {"x": 18, "y": 57}
"""In the table: the box of the first row, below the header."""


def visit(browser, server: Server, number: int) -> tuple[float, float, float, list[float]]:
    """Milliseconds until the page is open, filtered, and a row selected; and between the frames of scrolling."""
    page = browser.new_context(viewport=VIEW).new_page()
    page.set_default_timeout(WAIT_MS)

    def seconds_until(caption: str) -> float:
        page.wait_for_function(DONE, arg=caption)
        page.evaluate(PAINTED)
        return time.monotonic()

    began = time.monotonic()
    page.goto(f"{server.url}/runs?layout=Table")
    opened = seconds_until(f"{number:,} runs") - began
    grid = page.locator("[data-testid=stDataFrame]").first
    gaps = grid.evaluate(SCROLL)
    field = page.get_by_role("textbox").first
    field.fill("model=cnn test>0.9")
    began = time.monotonic()
    field.press("Enter")
    filtered = seconds_until(f" of {number:,}") - began
    began = time.monotonic()
    grid.click(position=FIRST_BOX)
    page.get_by_role("button", name="Rename").wait_for()
    page.evaluate(PAINTED)
    selected = time.monotonic() - began
    page.context.close()
    return 1000 * opened, 1000 * filtered, 1000 * selected, gaps


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with workplace() as environment, chromium() as browser:
        for one in range(number):
            made(Path(environment["IMGCLS_RUNS"]), one)
        empty = reference.empty_page_click(environment, browser)
        empty_paint = reference.empty_page_paint(environment, browser)
        with serve(environment) as server:
            server.wait()
            visit(browser, server, number)  # the index of the runs is made
            opened, filtered, selected, gaps = zip(
                *(visit(browser, server, number) for _ in range(ROUNDS)), strict=True
            )
    waits = {"filter_ms": round(statistics.median(filtered)), "select_ms": round(statistics.median(selected))}
    frames = [gap for visited in gaps for gap in visited]
    print(
        line(
            "runs_table",
            max(waits.values()),
            "ms",
            TARGET_MS,
            "lower",
            reference=empty,
            **waits,
            open_ms=round(statistics.median(opened)),
            open_empty_ms=round(1000 * empty_paint.value),
            frame_p95_ms=round(percentile(frames, 0.95)),
            frames=len(frames),
            runs=number,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
