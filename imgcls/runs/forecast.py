"""Extrapolates a learning curve, with a prediction interval; gives nothing while there are too few points.

A power law, `limit + gap * epoch ** -speed`, describes learning curves well (Cortes et al. 1994; Domhan, Springenberg
and Hutter 2015). It is fitted by least squares for each speed of a grid, and the fits are averaged with weights by
likelihood. So the interval is wide while the curve does not yet show how fast it flattens.
"""

from dataclasses import dataclass

import numpy as np

FEWEST = 5
"""Fewer points give no forecast."""
SPEEDS = np.geomspace(0.1, 3.0, 100)
NORMAL_95 = 1.96
MOST = 80
"""Of a longer curve, so many evenly spaced points count: a live view asks again after every epoch. The arrays remain
below 64 KiB; the system would map larger ones each time (`MALLOC_OPTIONS` of `imgcls.system.processes`)."""


@dataclass(frozen=True)
class Forecast:
    """The expected value at an epoch, and an interval that contains it at least nine times out of ten."""

    epoch: float
    value: float
    low: float
    high: float


def forecast(epochs: np.ndarray, values: np.ndarray, at: float, *, low: float, high: float) -> Forecast | None:
    """The value at a later epoch `at`; None if there are fewer than `FEWEST` points.

    Args:
        epochs, values: (n,), ascending epochs from 1; points that are not finite are left out.
        low, high: the possible range of the value, such as 0 and 1 for an accuracy.
    """
    epochs, values = np.asarray(epochs, float), np.asarray(values, float)
    known = np.isfinite(values) & np.isfinite(epochs) & (epochs > 0)
    epochs, values = epochs[known], values[known]
    if len(values) > MOST:
        chosen = np.linspace(0, len(values) - 1, MOST).round().astype(int)
        epochs, values = epochs[chosen], values[chosen]
    if len(values) < FEWEST or at <= epochs[-1]:
        return None
    # The beginning of a curve says the least about its end.
    weights = np.sqrt(epochs / epochs[-1])
    errors, predicted = _fits(epochs, values, weights, at)
    freedom = max(1, len(values) - 3)
    noise = max(float(errors.min()) / freedom, 1e-10)
    likely = np.exp(-0.5 * (errors - errors.min()) / noise)
    likely /= likely.sum()
    value = float(likely @ predicted)
    # Disagreement between the fits, scatter of single epochs, and the uncertainty of a line through few points.
    spread = np.sqrt(likely @ (predicted - value) ** 2 + noise * (1 + 3 / len(values)))
    # Approximates Student's t to within a few hundredths: so few points give an uncertain noise estimate.
    band = NORMAL_95 * (1 + 1.4 / freedom + 2 / freedom**2) * float(spread)
    return Forecast(at, *np.clip([value, value - band, value + band], low, high).tolist())


def _fits(epochs: np.ndarray, values: np.ndarray, weights: np.ndarray, at: float) -> tuple[np.ndarray, np.ndarray]:
    """For each of `SPEEDS`: the weighted squared error of its best line in `epoch ** -speed`, and its value at `at`."""
    falling = np.exp(np.outer(-SPEEDS, np.log(epochs)))  # (speeds, n); three times as fast as a power
    fractions = weights**2 / (weights**2).sum()
    center, mean = falling @ fractions, values @ fractions
    falling -= center[:, None]
    gaps = falling @ ((values - mean) * fractions) / (falling**2 @ fractions)
    falling *= gaps[:, None]
    falling -= values - mean
    errors = falling**2 @ weights**2
    return errors, mean + gaps * (at**-SPEEDS - center)
