"""How long does it take to decide whether one model is better than another?

    python -m benchmarks.compare

Predictions of two models for 10,000 images of 10 classes, compared as on the Evaluate page: 2,000 bootstrap draws of
the paired difference, the exact McNemar test, and the difference per class with 2,000 draws each. The value is the
median wall time of 50 comparisons, in milliseconds.

Is the interval honest? `covered` is the fraction of 2,000 simulated pairs of models whose true difference (1 point,
1,000 images) lies inside the 95% confidence interval; `false_alarms` is the fraction of 2,000 equally good pairs that
are called different.
"""

import statistics
import sys
import time

import numpy as np

from benchmarks.support.reference import Reference, seconds
from benchmarks.support.report_line import line, run
from imgcls.evaluation.metrics import significance

IMAGES, CLASSES, TIMES = 10_000, 10, 50
PAIRS, FEW = 2000, 1000
CHANCES = {"both": 0.85, "first": 0.03, "second": 0.04}
"""The probability that both, only the first, or only the second are correct: the second is 1 point better."""


def one(probabilities: list[np.ndarray], labels: np.ndarray) -> significance.Comparison:
    right = [predictions.argmax(1) == labels for predictions in probabilities]
    significance.by_class(labels, *right, CLASSES)
    return significance.compare(*right)


def verdicts(first: float, second: float) -> list[significance.Comparison]:
    """Comparisons of models of which one alone is right with these chances."""
    drawn = np.random.default_rng(5).random((PAIRS, FEW))
    both = drawn < CHANCES["both"]
    only_first = ~both & (drawn < CHANCES["both"] + first)
    only_second = ~both & ~only_first & (drawn < CHANCES["both"] + first + second)
    return [significance.compare(b | f, b | s) for b, f, s in zip(both, only_first, only_second, strict=True)]


def plain_bootstrap(first: np.ndarray, second: np.ndarray) -> Reference:
    """Milliseconds of the bootstrap as a textbook writes it: each draw picks images with replacement."""
    generator, differences = np.random.default_rng(0), first.astype(float) - second

    def draws() -> None:
        for _ in range(significance.RESAMPLES):
            generator.choice(differences, len(differences)).mean()

    return Reference("bootstrap in plain NumPy, image by image", 1000 * seconds(draws), "ms")


def main() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, CLASSES, IMAGES)
    probabilities = [generator.dirichlet(np.full(CLASSES, 0.2), IMAGES) for _ in range(2)]
    for predictions, fraction in zip(probabilities, (0.9, 0.91), strict=True):
        known = generator.random(IMAGES) < fraction
        predictions[known] = 0.02
        predictions[known, labels[known]] = 0.82
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        one(probabilities, labels)
        times.append(1000 * (time.perf_counter() - start))
    better, alike = verdicts(CHANCES["first"], CHANCES["second"]), verdicts(0.035, 0.035)
    truth = CHANCES["second"] - CHANCES["first"]
    print(
        line(
            "compare",
            round(statistics.median(times), 1),
            "ms",
            300,
            "lower",
            reference=plain_bootstrap(*(found.argmax(1) == labels for found in probabilities)),
            slowest_ms=round(max(times), 1),
            draws=significance.RESAMPLES,
            images=IMAGES,
            covered=round(statistics.mean(c.difference.low <= truth <= c.difference.high for c in better), 3),
            false_alarms=round(statistics.mean(c.verdict == significance.BETTER for c in alike), 3),
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
