"""How many images per second does the pages' code classify, compared with the bare interpreter?

    python -m benchmarks.predict_throughput [SECONDS]

The function behind every prediction of the Predict page, in batches of 1 and 64, against LiteRT's interpreter alone
with the same model file, images and a single thread, and with the float32 file. They take turns, SECONDS (default 4)
in total for each. The value is the smaller of the two ratios divided by their targets (0.5 for one image, 0.9 for 64),
so 1 or more reaches both. `gain_1` and `gain_64` say how many times as fast the page is as the bare float32 model
(target 2.5 where the 8-bit model answers; `weights` says whether it does). Uses the run `digits`, or the newest trained
run if there is none.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.support.report_line import Missing, line, run
from imgcls import inference, runs
from imgcls.inference import served_model

SECONDS = 4.0
ROUNDS = 20
TARGETS = {1: 0.5, 64: 0.9}


def pace(answer: Callable[[np.ndarray], np.ndarray], images: np.ndarray, batch: int, seconds: float) -> float:
    """Images per second."""
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        start = done % (len(images) - batch + 1)
        answer(images[start : start + batch])
        done += batch
    return done / spent


def bare(path: Path, batch: int, classes: int) -> Callable[[np.ndarray], np.ndarray]:
    """The interpreter alone, its memory laid out for this batch."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=path.read_bytes(), num_threads=1)
    given = interpreter.get_input_details()[0]["index"]
    # An 8-bit model has the features as another output.
    got = next(one["index"] for one in interpreter.get_output_details() if one["shape"][-1] == classes)
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
    is_8_bit = served_model.of(chosen) is not None
    answering = chosen.folder / (served_model.NAME if is_8_bit else "model.tflite")
    seen, margins = {}, []
    for batch, target in TARGETS.items():
        ways = {
            "page": lambda part: inference.classify(chosen, card, part),
            "bare": bare(answering, batch, len(card.classes)),
            "float32": bare(chosen.folder / "model.tflite", batch, len(card.classes)),
        }
        if not np.allclose(ways["page"](images[:batch]), ways["bare"](images[:batch]), atol=1e-5):
            raise Missing("Page and interpreter do not give the same answers.")
        paces = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, answer in ways.items():
                paces[name].append(pace(answer, images, batch, seconds / ROUNDS))
        ratio, gain = (
            statistics.median(a / b for a, b in zip(paces["page"], paces[other], strict=True))
            for other in ("bare", "float32")
        )
        margins.append(ratio / target)
        seen |= {
            f"ratio_{batch}": round(ratio, 3),
            f"target_{batch}": target,
            f"page_{batch}": round(statistics.median(paces["page"])),
            f"bare_{batch}": round(statistics.median(paces["bare"])),
            f"gain_{batch}": round(gain, 2),
        }
    seen |= {"weights": "8-bit" if is_8_bit else "float32", "target_gain": 2.5}
    print(line("predict_throughput", round(min(margins), 3), "of target", 1.0, "higher", **seen, run=chosen.id))


if __name__ == "__main__":
    sys.exit(run(main))
