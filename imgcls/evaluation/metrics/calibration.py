"""Can probabilities be taken at their word? Reliability, temperature, and answers that are better not given."""

from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics import classification
from imgcls.evaluation.metrics.confidence_intervals import Score, Z, wilson

BINS = 15
RESAMPLES = 400
COLDEST, HOTTEST = 0.05, 20.0


@dataclass(frozen=True, eq=False)
class Reliability:
    """Answers in bins by how sure the model was: the mean certainty of each bin, the share that was right with its
    Wilson interval, and the number of pictures (bins,). `error` is the expected calibration error."""

    confidence: np.ndarray
    right: Score
    count: np.ndarray
    error: Score


def reliability(confidence: np.ndarray, is_right: np.ndarray, bins: int = BINS) -> Reliability:
    """How often answers of a certainty (n,), 0 to 1, were right (n,), in bins of equal width.

    The expected calibration error is the mean gap between the two, each bin counting by its pictures (Naeini, M. P. et
    al. 2015, "Obtaining well calibrated probabilities using Bayesian binning", AAAI), with a bootstrap interval; as
    each resample adds noise of its own, the interval lies rather high.
    """
    confidence = confidence.astype(np.float64)
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    hits = np.bincount(place, weights=is_right, minlength=bins)
    mean = np.bincount(place, weights=confidence, minlength=bins) / np.maximum(count, 1)
    gaps = is_right - confidence
    n = max(len(gaps), 1)
    value = float(np.abs(np.bincount(place, weights=gaps, minlength=bins)).sum() / n)
    low, high = _redrawn(place, gaps, bins)
    return Reliability(mean, wilson(hits, count), count, Score(value, min(low, value), max(high, value)))


def _redrawn(place: np.ndarray, gaps: np.ndarray, bins: int) -> tuple[float, float]:
    """The 95% interval of the error over resamples of the pictures; the seed is fixed, so it stays as it is."""
    n = len(gaps)
    if n < 2:
        return 0.0, 1.0
    generator = np.random.default_rng(0)
    errors = []
    for _ in range(RESAMPLES):
        drawn = generator.integers(n, size=n)
        errors.append(np.abs(np.bincount(place[drawn], weights=gaps[drawn], minlength=bins)).sum() / n)
    low, high = np.percentile(errors, (2.5, 97.5))
    return float(low), float(high)


def cooled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (n, classes) with their logits divided by a temperature: above 1 less sure, below 1 surer.

    The order of the classes stays, so accuracy does. Probabilities below `metrics.SMALLEST` count as that.
    """
    logits = np.log(np.clip(np.nan_to_num(probabilities.astype(np.float64)), classification.SMALLEST, 1)) / temperature
    logits -= logits.max(1, keepdims=True)
    raised = np.exp(logits)
    return (raised / raised.sum(1, keepdims=True)).astype(np.float32)


def temperature(probabilities: np.ndarray, labels: np.ndarray) -> Score:
    """The temperature that makes these pictures' labels most likely, and its interval.

    It has to be fitted on pictures that are not those it is judged by. Source: Guo, C. et al. (2017), "On calibration
    of modern neural networks", ICML. Found by golden section over its logarithm, in which the loss has one valley; the
    interval comes from how sharp that valley is.
    """
    logits = np.log(np.clip(np.nan_to_num(probabilities.astype(np.float64)), classification.SMALLEST, 1))

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        top = scaled.max(1)
        partition = top + np.log(np.exp(scaled - top[:, None]).sum(1))
        return float((partition - scaled[np.arange(len(labels)), labels]).mean())

    best = _lowest(loss, np.log(COLDEST), np.log(HOTTEST))
    step = 0.02
    bend = (loss(best + step) - 2 * loss(best) + loss(best - step)) / step**2
    reach = Z / np.sqrt(max(len(labels) * bend, 1e-12))
    reach = min(reach, float(np.log(HOTTEST)))
    return Score(float(np.exp(best)), float(np.exp(best - reach)), float(np.exp(best + reach)))


def _lowest(loss, low: float, high: float) -> float:
    """Where a function with one valley is lowest, to a ten-thousandth."""
    golden = (np.sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > 1e-4:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = loss(right)
    return (low + high) / 2


@dataclass(frozen=True, eq=False)
class Answered:
    """What "I don't know" costs: at each threshold the share that is answered, and how much of that is right."""

    threshold: np.ndarray
    fraction: np.ndarray
    right: np.ndarray


def answered(confidence: np.ndarray, is_right: np.ndarray, most: int = 200) -> Answered:
    """Share answered against accuracy, over thresholds of certainty, from all answers to the few surest.

    Source: El-Yaniv, R. and Wiener, Y. (2010), "On the foundations of noise-free selective classification", JMLR 11.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, hits = confidence[order], np.cumsum(is_right[order])
    last = np.flatnonzero(np.diff(ranked, append=-np.inf))
    last = last[np.unique(np.linspace(0, len(last) - 1, most).astype(int))] if len(last) > most else last
    number = last + 1
    return Answered(ranked[last], number / max(len(ranked), 1), hits[last] / number)


def at_threshold(confidence: np.ndarray, is_right: np.ndarray, threshold: float) -> tuple[Score, Score]:
    """The share of pictures that are answered at a threshold, and the accuracy among them, each with its interval."""
    given = confidence >= threshold
    return wilson(given.sum(), len(given)), wilson((is_right & given).sum(), given.sum())
