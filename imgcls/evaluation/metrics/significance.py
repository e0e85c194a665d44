"""Is B better than A? Two models' answers to the same pictures, compared picture by picture, with NumPy alone.

What both got right or both got wrong says nothing about which is better: only the pictures on which they differ do. So
a comparison is four counts, and everything here follows from them.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import Score, Z

RESAMPLES = 2000
SURE_BELOW = 0.05
"""A p value below this is taken for a difference, as usual."""
BETTER, ALIKE, OPEN = "better", "alike", "open"


@dataclass(frozen=True)
class Comparison:
    """Two models on `count` pictures: how often both, one or none was right, and what follows.

    `difference` is the accuracy of the second less that of the first, a share from -1 to 1 with its 95% interval;
    `p_value` is that of the exact McNemar test.
    """

    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    difference: Score
    p_value: float

    @property
    def count(self) -> int:
        return self.both_right + self.only_first + self.only_second + self.both_wrong

    @property
    def verdict(self) -> str:
        """BETTER where interval and test both tell them apart, ALIKE where neither does, else OPEN."""
        is_apart = self.difference.low > 0 or self.difference.high < 0
        is_rare = self.p_value < SURE_BELOW
        return BETTER if is_apart and is_rare else ALIKE if not (is_apart or is_rare) else OPEN

    def sentence(self, first: str, second: str) -> str:
        """The result in plain words, with the names of the two models."""
        value, low, high = (100 * part for part in (self.difference.value, self.difference.low, self.difference.high))
        on = f"on {self.count:,} test picture{'' if self.count == 1 else 's'}"
        if not self.only_first + self.only_second:
            return f"{second} and {first} are right and wrong on the very same pictures: nothing tells them apart {on}."
        if self.verdict == BETTER:
            winner, loser = (second, first) if value > 0 else (first, second)
            near, far = sorted((abs(low), abs(high)))
            return (
                f"{winner} is better than {loser} by {abs(value):.1f} points, between {near:.1f} and {far:.1f}, {on}."
            )
        said = f"{value:+.1f} points for {second}, between {low:+.1f} and {high:+.1f}"
        if self.verdict == ALIKE:
            return f"{said}: these two cannot be told apart {on}."
        return f"{said}: at the border. Interval and test disagree {on}; more pictures would tell."


def compare(first_right: np.ndarray, second_right: np.ndarray, *, resamples: int = RESAMPLES) -> Comparison:
    """Compares two models by whether each was right, bool (n,) each, picture by picture in the same order.

    Raises:
        ValueError: there is no picture, or the two have not answered the same number.
    """
    first_right, second_right = np.asarray(first_right, bool), np.asarray(second_right, bool)
    if first_right.shape != second_right.shape or first_right.ndim != 1 or not len(first_right):
        raise ValueError(f"Expected two lists of the same pictures; got {first_right.shape} and {second_right.shape}.")
    both, only_first = int((first_right & second_right).sum()), int((first_right & ~second_right).sum())
    only_second = int((~first_right & second_right).sum())
    return Comparison(
        both,
        only_first,
        only_second,
        len(first_right) - both - only_first - only_second,
        paired_difference(only_first, only_second, len(first_right), resamples),
        mcnemar(only_first, only_second),
    )


def paired_difference(
    only_first: int, only_second: int, count: int, resamples: int = RESAMPLES, seed: int = 0
) -> Score:
    """The difference of two accuracies on the same `count` pictures with its bootstrap interval (percentiles).

    Drawing pictures with replacement, each with both its answers, is the same as drawing three counts from a
    multinomial distribution: only the first right, only the second, and the rest. So no picture is touched, and 2,000
    draws take under a millisecond. The seed is fixed: the same runs always show the same interval.
    Source: Efron, B. and Tibshirani, R. (1993), "An Introduction to the Bootstrap", chapter 8 on paired data.
    """
    chances = np.array([only_first, only_second, count - only_first - only_second]) / count
    drawn = np.random.default_rng(seed).multinomial(count, chances, size=resamples)
    value = (only_second - only_first) / count
    low, high = np.percentile((drawn[:, 1] - drawn[:, 0]) / count, (2.5, 97.5))
    return Score(value, min(float(low), value), max(float(high), value))


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p value: how often chance would split the pictures on which two models differ so unevenly.

    If neither were better, each such picture would fall to one or the other like a coin. 1 where they never differ.
    Source: McNemar, Q. (1947), "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12; exact by the binomial distribution.
    """
    flips, fewer = only_first + only_second, min(only_first, only_second)
    heads = np.arange(1, fewer + 1)
    # Logarithms of the binomial coefficients from 0 to `fewer`, one from the other: the numbers themselves overflow.
    chosen = np.concatenate([[0.0], np.cumsum(np.log(flips - heads + 1) - np.log(heads))])
    return float(min(1.0, 2 * np.exp(chosen - flips * np.log(2)).sum()))


def by_class(labels: np.ndarray, first_right: np.ndarray, second_right: np.ndarray, num_classes: int) -> Score:
    """The difference of the recalls of each class with its interval: a Score of arrays (num_classes,).

    A class without pictures has the difference 0, between -1 and 1.
    """
    count = np.bincount(labels, minlength=num_classes)
    first = np.bincount(labels[first_right & ~second_right], minlength=num_classes)
    second = np.bincount(labels[~first_right & second_right], minlength=num_classes)
    scores = [
        paired_difference(a, b, n) if n else Score(0.0, -1.0, 1.0)
        for a, b, n in zip(first.tolist(), second.tolist(), count.tolist(), strict=True)
    ]
    return Score(*(np.array([getattr(score, part) for score in scores]) for part in ("value", "low", "high")))


def mean_difference(values: np.ndarray) -> Score:
    """The mean of paired differences (n,) with its normal-approximation interval; one alone: no width."""
    values = np.asarray(values, float)
    mean = float(values.mean())
    reach = Z * float(values.std(ddof=1)) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return Score(mean, float(mean - reach), float(mean + reach))
