"""The learning-rate finder: the smoothed loss curve and the learning rate it suggests (Smith 2015)."""

import numpy as np

SMOOTHING_STEPS = 4.0
"""Standard deviation of the Gaussian that smooths the loss; symmetric, so the curve is not shifted to larger rates."""
NOISY_FRACTION = 0.12
"""Fraction of the first steps to ignore: their loss reflects the batches rather than the learning rate."""
CLEAR_FALL = 0.05
"""The loss must fall by this fraction of its initial value before a rate is suggested."""
TOO_HIGH = 3.0


def smoothed(losses) -> np.ndarray:
    """The losses of the finder's steps, smoothed over neighbouring steps.

    NaN, infinite and very large losses are clipped to three times the initial loss, so that one outlier does not hide
    its neighbours.
    """
    losses = np.array(losses, float)
    if not len(losses):
        return losses
    top = TOO_HIGH * initial_loss(losses)
    losses = np.minimum(np.where(np.isfinite(losses), losses, top), top)
    places = np.arange(len(losses))
    weights = np.exp(-0.5 * ((places[:, None] - places) / SMOOTHING_STEPS) ** 2)
    return weights @ losses / weights.sum(1)


def suggestion(rates, losses) -> float | None:
    """The rate at which the smoothed loss falls fastest (over the logarithm of the rate), with two digits.

    None if it never falls clearly, or there are too few steps to tell.
    """
    rates, line = np.asarray(rates, float), smoothed(losses)
    if len(line) < 20 or len(rates) != len(line) or not (np.diff(rates) > 0).all() or rates[0] <= 0:
        return None
    first, lowest = initial_loss(np.asarray(losses, float)), int(line.argmin())
    begin = max(3, round(NOISY_FRACTION * len(line)))
    head = np.asarray(losses, float)[:begin]
    if not np.isfinite(head).all():
        return None
    noise = float(head.std()) / np.sqrt(SMOOTHING_STEPS)
    fall = first - line[lowest]
    if not fall > max(CLEAR_FALL * first, 3 * noise):
        return None
    slopes = np.gradient(line, np.log(rates))
    # Where the loss is falling clearly, beyond the noise of the first steps.
    places = np.flatnonzero((np.arange(len(line)) >= begin) & (np.arange(len(line)) < lowest))
    places = places[line[places] < first - 0.1 * fall]
    if not len(places):
        return None
    return float(f"{rates[places[slopes[places].argmin()]]:.1e}")


def initial_loss(losses: np.ndarray) -> float:
    """The loss before training: the median over the first steps."""
    head = losses[:10][np.isfinite(losses[:10])]
    return float(np.median(head)) if len(head) else 1.0
