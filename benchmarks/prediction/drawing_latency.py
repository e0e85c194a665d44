"""How long after the pen moves is the prediction on screen, while the pen is still down?

    python -m benchmarks.drawing_latency [DRAWINGS] [PEOPLE]

24 digits are drawn with the mouse on the Predict page in Chromium, one movement every 16 ms; 4 and 5 have two strokes,
so when the pen is lifted the check for several digits runs too. The page measures itself: a listener records each
movement and each message to the server, and the bars report when a prediction is painted ("imgcls-painted", two
animation frames after it was set). A movement is answered by the first message sent after it. The value is the median
over all movements, in milliseconds; `lifted_ms` is the time from the last point of a digit to its final prediction.

With PEOPLE (default 10), the same is repeated while the others draw in sessions without a browser, as fast as the
canvas would: `together_ms`. Uses a copy of the run `digits`, or a quick one if there is none. The reference is a click
on an empty Streamlit page.
"""

import itertools
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.support import reference
from benchmarks.support.browser import VIEW, chromium
from benchmarks.support.report_line import line, percentile, run
from benchmarks.support.server import QUICK, Server, copy_runs, python, serve, workplace
from benchmarks.support.session import Session

DRAWINGS = 24
PEOPLE = 10
PACE = 0.016
STROKES = {
    0: "50,5 20,20 12,50 20,80 50,95 80,80 88,50 80,20 50,5",
    1: "50,5 50,50 50,95",
    2: "15,25 30,8 60,5 80,22 75,45 40,75 12,95 50,93 90,95",
    3: "18,12 50,4 78,18 72,38 45,48 75,58 82,78 50,96 15,88",
    4: "60,5 35,35 10,65 50,65 90,65; 68,40 68,70 68,97",
    5: "25,10 22,45 55,40 82,60 65,92 15,90; 25,8 55,8 85,8",
    6: "70,5 35,30 15,65 25,90 55,96 80,80 70,58 40,55 20,70",
    7: "12,8 50,8 90,8 65,45 45,95",
    8: "70,15 45,4 22,18 35,40 65,58 80,80 50,97 20,80 35,58 70,38 74,18 66,10",
    9: "78,22 50,5 22,22 28,48 55,52 78,25 76,60 70,95",
}
OF_ONE_STROKE = [digit for digit, drawn in STROKES.items() if ";" not in drawn]
WATCH = """
const pen = window.pen = {waiting: [], latencies: [], sent: {}, whole: 0, lifted: 0};
for (const kind of ['pointerdown', 'pointermove', 'pointerup']) addEventListener(kind, event => {
  if (event.composedPath()[0].tagName !== 'CANVAS' || (kind === 'pointermove' && !event.buttons)) return;
  const now = performance.now();
  if (kind === 'pointerup') pen.lifted = now; else pen.waiting.push(now);
}, true);
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  // An earlier message may still be under way, so each is known by its number.
  const told = /"number":(\\d+)/.exec(new TextDecoder().decode(data));
  if (told) pen.sent[told[1]] = performance.now();
  return send.call(this, data);
};
addEventListener('imgcls-painted', event => {
  const now = performance.now(), sent = pen.sent[event.detail.number];
  pen.latencies.push(...pen.waiting.filter(moved => moved <= sent).map(moved => now - moved));
  pen.waiting = pen.waiting.filter(moved => moved > sent);
  if (pen.lifted && sent >= pen.lifted) { pen.whole = now - pen.lifted; pen.lifted = 0; }
});
"""


def strokes(digit: int) -> list[list[tuple[float, float]]]:
    """Points along the strokes of a digit, 0 to 100, as many as a hand makes in its time."""
    return [_points(stroke) for stroke in STROKES[digit].split(";")]


def _points(stroke: str) -> list[tuple[float, float]]:
    corners = [tuple(map(float, point.split(","))) for point in stroke.split()]
    parts = itertools.pairwise(corners)
    return [(a + (c - a) * t / 5, b + (d - b) * t / 5) for (a, b), (c, d) in parts for t in range(6)]


def move_pen(
    page, canvas, digit: int, *, pace: float = PACE, before_stroke: Callable[[], object] = lambda: None
) -> None:
    """Draws one digit on a canvas of 280×280 units with the mouse, one movement every `pace` seconds."""
    box = canvas.bounding_box()
    scale = box["width"] / 280
    for stroke in strokes(digit):
        points = [(box["x"] + scale * (70 + 1.4 * x), box["y"] + scale * (50 + 1.8 * y)) for x, y in stroke]
        page.mouse.move(*points[0])
        before_stroke()
        page.mouse.down()
        due = time.monotonic()
        for point in points:
            page.mouse.move(*point)
            due += pace
            time.sleep(max(0, due - time.monotonic()))
        page.mouse.up()


