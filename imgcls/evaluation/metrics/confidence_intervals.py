"""95% intervals: how far a figure might move if other pictures of the same sort had been drawn."""

from dataclasses import dataclass

import numpy as np

Z = 1.959963984540054
"""The normal quantile of a two-sided 95% interval."""

CHUNK = 100
"""Resamples drawn at a time; with 100 classes a chunk holds at most 8 MB of counts."""


@dataclass(frozen=True, eq=False)
class Score:
    """A figure and its 95% interval; in a table of classes each part is an array with one entry a class."""

    value: float | np.ndarray
    low: float | np.ndarray
    high: float | np.ndarray


def wilson(successes, n):
    """The score interval for a share of `successes` in `n` trials; arrays give arrays.

    Keeps inside [0, 1] and stays honest near 0 and 1, where the usual plus-minus interval collapses: 10 right out of
    10 gives 72 to 100%. Without trials nothing is known: value 0, interval 0 to 1.
    Source: Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22.
    """
    successes, trials = np.asarray(successes, float), np.asarray(n, float)
    safe = np.maximum(trials, 1)
    fraction = successes / safe
    centre = (fraction + Z**2 / (2 * safe)) / (1 + Z**2 / safe)
    reach = Z / (1 + Z**2 / safe) * np.sqrt(fraction * (1 - fraction) / safe + Z**2 / (4 * safe**2))
    # Rounding may push a bound past the share by 1e-17, which a reader would see as a value outside its interval.
    low = np.where(trials > 0, np.clip(centre - reach, 0, fraction), 0.0)
    high = np.where(trials > 0, np.clip(centre + reach, fraction, 1), 1.0)
    if fraction.ndim == 0:
        return Score(float(fraction), float(low), float(high))
    return Score(fraction, low, high)


def mean_interval(values):
    """The mean of `values` with its normal-approximation interval; one value alone has an interval of no width.

    For figures that cannot be negative, such as losses: the lower bound stops at 0.
    """
    values = np.asarray(values, float)
    mean = float(values.mean())
    reach = Z * float(values.std(ddof=1)) / np.sqrt(values.size) if values.size > 1 else 0.0
    return Score(mean, float(min(mean, max(0.0, mean - reach))), float(mean + reach))


def bootstrap(matrix, measure, resamples=1000, seed=0):
    """Percentile intervals for what has no formula: a dict of Scores, one for each entry that `measure` answers.

    `measure(right, support, answered)` takes three totals a class (rightly answered, having that label, given that
    answer; classes on the last axis, resamples before it) and returns a dict of arrays.

    Drawing n pictures with replacement is the same as drawing the matrix's cells from a multinomial distribution, so
    pictures are never touched. The seed is fixed: the same run always shows the same interval. Where the resamples
    all miss the value on one side (few pictures), the interval is stretched to hold it. A matrix without any error
    has intervals of no width, a known weakness of the method; `wilson` does not share it.
    Source: Efron, B. (1979), "Bootstrap methods: another look at the jackknife", The Annals of Statistics 7.
    """
    matrix = np.asarray(matrix)
    point = measure(np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0))
    if matrix.sum() == 0:
        return {name: Score(value, value * 0, value * 0 + 1) for name, value in point.items()}
    draws = [measure(*totals) for totals in _resampled(matrix, resamples, np.random.default_rng(seed))]
    answer = {}
    for name, value in point.items():
        low, high = np.percentile(np.concatenate([draw[name] for draw in draws]), (2.5, 97.5), axis=0)
        low, high = np.minimum(low, value), np.maximum(high, value)
        answer[name] = Score(value, low, high) if np.ndim(value) else Score(float(value), float(low), float(high))
    return answer


def _resampled(matrix, resamples, generator):
    """The three totals a class of `resamples` redrawn matrices, a chunk of at most CHUNK at a time."""
    true, predicted = np.nonzero(matrix)
    total = int(matrix.sum())
    chances = matrix[true, predicted] / total
    classes = np.arange(len(matrix))
    # Sums over rows and columns as matrix products of 0 and 1: exact in float32 up to 16 million pictures.
    by_true = (true[:, None] == classes).astype(np.float32)
    by_predicted = (predicted[:, None] == classes).astype(np.float32)
    right = by_true * (true == predicted)[:, None]
    for start in range(0, resamples, CHUNK):
        counts = generator.multinomial(total, chances, size=min(CHUNK, resamples - start)).astype(np.float32)
        yield counts @ right, counts @ by_true, counts @ by_predicted
