"""How many predictions per second does the live webcam get?

    python -m benchmarks.live_rate [SECONDS]

Chromium's test camera (a moving image with a clock) on the Predict page, for SECONDS (default 15) per model: colour
photos (`cifar10`) and handwriting (`digits`, which searches the whole frame for ink first). The page reports each
prediction ("imgcls-answered"). The value is the smaller rate. The camera sends at most one frame per 180 ms (`PAUSE`
in webcam.js), so the maximum is 5.6. Needs the shipped runs `cifar10` and `digits`.
"""

import sys

from benchmarks.support import reference
from benchmarks.support.browser import VIEW, chromium
from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.server import copy_runs, serve, workplace

SECONDS = 15
MODELS = ("cifar10", "digits")
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
COUNT = "window.answers = 0; addEventListener('imgcls-answered', () => { window.answers += 1; })"


def rate(browser, url: str, seconds: float) -> float:
    """Answers a second on this page."""
    context = browser.new_context(viewport=VIEW, permissions=["camera"])
    page = context.new_page()
    page.add_init_script(COUNT)
    page.goto(url)
    page.get_by_role("radio", name="Live").click(timeout=60_000)
    page.get_by_role("button", name="Start the camera").click()
    page.wait_for_function("window.answers >= 5", timeout=60_000)  # the first ones also load the model
    before = page.evaluate("[window.answers, performance.now()]")
    page.wait_for_timeout(1000 * seconds)
    after = page.evaluate("[window.answers, performance.now()]")
    context.close()
    return (after[0] - before[0]) / (after[1] - before[1]) * 1000


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with workplace() as environment, chromium(*CAMERA) as browser:
        missing = set(MODELS) - set(copy_runs(environment))
        if missing:
            raise Missing(f"There is no run {' and no run '.join(sorted(missing))}.")
        empty = reference.empty_page_click(environment, browser)
        with serve(environment) as server:
            server.wait()
            rates = {
                model: round(rate(browser, f"{server.url}/predict?run={model}&mode=Upload", seconds), 2)
                for model in MODELS
            }
    # The reference is a time and this is a rate: the ratio is how many empty clicks fit into one prediction.
    beside = {
        "ratio_to_reference": round(empty.ratio(1000 / min(rates.values()), "ms"), 3),
        "reference": empty.as_dict(),
    }
    print(
        line(
            "live_rate", min(rates.values()), "answers a second", 4.5, "higher", rates=rates, seconds=seconds, **beside
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
