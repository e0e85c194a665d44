"""The mean of the curves of repeated runs, and how far they are apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics.percent import percent

LEAST_FOR_DEVIATION = 3
"""The standard deviation of two values is their distance in disguise, so for two runs the range is shown."""

SMALL = 0.1


@dataclass(frozen=True, eq=False)
class MeanCurve:
    """The mean of `runs` curves, and a band: mean ± standard deviation, or of two from the lower to the higher one. A
    single curve is its own mean.

    All arrays are (epochs,): the epochs that every run has reached. Beyond them the mean would jump, because other runs
    make it up. NaN where a run has no value. Of `among` runs, those without any value are left out.
    """

    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    runs: int
    among: int

    @property
    def has_deviation(self) -> bool:
        """Whether the band is mean ± standard deviation."""
        return self.runs >= LEAST_FOR_DEVIATION

    @property
    def count(self) -> str:
        """How many runs have a value: '3 runs', or '2 of 3 runs'; empty for a single run."""
        if self.runs < self.among:
            return f"{self.runs} of {self.among} runs"
        return f"{self.runs} runs" if self.runs > 1 else ""

    @property
    def band(self) -> str:
        """What the band is."""
        return "mean ± SD" if self.has_deviation else "min–max"

    def text(self, at: int, *, is_percentage: bool) -> str:
        """'91.2% ± 0.4' or '0.312 ± 0.012'; of two runs '91.2% (90.8–91.6)', of one '91.2%'; a dash for NaN. Values too
        small for three decimals, such as learning rates, have three significant digits."""
        mean, low, high = (float(values[at]) for values in (self.mean, self.low, self.high))
        if not np.isfinite(mean):
            return "–"
        scale, form = (100, ".1f") if is_percentage else (1, ".3f" if abs(mean) >= SMALL or not mean else ".3g")
        value = percent(mean) if is_percentage else f"{mean:{form}}"
        if self.runs == 1:
            return value
        low, high = scale * low, scale * high
        if self.has_deviation:
            return f"{value} ± {(high - low) / 2:{form}}"
        return f"{value} ({low:{form}}–{high:{form}})"


def mean_curve(curves: Sequence[tuple[np.ndarray, np.ndarray]]) -> MeanCurve:
    """The mean of curves, each a pair (x, values). An empty one, such as of a metric that a run does not have, counts
    for nothing."""
    among = len(curves)
    curves = [one for one in curves if len(one[0])] or curves[:1]
    points = [dict(zip(np.asarray(x, float).tolist(), np.asarray(y, float).tolist(), strict=False)) for x, y in curves]
    x = sorted(set.intersection(*(set(one) for one in points)))
    values = np.array([[one[at] for at in x] for one in points]).reshape(len(points), len(x))
    values[~np.isfinite(values)] = np.nan
    mean = values.mean(0)
    if len(points) < LEAST_FOR_DEVIATION:
        return MeanCurve(np.array(x), mean, values.min(0), values.max(0), len(points), among)
    deviation = values.std(0, ddof=1)
    return MeanCurve(np.array(x), mean, mean - deviation, mean + deviation, len(points), among)
