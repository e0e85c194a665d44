"""How many images per second does the pages' code classify, compared with the bare interpreter?

    python -m benchmarks.predict_throughput [SECONDS]

The function behind every prediction of the Predict page, in batches of 1 and 64, against LiteRT's interpreter alone
with the same model, images and a single thread. Both take turns, SECONDS (default 4) in total for each. The value is
the smaller of the two ratios divided by their targets (0.5 for one image, 0.9 for 64), so 1 or more reaches both. Uses
the run `digits`, or the newest trained run if there is none.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.support.report_line import Missing, line, run
from imgcls import inference, runs

SECONDS = 4.0
ROUNDS = 20
TARGETS = {1: 0.5, 64: 0.9}


def pace(answer: Callable[[np.ndarray], np.ndarray], images: np.ndarray, batch: int, seconds: float) -> float:
    """Pictures a second."""
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        start = done % (len(images) - batch + 1)
        answer(images[start : start + batch])
        done += batch
    return done / spent


def bare(path, batch: int) -> Callable[[np.ndarray], np.ndarray]:
    """The interpreter alone, its memory laid out for this batch."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=path.read_bytes(), num_threads=1)
    given, got = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    shape = interpreter.get_input_details()[0]["shape_signature"][1:].tolist()
    interpreter.resize_tensor_input(given, (batch, *shape))
    interpreter.allocate_tensors()

    def answer(images: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(given, images)
        interpreter.invoke()
        return interpreter.get_tensor(got)

    return answer


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    ready = [entry for entry in runs.all_runs() if entry.is_ready]
    if not ready:
        raise Missing("There is no trained model: train one first.")
    chosen = next((entry for entry in ready if entry.id == "digits"), ready[0])
    card = chosen.card
    images = np.random.default_rng(0).integers(0, 256, (256, *card.shape), dtype=np.uint8)
    seen, margins = {}, []
    for batch, target in TARGETS.items():
        ways = {
            "page": lambda part: inference.classify(chosen, card, part),
            "bare": bare(chosen.folder / "model.tflite", batch),
        }
        if not np.allclose(ways["page"](images[:batch]), ways["bare"](images[:batch]), atol=1e-5):
            raise Missing("Page and interpreter do not give the same answers.")
        paces = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, answer in ways.items():
                paces[name].append(pace(answer, images, batch, seconds / ROUNDS))
        ratio = statistics.median(a / b for a, b in zip(paces["page"], paces["bare"], strict=True))
        margins.append(ratio / target)
        seen |= {
            f"ratio_{batch}": round(ratio, 3),
            f"target_{batch}": target,
            f"page_{batch}": round(statistics.median(paces["page"])),
            f"bare_{batch}": round(statistics.median(paces["bare"])),
        }
    print(line("predict_throughput", round(min(margins), 3), "of target", 1.0, "higher", **seen, run=chosen.id))


if __name__ == "__main__":
    sys.exit(run(main))
