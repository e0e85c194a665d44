"""How long from a click on a cell of the confusion matrix until its images are painted?

    python -m benchmarks.evaluate_click [CLICKS]

A synthetic run with 10,000 test images and 10 classes in Chromium; 24 different cells are clicked. The page measures
itself: from the mouse press until the gallery shows only images of that cell, plus two animation frames.
`server_cpu_ms` is the server's CPU time per click (target 25). `classes_100_ms` and `classes_100_server_cpu_ms` are
the same with 100 classes. The reference is a click on a button of an empty Streamlit page.
"""

import statistics
import sys
from pathlib import Path

from benchmarks.support import reference
from benchmarks.support.answered import cells, made_run, order
from benchmarks.support.browser import VIEW, chromium
from benchmarks.support.report_line import line, percentile, run
from benchmarks.support.server import Server, serve, workplace

CLICKS = 24
WATCH = """
const cell = window.cell = {};
cell.fresh = wanted => { cell.wanted = wanted; cell.pressed = cell.painted = 0; cell.waits = false; };
addEventListener('mousedown', () => { if (cell.wanted && !cell.pressed) cell.pressed = performance.now(); }, true);
const look = () => {
  if (!cell.pressed || cell.painted || cell.waits) return;
  const tiles = [...document.querySelectorAll('.tiles img')];
  if (!tiles.length || !tiles.every(tile => tile.alt.includes(cell.wanted) && tile.complete)) return;
  cell.waits = true;
  requestAnimationFrame(() => requestAnimationFrame(() => { cell.painted = performance.now(); }));
};
new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true});
document.addEventListener('load', look, true);  // an image that came after the last change of the document
"""


def clicks(browser, server: Server, folder: Path, number: int) -> tuple[list[float], float]:
    """Milliseconds of each click, and the server's CPU milliseconds of one."""
    page = browser.new_context(viewport=VIEW).new_page()
    page.add_init_script(WATCH)
    page.goto(f"{server.url}/evaluate?run={folder.name}")
    page.wait_for_selector(".tiles img", timeout=60_000)
    page.wait_for_timeout(1_500)
    field, shown = page.locator(".matrix .field"), order(folder)
    box = field.bounding_box()
    taken, spent = [], 0.0
    for place, (true, predicted) in enumerate(cells(folder)[: number + 2]):
        page.evaluate("wanted => cell.fresh(wanted)", f"true class class {true}, predicted class {predicted} ")
        before = server.cpu_ms()
        down, right = ((shown.index(of) + 0.5) / len(shown) for of in (true, predicted))
        field.click(position={"x": right * box["width"], "y": down * box["height"]})
        page.wait_for_function("cell.painted > 0", timeout=20_000)
        page.wait_for_timeout(500)
        if place >= 2:  # the first two also fill caches
            taken.append(page.evaluate("cell.painted - cell.pressed"))
            spent += server.cpu_ms() - before
    page.context.close()
    return taken, spent / len(taken)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else CLICKS
    with workplace() as environment, chromium() as browser:
        folders = [made_run(environment["IMGCLS_RUNS"], f"made-{classes}", classes) for classes in (10, 100)]
        empty = reference.empty_page_click(environment, browser)
        with serve(environment) as server:
            server.wait()
            few, many = (clicks(browser, server, folder, number) for folder in folders)
    print(
        line(
            "evaluate_click",
            round(statistics.median(few[0]), 1),
            "ms",
            500,
            "lower",
            reference=empty,
            p95_ms=round(percentile(few[0], 0.95), 1),
            server_cpu_ms=round(few[1], 1),
            server_cpu_target=25,
            classes_100_ms=round(statistics.median(many[0]), 1),
            classes_100_server_cpu_ms=round(many[1], 1),
            clicks=len(few[0]),
            images=10_000,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
