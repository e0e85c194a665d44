"""Where a learning curve is going: a fit with a band, silent while there is too little to go by.

A power law, `limit + gap * epoch ** -speed`, describes learning curves well (Cortes et al. 1994; Domhan, Springenberg
and Hutter 2015). Every speed of a grid is fitted by least squares, and all of them are mixed by how well they fit, so
the band is wide where the curve does not yet say how fast it flattens.
"""

from dataclasses import dataclass

import numpy as np

FEWEST = 5
"""Points below which nothing is said."""
SPEEDS = np.geomspace(0.1, 3.0, 100)
NORMAL_95 = 1.96


@dataclass(frozen=True)
class Forecast:
    """The value expected at an epoch, and a band that holds it nine times out of ten."""

    epoch: float
    value: float
    low: float
    high: float


def forecast(epochs: np.ndarray, values: np.ndarray, at: float, *, low: float, high: float) -> Forecast | None:
    """The value at epoch `at`, later than those known; None below `FEWEST` points.

    Args:
        epochs, values: (n,), rising epochs from 1; what is not finite is left out.
        low, high: what the value can be at all, as 0 and 1 for an accuracy.
    """
    epochs, values = np.asarray(epochs, float), np.asarray(values, float)
    known = np.isfinite(values) & np.isfinite(epochs) & (epochs > 0)
    epochs, values = epochs[known], values[known]
    if len(values) < FEWEST or at <= epochs[-1]:
        return None
    # The beginning of a curve says least about its end.
    weights = np.sqrt(epochs / epochs[-1])
    errors, guesses = _fits(epochs, values, weights, at)
    freedom = max(1, len(values) - 3)
    noise = max(float(errors.min()) / freedom, 1e-10)
    likely = np.exp(-0.5 * (errors - errors.min()) / noise)
    likely /= likely.sum()
    value = float(likely @ guesses)
    # What the mixed fits disagree about, what a single epoch scatters, and what a line through few points is off by.
    spread = np.sqrt(likely @ (guesses - value) ** 2 + noise * (1 + 3 / len(values)))
    # Student's t in place of the normal, to within a few hundredths: so few points say little about their own noise.
    band = NORMAL_95 * (1 + 1.4 / freedom + 2 / freedom**2) * float(spread)
    return Forecast(at, *np.clip([value, value - band, value + band], low, high).tolist())


def _fits(epochs: np.ndarray, values: np.ndarray, weights: np.ndarray, at: float) -> tuple[np.ndarray, np.ndarray]:
    """For each of `SPEEDS`: the weighted squared error of its best line in `epoch ** -speed`, and its word for `at`."""
    falling = epochs ** -SPEEDS[:, None]  # (speeds, n)
    fractions = weights**2 / (weights**2).sum()
    center, mean = falling @ fractions, values @ fractions
    gaps = ((falling - center[:, None]) * (values - mean)) @ fractions / ((falling - center[:, None]) ** 2 @ fractions)
    errors = (values - mean - gaps[:, None] * (falling - center[:, None])) ** 2 @ weights**2
    return errors, mean + gaps * (at**-SPEEDS - center)
