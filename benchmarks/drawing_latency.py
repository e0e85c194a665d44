"""How long after the pen is lifted stands the answer on the screen?

    python -m benchmarks.drawing_latency [DRAWINGS]

Digits of a single stroke are drawn with the mouse on the Predict page in Chromium (24 of them, Clear between them). The
page itself takes the times: a listener notes when the pen is lifted, an observer of the document when the answer
appears, and two animation frames later it is painted. `sent_ms` is the part of it until the browser sends the drawing
(the canvas component waits 200 ms for another stroke), `server_ms` from there to the last message before the answer.
It asks a copy of the run `digits`, or of one trained for the purpose in two epochs where there is none.
"""

import statistics
import sys

from benchmarks._browser import VIEW, chromium
from benchmarks._report import line, medians, percentile, run
from benchmarks._server import QUICK, copy_runs, python, serve, workplace

DRAWINGS = 24
STROKES = {
    0: "50,5 20,20 12,50 20,80 50,95 80,80 88,50 80,20 50,5",
    1: "50,5 50,50 50,95",
    2: "15,25 30,8 60,5 80,22 75,45 40,75 12,95 50,93 90,95",
    3: "18,12 50,4 78,18 72,38 45,48 75,58 82,78 50,96 15,88",
    6: "70,5 35,30 15,65 25,90 55,96 80,80 70,58 40,55 20,70",
    7: "12,8 50,8 90,8 65,45 45,95",
    8: "70,15 45,4 22,18 35,40 65,58 80,80 50,97 20,80 35,58 70,38 74,18 66,10",
    9: "78,22 50,5 22,22 28,48 55,52 78,25 76,60 70,95",
}
WATCH = """
const pen = window.pen = {};
window.pen.fresh = () => { for (const key of ['lifted', 'sent', 'received', 'painted']) pen[key] = 0; };
pen.fresh();
for (const kind of ['pointerup', 'mouseup']) addEventListener(kind, event => {
  if (event.composedPath()[0].tagName === 'CANVAS' && !pen.lifted) pen.lifted = performance.now();
}, true);
const send = WebSocket.prototype.send, heard = new WeakSet();
WebSocket.prototype.send = function (data) {
  if (pen.lifted && !pen.sent) pen.sent = performance.now();
  if (!heard.has(this)) {
    heard.add(this);
    this.addEventListener('message', () => { if (pen.sent && !pen.seen) pen.received = performance.now(); });
  }
  return send.call(this, data);
};
new MutationObserver(() => {
  if (!pen.lifted || pen.painted || pen.waits || !document.querySelector('.answer')) return;
  pen.waits = true;
  requestAnimationFrame(() => requestAnimationFrame(() => { pen.painted = performance.now(); pen.waits = false; }));
}).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""
RECEIVED_BEFORE = "new MutationObserver(() => { pen.seen = !!document.querySelector('.answer'); })"
WATCH += f"{RECEIVED_BEFORE}.observe(document, {{subtree: true, childList: true}});"


def draw(page, digit: int) -> dict[str, float]:
    """Draws one digit on the empty canvas: the milliseconds, and whether it was read right."""
    page.evaluate("pen.fresh()")
    box = page.locator("canvas").last.bounding_box()
    points = [tuple(map(float, point.split(","))) for point in STROKES[digit].split()]
    places = [(box["x"] + 70 + 1.4 * x, box["y"] + 50 + 1.8 * y) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places:
        page.mouse.move(*place, steps=3)
    page.mouse.up()
    page.wait_for_function("pen.painted > 0", timeout=20_000)
    pen = page.evaluate("({...pen})")
    answer = page.locator(".answer").inner_text()
    page.get_by_role("button", name="Clear").click()
    page.wait_for_selector(".answer", state="detached", timeout=20_000)
    page.wait_for_timeout(700)  # the new canvas is in its place, and the browser at rest
    return {
        "painted_ms": pen["painted"] - pen["lifted"],
        "sent_ms": pen["sent"] - pen["lifted"],
        "server_ms": pen["received"] - pen["sent"],
        "right": float(answer == str(digit)),
    }


def main() -> None:
    drawings = int(sys.argv[1]) if len(sys.argv) > 1 else DRAWINGS
    digits = list(STROKES)
    with workplace() as environment, chromium() as browser:
        is_shipped = "digits" in copy_runs(environment)
        if not is_shipped:
            python("-m", "imgcls.training", *QUICK, "--id", "digits", environment=environment)
        with serve(environment) as server:
            server.wait()
            page = browser.new_context(viewport=VIEW).new_page()
            page.add_init_script(WATCH)
            page.goto(f"{server.url}/predict?run=digits")
            page.locator("canvas").last.wait_for(timeout=60_000)
            page.wait_for_timeout(2_000)
            draw(page, 7)  # the first one also loads the model
            rows = [draw(page, digits[number % len(digits)]) for number in range(drawings)]
    painted = [row["painted_ms"] for row in rows]
    parts = medians(rows)
    print(
        line(
            "drawing_latency",
            round(statistics.median(painted), 1),
            "ms",
            300,
            "lower",
            p95_ms=round(percentile(painted, 0.95), 1),
            longest_ms=round(max(painted), 1),
            sent_ms=parts["sent_ms"],
            server_ms=parts["server_ms"],
            drawings=drawings,
            read_right=round(sum(row["right"] for row in rows)),
            model="shipped" if is_shipped else "two epochs of mnist_sample",
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
