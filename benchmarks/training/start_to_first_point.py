"""How long from pressing Start to the first live point on the page?

    python -m benchmarks.start_to_first_point [STARTS]

In Chromium with the default settings: from the click on Start until the page shows the training accuracy of the first
batches. With the standby trainer, which opening the Train page starts (12 s here), and without. The value is the
median with the standby trainer; `cold_ratio` is the median without it, divided by the reference, an import of
TensorFlow and Keras.
"""

import statistics
import sys
import time

from benchmarks.support import reference
from benchmarks.support.browser import VIEW, chromium
from benchmarks.support.report_line import line, run
from benchmarks.support.server import serve
from benchmarks.support.trainings import own_queue
from imgcls import jobs, runs

STARTS = 5
FORM_SECONDS = 12.0
POINT = r"() => /Training accuracy[^%]*?\d%/.test(document.querySelector('[data-testid=stMain]').innerText)"


def starts(number: int, *, standby: bool) -> list[float]:
    """Seconds from each click to its first point."""
    times = []
    with own_queue(standby=standby) as environment, chromium() as browser, serve(environment) as server:
        server.wait()
        for _ in range(number):
            context = browser.new_context(viewport=VIEW)
            page = context.new_page()
            page.goto(f"{server.url}/train")
            button = page.get_by_role("button", name="Start", exact=True)
            button.wait_for(timeout=60_000)
            time.sleep(FORM_SECONDS if standby else 1.0)
            clicked = time.perf_counter()
            button.click()
            page.wait_for_function(POINT, polling=20, timeout=120_000)
            times.append(time.perf_counter() - clicked)
            context.close()
            for training in runs.all_runs():
                jobs.delete(training)
    return times


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else STARTS
    with own_queue() as environment:
        imported = reference.tensorflow_import(environment)
    warm, cold = starts(number, standby=True), starts(number, standby=False)
    print(
        line(
            "start_to_first_point",
            round(statistics.median(warm), 2),
            "s",
            1.5,
            "lower",
            reference=imported,
            warm_s=[round(seconds, 2) for seconds in warm],
            cold_s=[round(seconds, 2) for seconds in cold],
            cold_ratio=round(statistics.median(cold) / imported.value, 2),
            cold_ratio_target=1.3,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