def draw(page, digit: int) -> dict:
    """Draws one digit on the empty canvas: the milliseconds, and whether it was read right."""
    page.evaluate("pen.latencies = []; pen.waiting = []; pen.whole = pen.lifted = 0")
    # What counts is the answer to the last stroke.
    forget = "pen.whole = pen.lifted = 0"
    move_pen(page, page.locator("canvas").first, digit, before_stroke=lambda: page.evaluate(forget))
    page.wait_for_function("pen.whole > 0", timeout=20_000)
    seen = page.evaluate("({latencies: pen.latencies, whole: pen.whole})")
    seen["right"] = page.locator(".prediction").inner_text() == str(digit)
    page.get_by_role("button", name="Clear").click()
    page.wait_for_selector(".prediction", state="detached", timeout=20_000)
    page.wait_for_timeout(300)
    return seen


def draw_all(page, drawings: int) -> list[dict]:
    digits = list(STROKES)
    return [draw(page, digits[number % len(digits)]) for number in range(drawings)]


@contextmanager
def company(server: Server, count: int) -> Iterator[list[float]]:
    """So many people who draw all the time, each with the pauses of the canvas (see `PAUSE` in canvas.js)."""
    ended, spent = threading.Event(), []

    def person(number: int) -> None:
        with Session(server.port) as session:
            session.rerun("predict", "run=digits")
            message = 0
            for digit in itertools.islice(itertools.cycle(OF_ONE_STROKE), number, None):
                points = [[round(70 + 1.4 * x, 1), round(50 + 1.8 * y, 1), 18] for x, y in strokes(digit)[0]]
                for end in range(2, len(points), 3):
                    if ended.is_set():
                        return
                    message += 1
                    began = time.monotonic()
                    session.draw([list(itertools.chain(*points[:end]))], message, is_done=end + 3 >= len(points))
                    took = time.monotonic() - began
                    spent.append(1000 * took)
                    time.sleep(min(0.6 * took, 0.12) + 0.008)  # and half a frame until the browser has it
                time.sleep(0.4)

    threads = [threading.Thread(target=person, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield spent
    finally:
        ended.set()
        for thread in threads:
            thread.join(20)


def main() -> None:
    drawings = int(sys.argv[1]) if len(sys.argv) > 1 else DRAWINGS
    people = int(sys.argv[2]) if len(sys.argv) > 2 else PEOPLE
    together = {}
    with workplace() as environment, chromium() as browser:
        is_shipped = "digits" in copy_runs(environment)
        if not is_shipped:
            python("-m", "imgcls.training", *QUICK, "--id", "digits", environment=environment)
        empty = reference.empty_page_click(environment, browser)
        with serve(environment) as server:
            server.wait()
            page = browser.new_context(viewport=VIEW).new_page()
            page.add_init_script(WATCH)
            page.goto(f"{server.url}/predict?run=digits")
            page.locator("canvas").first.wait_for(timeout=60_000)
            page.wait_for_timeout(2_000)
            draw(page, 7)  # the first one also loads the model
            rows = draw_all(page, drawings)
            if people > 1:
                with company(server, people - 1) as spent:
                    page.wait_for_timeout(1_500)
                    found = [value for row in draw_all(page, drawings) for value in row["latencies"]]
                together = {
                    "people": people,
                    "together_ms": round(statistics.median(found), 1),
                    "together_target_ms": 250,
                    "together_p95_ms": round(percentile(found, 0.95), 1),
                    "others_answered_ms": round(statistics.median(spent), 1),
                }
    latencies = [value for row in rows for value in row["latencies"]]
    print(
        line(
            "drawing_latency",
            round(statistics.median(latencies), 1),
            "ms",
            100,
            "lower",
            reference=empty,
            p95_ms=round(percentile(latencies, 0.95), 1),
            p95_target_ms=200,
            longest_ms=round(max(latencies), 1),
            lifted_ms=round(statistics.median(row["whole"] for row in rows), 1),
            movements=len(latencies),
            drawings=drawings,
            read_right=sum(row["right"] for row in rows),
            **together,
            model="shipped" if is_shipped else "two epochs of mnist_sample",
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
