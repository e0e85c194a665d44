"""How long from a few photographs to a classifier that was honestly tested?

    python -m benchmarks.first_classifier ARCHIVE.zip [REPETITIONS]

The archive holds train/CLASS/*.jpg and test/CLASS/*.jpg. From the start of a process, with the import of TensorFlow,
to the last file of the run: 5 classes of 40 training pictures are decoded, MobileNet 0.25 looks at four mirrored copies
of each at 96 pixels, a head learns for 30 epochs at most, the 100 test pictures are answered and the model is exported
and checked. The weights have to be at hand; no features are. The value is the median.
"""

import json
import statistics
import sys
import time
from pathlib import Path

from benchmarks._report import Missing, line, run
from benchmarks._server import python, workplace
from imgcls import weights
from imgcls.backbones import NETWORKS

CLASSES, EACH = 5, 40
REPETITIONS = 3


def once(archive: str) -> tuple[float, dict]:
    """Seconds, and the result of the run."""
    with workplace() as environment:
        start = time.perf_counter()
        python("-m", "benchmarks._first", archive, str(CLASSES), str(EACH), environment=environment)
        seconds = time.perf_counter() - start
        result = json.loads(Path(environment["IMGCLS_RUNS"], "first", "result.json").read_text("utf-8"))
    return seconds, result


def main() -> None:
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_file():
        raise Missing("Name a zip of labelled folders: python -m benchmarks.first_classifier ARCHIVE.zip")
    if weights.at_hand(NETWORKS["MobileNet 0.25"]) is None:
        raise Missing("This benchmark needs the weights of MobileNet 0.25: fetch them on the Train page.")
    archive, repetitions = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else REPETITIONS
    times = []
    for _ in range(repetitions):
        seconds, result = once(str(Path(archive).resolve()))
        times.append(round(seconds, 2))
        print(seconds, result["test_accuracy"], file=sys.stderr)
    print(
        line(
            "first_classifier",
            statistics.median(times),
            "s",
            20,
            "lower",
            seconds=times,
            test_accuracy=result["test_accuracy"],
            test_pictures=result["counts"]["test"],
            training_pictures=result["counts"]["train"],
            feature_seconds=result["feature_seconds"],
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
