"""How long does it take to attribute a prediction to the strokes of a drawing?

    python -m benchmarks.stroke_attribution [ROUNDS]

The page's own code without a browser: each stroke (or each piece of a single one) is removed, and the rest is
rendered, prepared and classified. Eight digits in a single stroke and the same in four strokes, 20 rounds (default);
the value is the 95th percentile in milliseconds. Uses the run `digits`, or the newest model of drawings. The reference
is one prediction of the bare interpreter.
"""

import statistics
import sys
import time

import numpy as np

from benchmarks.drawing_latency import OF_ONE_STROKE, strokes
from benchmarks.support import reference
from benchmarks.support.report_line import Missing, line, percentile, run
from imgcls import inference, runs
from imgcls.images.canvas_strokes import Handwriting, from_message
from imgcls.inference.explain import stroke_attribution

ROUNDS = 20


def drawing(digit: int, count: int) -> Handwriting:
    """A digit in so many strokes."""
    numbers = [number for x, y in strokes(digit)[0] for number in (70 + 1.4 * x, 50 + 1.8 * y, 18)]
    whole = from_message({"strokes": [numbers]}).strokes[0]
    return Handwriting(tuple(np.array_split(whole, count)))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    ready = [entry for entry in runs.all_runs() if entry.is_ready and entry.card.is_ink]
    if not ready:
        raise Missing("There is no trained model of drawn things: train one on digits first.")
    chosen = next((entry for entry in ready if entry.id == "digits"), ready[0])
    card = chosen.card
    spent = {1: [], 4: []}
    for _ in range(rounds):
        for digit in OF_ONE_STROKE:
            for count, times in spent.items():
                drawn = drawing(digit, count)
                answer = inference.answer(chosen, drawn, card=card)
                began = time.perf_counter()
                found = stroke_attribution.contributions(chosen, card, drawn, answer.probabilities)
                times.append(1000 * (time.perf_counter() - began))
                if not found:
                    raise Missing("A drawing was not taken apart.")
    every = spent[1] + spent[4]
    pixels = np.zeros((1, *card.shape), np.uint8)
    bare = reference.bare_interpreter(chosen.folder / "model.tflite", pixels)
    print(
        line(
            "stroke_attribution",
            round(percentile(every, 0.95), 1),
            "ms",
            150,
            "lower",
            reference=bare,
            median_ms=round(statistics.median(every), 1),
            one_stroke_ms=round(statistics.median(spent[1]), 1),
            four_strokes_ms=round(statistics.median(spent[4]), 1),
            drawings=len(every),
            run=chosen.id,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
