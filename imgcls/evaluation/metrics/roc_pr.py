"""How well the probabilities of a class rank its images above the others: ROC, precision-recall, their areas.

Each class is compared with the rest: `scores` (n,) are its probabilities, `positive` (n,) says which images belong to
it. A class that none or all of the images belong to has no curve, and its areas are NaN. The curves come from
scikit-learn, the confidence intervals are computed here.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import Score, ScoreArray, Z, wilson
from imgcls.evaluation.metrics.distributions import mean_ranks


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of a curve from the highest threshold to the lowest, and these thresholds."""

    x: np.ndarray
    y: np.ndarray
    threshold: np.ndarray


def roc(scores: np.ndarray, positive: np.ndarray) -> Curve:
    """False positive rate (x) and true positive rate (y), 0 to 1; one point per distinct score.

    Source: Fawcett, T. (2006), "An introduction to ROC analysis", Pattern Recognition Letters 27.
    """
    from sklearn.metrics import roc_curve

    if not positive.any() or positive.all():
        return Curve(np.zeros(0), np.zeros(0), np.zeros(0))
    return Curve(*roc_curve(positive, scores, drop_intermediate=False))


def precision_recall(scores: np.ndarray, positive: np.ndarray) -> Curve:
    """Recall (x) and precision (y), 0 to 1. Starts at recall 0 with the precision of the highest threshold."""
    from sklearn.metrics import precision_recall_curve

    if not positive.any():
        return Curve(np.zeros(0), np.zeros(0), np.zeros(0))
    precision, recall, threshold = (part[::-1] for part in precision_recall_curve(positive, scores))
    return Curve(recall, np.concatenate([precision[1:2], precision[1:]]), np.concatenate([[np.inf], threshold]))


def average_precision(scores: np.ndarray, positive: np.ndarray) -> Score:
    """The precision averaged over the gains in recall, as in scikit-learn, with the Wilson interval for as many trials
    as there are positive images.

    The value is the mean of one precision per positive image. Numbers from 0 to 1 with this mean vary at most like
    binomial ones, so the interval is rather too wide than too narrow; like that of a proportion it has a width at 100%.
    The logit interval of the same source does not: from 99.9% on it grows to 0% to 100%. A bootstrap has the opposite
    fault, since resamples of a ranking without errors have none either: simulated, 95% intervals held in 20 to 90%.
    Sources: Boyd, K., Eng, K. H. and Page, C. D. (2013), "Area under the precision-recall curve: point estimates and
    confidence intervals", ECML PKDD (the binomial assumption); Wilson (1927), see `wilson`.
    """
    from sklearn.metrics import average_precision_score

    if not positive.any() or positive.all():
        return Score(np.nan, np.nan, np.nan)
    count = int(positive.sum())
    # Sums of fractions may exceed 1 by a rounding error.
    return wilson(min(1.0, float(average_precision_score(positive, scores))) * count, count)


def areas(probabilities: np.ndarray, labels: np.ndarray) -> tuple[ScoreArray, Score]:
    """The area under the ROC curve of each class (k,) and their mean, with confidence intervals.

    `labels` is int (n,), or bool (n, k) if images can have several labels.

    The area is the probability that an image of the class scores higher than one of another class. Its variance is that
    of DeLong, E. R. et al. (1988), "Comparing the areas under two or more correlated receiver operating characteristic
    curves", Biometrics 44, computed from midranks (Sun, X. and Xu, W. 2014). The variance of the mean sums each image's
    influence over all classes, because all curves are computed from the same images.
    """
    n, k = probabilities.shape
    values, deviations = np.full(k, np.nan), np.full(k, np.nan)
    influence, counted = np.zeros(n), 0
    for number in range(k):
        positive = labels[:, number] if labels.ndim == 2 else labels == number
        if not positive.any() or positive.all():
            continue
        values[number], of_image = _area(probabilities[:, number], positive)
        deviations[number] = np.sqrt(np.sum(of_image**2))
        influence += of_image
        counted += 1
    each = ScoreArray(values, np.clip(values - Z * deviations, 0, 1), np.clip(values + Z * deviations, 0, 1))
    if not counted:
        return each, Score(np.nan, np.nan, np.nan)
    mean = float(np.nanmean(values))
    reach = Z * float(np.sqrt(np.sum((influence / counted) ** 2)))
    return each, Score(mean, max(0.0, mean - reach), min(1.0, mean + reach))


def _area(scores: np.ndarray, positive: np.ndarray) -> tuple[float, np.ndarray]:
    """The area, and each image's influence on it (n,): their squares add up to DeLong's variance."""
    m, n = int(positive.sum()), int((~positive).sum())
    ranks = mean_ranks(scores)
    of_positive = (ranks[positive] - mean_ranks(scores[positive])) / n
    of_negative = 1 - (ranks[~positive] - mean_ranks(scores[~positive])) / m
    value = float(of_positive.mean())
    influence = np.empty(len(scores))
    influence[positive] = (of_positive - value) / np.sqrt(m * max(m - 1, 1))
    influence[~positive] = (of_negative - value) / np.sqrt(n * max(n - 1, 1))
    return value, influence


def thinned(curve: Curve, most: int = 200) -> Curve:
    """About `most` points for a figure, evenly spaced along the curve and including both ends."""
    if len(curve.x) <= most:
        return curve
    distance = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(curve.x)) + np.abs(np.diff(curve.y)))])
    positions = np.unique(np.searchsorted(distance, np.linspace(0, distance[-1], most)))
    positions = np.unique(np.concatenate([[0], positions[positions < len(distance)], [len(distance) - 1]]))
    return Curve(curve.x[positions], curve.y[positions], curve.threshold[positions])
