"""What every page keeps to: nothing moves while it loads, and nothing is wider than a phone."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import shipped_runs
from tests.browser.support import steps

MOST_SHIFT = 0.05
DESKTOP, PHONE, NARROW = ({"width": 1280, "height": 720}, {"width": 390, "height": 844}, {"width": 320, "height": 640})
PAGES = {
    "/": "Train, understand and try",
    "/data": "Data",
    "/train": "Train a model",
    "/train?run=fashion": "Fashion",
    "/studies": "Studies",
    "/runs": "Runs",
    "/evaluate?run=fashion": "Evaluate",
    "/predict": "Predict",
}
RECORD = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            const moves = one.sources.map(({node, previousRect, currentRect}) =>
                `${(node && (node.className || node.nodeName)) || '?'} ${previousRect.y}→${currentRect.y}`);
            if (!one.hadRecentInput) window.shifts.push([one.value, moves.slice(0, 3).join(' | ')]);
        }
    }).observe({type: 'layout-shift', buffered: true});
}"""


def opened(visit, server, path: str, **options) -> Page:
    page = visit(server, path, init_script=f"({RECORD})()", **options)
    steps.shows(page, PAGES[path])
    page.wait_for_timeout(1500)  # components that are loaded last
    steps.settled(page)
    return page


@pytest.mark.parametrize("view", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_moves_while_a_page_loads(path, view, visit, server):
    assert shipped_runs(), "the pages are tested with the models that ship"
    opened(visit, server, path, viewport=view)  # the first visit also waits for the server's imports
    page = opened(visit, server, path, viewport=view)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < MOST_SHIFT, shifts


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_not_wider_than_a_narrow_phone(path, visit, server):
    page = opened(visit, server, path, viewport=NARROW)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= NARROW["width"]
