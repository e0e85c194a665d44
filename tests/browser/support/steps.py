"""What a user does and sees on the pages."""

import json
import re
import time

from playwright.sync_api import Locator, Page, expect

SLOW = 120_000
"""How long the page may take for anything, in ms: no test measures time."""
TRAINED = 300_000
"""How long a small training run may take, from Start to its model."""
PAGES = {
    "/": "Train, understand and try",
    "/data": "Data",
    "/train": "Train a model",
    "/runs": "Runs",
    "/evaluate": "Evaluate",
    "/predict": "Predict",
}
"""The URL path of each page and the start of its heading."""


def main(page: Page) -> Locator:
    return page.get_by_test_id("stMain")


def settled(page: Page) -> None:
    """Waits until every click has been answered, the script has finished, and no element is stale or a skeleton.

    The page draws an answer a little later, with new and old elements side by side: it has to look like this for some
    frames without a further message, or, where messages keep coming, for a second in all.
    """
    page.wait_for_function(
        """call => {
            const app = document.querySelector('[data-testid=stApp]');
            const {testScriptState, testConnectionState} = app ? app.dataset : {};
            const isSettled = serverHasAnswered()
                && testScriptState === 'notRunning' && testConnectionState === 'CONNECTED'
                && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]');
            const seen = window.settled && window.settled.call === call ? window.settled : {total: 0};
            const hasStayed = isSettled && seen.answers === serverAnswers();
            window.settled = {
                call,
                answers: serverAnswers(),
                frames: hasStayed ? seen.frames + 1 : 0,
                since: hasStayed ? seen.since : performance.now(),
                total: seen.total + isSettled,
            };
            const isQuiet = window.settled.frames > 5 && performance.now() - window.settled.since > 150;
            return isQuiet || (isSettled && window.settled.total > 60);
        }""",
        arg=time.monotonic_ns(),
        timeout=SLOW,
    )


def shows(page: Page, heading: str) -> None:
    """Waits until the page with this heading is completely rendered."""
    expect(main(page).locator("h1").filter(has_text=heading)).to_be_visible(timeout=SLOW)
    settled(page)


def button(page: Page, name: str) -> Locator:
    """A button of the page itself: Streamlit's header has its own "Stop" while a script runs, and each of its select
    boxes an "Open"."""
    buttons = main(page).get_by_role("button", name=name, exact=True)
    return buttons.and_(page.locator(":not([aria-haspopup=listbox])"))


def next_step(page: Page) -> Locator:
    """The button of a lesson that goes on. For a moment, that of the step before stands behind it."""
    return page.locator(".st-key-lesson [class*=st-key-lesson-next-] button").first


def finish(page: Page, what: str) -> Locator:
    """A large button below the result of a run: "try", "mistakes" or "home"."""
    return main(page).locator(f".st-key-finish-{what} button")


def click_start(page: Page) -> str:
    """Clicks Start and returns the run ID from the URL."""
    button(page, "Start").click()
    return named_run(page)


def named_run(page: Page) -> str:
    page.wait_for_url(re.compile(r"[?&]run="), timeout=SLOW)
    return re.search(r"[?&]run=([^&]+)", page.url)[1]


def trains(page: Page, timeout: int = TRAINED) -> None:
    """Waits until the live view counts epochs."""
    expect(main(page)).to_contain_text(re.compile(r"Epoch \d+ of \d+"), timeout=timeout)


def epoch(page: Page) -> int:
    """The epoch shown in the live view; 0 if it shows none."""
    found = re.search(r"Epoch (\d+) of \d+", main(page).inner_text())
    return int(found[1]) if found else 0


def points(page: Page) -> int:
    """The points of all lines of the first curve on the page; 0 while it is being drawn."""
    return page.evaluate(
        """() => {
            const plot = document.querySelector('.js-plotly-plot');
            const lines = (plot && plot._fullData) || [];
            return lines.reduce((sum, line) => sum + ((line.x && line.x.length) || 0), 0);
        }"""
    )


def lines(page: Page, place: int) -> list[str]:
    """The names of the lines of a curve that have points."""
    return page.evaluate(
        """place => ((document.querySelectorAll('.js-plotly-plot')[place] || {})._fullData || [])
            .filter(line => line.x && line.x.length > 1).map(line => line.name)""",
        place,
    )


def metrics_of(folder) -> list[dict]:
    """The complete lines of a run's metrics log."""
    text = (folder / "metrics.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
