"""95% confidence intervals: how much a score would vary if other test images of the same kind had been drawn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import overload

import numpy as np

Z = 1.959963984540054
"""The normal quantile of a two-sided 95% interval."""

CHUNK = 100
"""Resamples drawn at a time; with 100 classes a chunk holds at most 8 MB of counts."""


@dataclass(frozen=True, eq=False)
class Score:
    """A value and its 95% confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class ScoreArray:
    """The values of all classes and their 95% confidence intervals; arrays with one entry per class."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, label: int) -> Score:
        """The score of one class."""
        return Score(float(self.value[label]), float(self.low[label]), float(self.high[label]))


@overload
def wilson(successes: float, n: float) -> Score: ...
@overload
def wilson(successes: np.ndarray, n: np.ndarray) -> ScoreArray: ...
def wilson(successes: float | np.ndarray, n: float | np.ndarray) -> Score | ScoreArray:
    """The score interval of a proportion: `successes` out of `n` trials. Arrays give a ScoreArray.

    It stays within [0, 1] and remains accurate near 0 and 1, where the usual ± interval collapses: 10 successes out of
    10 give 72% to 100%. Without trials the value is 0 and the interval 0 to 1.
    Source: Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22.
    """
    successes, trials = np.asarray(successes, float), np.asarray(n, float)
    safe = np.maximum(trials, 1)
    fraction = successes / safe
    centre = (fraction + Z**2 / (2 * safe)) / (1 + Z**2 / safe)
    reach = Z / (1 + Z**2 / safe) * np.sqrt(fraction * (1 - fraction) / safe + Z**2 / (4 * safe**2))
    # Rounding may push a bound past the fraction by 1e-17, so that the value would lie outside its interval.
    low = np.where(trials > 0, np.clip(centre - reach, 0, fraction), 0.0)
    high = np.where(trials > 0, np.clip(centre + reach, fraction, 1), 1.0)
    if fraction.ndim == 0:
        return Score(float(fraction), float(low), float(high))
    return ScoreArray(fraction, low, high)


def mean_interval(values: np.ndarray) -> Score:
    """The mean of values (n,) with its normal-approximation interval, which has zero width if n is 1.

    For non-negative values such as losses: the lower bound is clipped at 0.
    """
    values = np.asarray(values, float)
    mean = float(values.mean())
    reach = Z * float(values.std(ddof=1)) / np.sqrt(values.size) if values.size > 1 else 0.0
    return Score(mean, float(min(mean, max(0.0, mean - reach))), float(mean + reach))


Totals = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Correct, true and predicted counts per class; classes on the last axis."""


def bootstrap(
    matrix: np.ndarray, measure: Callable[..., dict[str, np.ndarray]], resamples: int = 1000, seed: int = 0
) -> tuple[dict[str, Score], dict[str, ScoreArray]]:
    """Percentile intervals of measures without a formula: single scores and scores per class, by name.

    `measure(right, support, answered)` gets three totals per class (correct, true and predicted counts; classes on the
    last axis, resamples before it) and returns a dict of arrays.

    Resampling n images with replacement is the same as drawing the cells of the confusion matrix (k, k) from a
    multinomial distribution, so images are never touched. The seed is fixed, so a run always shows the same interval.
    If all resamples lie on one side of the value (few images), the interval is extended to contain it. A matrix without
    errors has intervals of zero width, a known weakness of the method that `wilson` does not share.
    Source: Efron, B. (1979), "Bootstrap methods: another look at the jackknife", The Annals of Statistics 7.
    """
    matrix = np.asarray(matrix)
    point = measure(np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0))
    if matrix.sum() == 0:
        bounds = {name: (value * 0, value * 0 + 1) for name, value in point.items()}
    else:
        draws = [measure(*totals) for totals in _resampled(matrix, resamples, np.random.default_rng(seed))]
        bounds = {}
        for name, value in point.items():
            low, high = np.percentile(np.concatenate([draw[name] for draw in draws]), (2.5, 97.5), axis=0)
            bounds[name] = np.minimum(low, value), np.maximum(high, value)
    single = {
        name: Score(float(value), float(bounds[name][0]), float(bounds[name][1]))
        for name, value in point.items()
        if not np.ndim(value)
    }
    per_class = {name: ScoreArray(value, *bounds[name]) for name, value in point.items() if np.ndim(value)}
    return single, per_class


def _resampled(matrix: np.ndarray, resamples: int, generator: np.random.Generator) -> Iterator[Totals]:
    """The three totals per class of `resamples` redrawn matrices, at most CHUNK at a time."""
    true, predicted = np.nonzero(matrix)
    total = int(matrix.sum())
    probabilities = matrix[true, predicted] / total
    classes = np.arange(len(matrix))
    # Sums over rows and columns as products with 0/1 matrices: exact in float32 up to 16 million images.
    by_true = (true[:, None] == classes).astype(np.float32)
    by_predicted = (predicted[:, None] == classes).astype(np.float32)
    right = by_true * (true == predicted)[:, None]
    for start in range(0, resamples, CHUNK):
        counts = generator.multinomial(total, probabilities, size=min(CHUNK, resamples - start)).astype(np.float32)
        yield counts @ right, counts @ by_true, counts @ by_predicted
