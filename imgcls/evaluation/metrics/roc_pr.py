"""How well do the probabilities rank the pictures of a class before all others? ROC and precision-recall, NumPy alone.

Each class stands against the rest: `scores` (n,) are its probabilities, `positive` (n,) says which pictures belong to
it. A class without pictures, or with nothing but pictures, has no curve; its figures are NaN.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import Score, Z


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of a curve, from the strictest threshold to the mildest, and the thresholds that give them."""

    x: np.ndarray
    y: np.ndarray
    threshold: np.ndarray


def roc(scores: np.ndarray, positive: np.ndarray) -> Curve:
    """False positive rate (x) against true positive rate (y), shares from 0 to 1; one point for each threshold.

    Source: Fawcett, T. (2006), "An introduction to ROC analysis", Pattern Recognition Letters 27.
    """
    true, false, threshold = _counted(scores, positive)
    total = max(int(positive.sum()), 1), max(int((~positive).sum()), 1)
    zero = np.zeros(1)
    return Curve(
        np.concatenate([zero, false / total[1]]),
        np.concatenate([zero, true / total[0]]),
        np.concatenate([[np.inf], threshold]),
    )


def precision_recall(scores: np.ndarray, positive: np.ndarray) -> Curve:
    """Recall (x) against precision (y), shares from 0 to 1; it begins at recall 0 with the strictest precision."""
    true, false, threshold = _counted(scores, positive)
    precision = true / np.maximum(true + false, 1)
    recall = true / max(int(positive.sum()), 1)
    first = precision[:1] if len(precision) else np.ones(1)
    return Curve(
        np.concatenate([[0.0], recall]),
        np.concatenate([first, precision]),
        np.concatenate([[np.inf], threshold]),
    )


def average_precision(scores: np.ndarray, positive: np.ndarray) -> Score:
    """The mean precision over the recall that each threshold adds, as scikit-learn has it, with its logit interval.

    Source of the interval: Boyd, K., Eng, K. H. and Page, C. D. (2013), "Area under the precision-recall curve: point
    estimates and confidence intervals", ECML PKDD.
    """
    if not positive.any() or positive.all():
        return Score(np.nan, np.nan, np.nan)
    curve = precision_recall(scores, positive)
    value = float(np.sum(np.diff(curve.x) * curve.y[1:]))
    held = min(max(value, 1e-9), 1 - 1e-9)
    logit, reach = np.log(held / (1 - held)), Z / np.sqrt(positive.sum() * held * (1 - held))
    low, high = (float(1 / (1 + np.exp(-np.clip(end, -700, 700)))) for end in (logit - reach, logit + reach))
    return Score(value, min(low, value), max(high, value))


def areas(probabilities: np.ndarray, labels: np.ndarray) -> tuple[Score, Score]:
    """The area under each class's ROC curve (arrays, one entry a class) and their mean, each with its interval.

    The area is the chance that a picture of the class gets a higher probability than one of another. Its variance is
    that of DeLong, E. R. et al. (1988), "Comparing the areas under two or more correlated receiver operating
    characteristic curves", Biometrics 44, from midranks (Sun, X. and Xu, W. 2014); that of the mean adds up each
    picture's influence on all classes, as the same pictures stand in all of them.
    """
    n, k = probabilities.shape
    values, deviations = np.full(k, np.nan), np.full(k, np.nan)
    influence, counted = np.zeros(n), 0
    for one in range(k):
        positive = labels == one
        if not positive.any() or positive.all():
            continue
        values[one], of_image = _area(probabilities[:, one], positive)
        deviations[one] = np.sqrt(np.sum(of_image**2))
        influence += of_image
        counted += 1
    low, high = np.clip(values - Z * deviations, 0, 1), np.clip(values + Z * deviations, 0, 1)
    if not counted:
        return Score(values, low, high), Score(np.nan, np.nan, np.nan)
    mean = float(np.nanmean(values))
    reach = Z * float(np.sqrt(np.sum((influence / counted) ** 2)))
    return Score(values, low, high), Score(mean, max(0.0, mean - reach), min(1.0, mean + reach))


def _area(scores: np.ndarray, positive: np.ndarray) -> tuple[float, np.ndarray]:
    """The area, and how much each picture moves it (n,): squares of these add up to DeLong's variance."""
    m, n = int(positive.sum()), int((~positive).sum())
    all_ranks = midranks(scores)
    of_positive = (all_ranks[positive] - midranks(scores[positive])) / n
    of_negative = 1 - (all_ranks[~positive] - midranks(scores[~positive])) / m
    value = float(of_positive.mean())
    influence = np.empty(len(scores))
    influence[positive] = (of_positive - value) / np.sqrt(m * max(m - 1, 1))
    influence[~positive] = (of_negative - value) / np.sqrt(n * max(n - 1, 1))
    return value, influence


def midranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, equal values sharing the mean of theirs (n,)."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def thinned(curve: Curve, most: int = 200) -> Curve:
    """At most about `most` points for a figure: those nearest to even steps along the curve, its ends among them."""
    if len(curve.x) <= most:
        return curve
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(curve.x)) + np.abs(np.diff(curve.y)))])
    places = np.unique(np.searchsorted(way, np.linspace(0, way[-1], most)))
    places = np.unique(np.concatenate([[0], places[places < len(way)], [len(way) - 1]]))
    return Curve(curve.x[places], curve.y[places], curve.threshold[places])


def _counted(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True and false positives at each threshold that tells pictures apart, the strictest first, and the thresholds."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], positive[order]
    last = np.flatnonzero(np.diff(ranked, append=-np.inf))
    true = np.cumsum(hits)[last] if len(hits) else np.zeros(0, int)
    return true, last + 1 - true, ranked[last]
