"""Calibration: do the probabilities match the accuracy? Reliability diagram, temperature scaling, abstention."""

from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics import classification
from imgcls.evaluation.metrics.confidence_intervals import Score, ScoreArray, Z, wilson

BINS = 15
RESAMPLES = 400
COLDEST, HOTTEST = 0.05, 20.0


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predictions in bins by confidence: mean confidence, accuracy with its Wilson interval and number of images, each
    (bins,). `error` is the expected calibration error."""

    confidence: np.ndarray
    right: ScoreArray
    count: np.ndarray
    error: Score


def reliability(confidence: np.ndarray, is_right: np.ndarray, bins: int = BINS) -> Reliability:
    """Accuracy by confidence (n,), 0 to 1, in bins of equal width; `is_right` (n,) says which predictions are correct.

    The expected calibration error is the mean gap between confidence and accuracy, each bin weighted by its number of
    images (Naeini, M. P. et al. 2015, "Obtaining well calibrated probabilities using Bayesian binning", AAAI), with a
    bootstrap interval. Every resample adds noise of its own, so the interval is biased upwards.
    """
    confidence = confidence.astype(np.float64)
    of_bin = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(of_bin, minlength=bins)
    hits = np.bincount(of_bin, weights=is_right, minlength=bins)
    mean = np.bincount(of_bin, weights=confidence, minlength=bins) / np.maximum(count, 1)
    gaps = is_right - confidence
    n = max(len(gaps), 1)
    value = float(np.abs(np.bincount(of_bin, weights=gaps, minlength=bins)).sum() / n)
    low, high = _bootstrap(of_bin, gaps, bins)
    return Reliability(mean, wilson(hits, count), count, Score(value, min(low, value), max(high, value)))


def _bootstrap(of_bin: np.ndarray, gaps: np.ndarray, bins: int) -> tuple[float, float]:
    """The 95% interval of the error over resampled images, with a fixed seed for reproducibility."""
    n = len(gaps)
    if n < 2:
        return 0.0, 1.0
    generator = np.random.default_rng(0)
    errors = []
    for _ in range(RESAMPLES):
        drawn = generator.integers(n, size=n)
        errors.append(np.abs(np.bincount(of_bin[drawn], weights=gaps[drawn], minlength=bins)).sum() / n)
    low, high = np.percentile(errors, (2.5, 97.5))
    return float(low), float(high)


def scaled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (n, classes) with their logits divided by a temperature: above 1 less confident, below 1 more.

    The order of the classes stays the same, and so does the accuracy. Probabilities are clipped to
    `classification.SMALLEST`.
    """
    logits = np.log(np.clip(np.nan_to_num(probabilities.astype(np.float64)), classification.SMALLEST, 1)) / temperature
    logits -= logits.max(1, keepdims=True)
    raised = np.exp(logits)
    return (raised / raised.sum(1, keepdims=True)).astype(np.float32)


def temperature(probabilities: np.ndarray, labels: np.ndarray) -> Score:
    """The temperature that maximises the likelihood of the labels (n,), with its confidence interval.

    Fit it on other images than those it is evaluated on. Source: Guo, C. et al. (2017), "On calibration of modern
    neural networks", ICML. The loss is unimodal in the logarithm of the temperature; the interval comes from its
    curvature at the minimum.
    """
    from scipy.optimize import minimize_scalar

    logits = np.log(np.clip(np.nan_to_num(probabilities.astype(np.float64)), classification.SMALLEST, 1))

    def loss(log_temperature: float) -> float:
        scores = logits / np.exp(log_temperature)
        top = scores.max(1)
        partition = top + np.log(np.exp(scores - top[:, None]).sum(1))
        return float((partition - scores[np.arange(len(labels)), labels]).mean())

    bounds = (float(np.log(COLDEST)), float(np.log(HOTTEST)))
    best = float(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-4}).x)
    step = 0.02
    curvature = (loss(best + step) - 2 * loss(best) + loss(best - step)) / step**2
    reach = min(Z / np.sqrt(max(len(labels) * curvature, 1e-12)), bounds[1])
    return Score(float(np.exp(best)), float(np.exp(best - reach)), float(np.exp(best + reach)))


@dataclass(frozen=True, eq=False)
class AbstentionCurve:
    """At each threshold: the fraction of images that get a prediction, and the accuracy on these."""

    threshold: np.ndarray
    fraction: np.ndarray
    right: np.ndarray


def abstention_curve(confidence: np.ndarray, is_right: np.ndarray, most: int = 200) -> AbstentionCurve:
    """Coverage and accuracy at up to `most` confidence thresholds, the highest first.

    Source: El-Yaniv, R. and Wiener, Y. (2010), "On the foundations of noise-free selective classification", JMLR 11.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, hits = confidence[order], np.cumsum(is_right[order])
    last = np.flatnonzero(np.diff(ranked, append=-np.inf))
    last = last[np.unique(np.linspace(0, len(last) - 1, most).astype(int))] if len(last) > most else last
    number = last + 1
    return AbstentionCurve(ranked[last], number / max(len(ranked), 1), hits[last] / number)


def at_threshold(confidence: np.ndarray, is_right: np.ndarray, threshold: float) -> tuple[Score, Score]:
    """The fraction of images that get a prediction at a threshold, and the accuracy on these, with intervals."""
    given = confidence >= threshold
    return wilson(int(given.sum()), len(given)), wilson(int((is_right & given).sum()), int(given.sum()))
