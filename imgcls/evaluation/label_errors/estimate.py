"""How many labels are wrong? An estimate that does not mistake the model's own errors for wrong labels.

A prediction that disagrees with a label is an error of one of them. Where the model is certain, its own errors become
rare, but wrong labels do not: what remains of the disagreement there is the fraction of wrong labels. So the
disagreement rate is modelled as

    P(disagree | r) = p + (1 - p) * a * r ** b

where r, from 0 to 1, is the rank of an image by confidence among those predicted as the same class (0: the most
confident), p is the fraction of wrong labels, and a * r ** b the error rate of the model, which falls to 0 with r. The
parameters are those of the highest likelihood, and the interval holds every p whose likelihood ratio to the best fit is
not significant at 5% (Wilks 1938). It assumes that labels are as often wrong on easy images as on hard ones; if they
are wrong mostly on hard ones, the true fraction is higher.

Counting the suspects of confident learning instead, or the off-diagonal of its joint, gives a multiple of the true
fraction if the model is weak: 10% for 1.3% on a model with an accuracy of 84%.
"""

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import Score

BINS = 60
MOST_WRONG = 0.6
SIGNIFICANT = 3.841
"""The 95% quantile of the chi-squared distribution with one degree of freedom."""
_FRACTIONS = np.r_[0.0, np.geomspace(1e-4, MOST_WRONG, 240)]
_SLOPES = np.r_[0.0, np.geomspace(1e-3, 1.0, 60)]
_POWERS = np.geomspace(0.35, 8.0, 24)


def wrong_fraction(labels: np.ndarray, probabilities: np.ndarray) -> Score:
    """The estimated fraction of wrong labels with its 95% interval.

    Args:
        labels: int (n,).
        probabilities: out-of-sample probabilities, (n, classes).
    """
    predicted = probabilities.argmax(1)
    ranks = _ranks(predicted, probabilities.max(1))
    disagrees = predicted != labels
    place = np.minimum((ranks * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS).astype(float)
    wrong = np.bincount(place, disagrees, BINS)
    centre = np.bincount(place, ranks, BINS) / np.maximum(count, 1)
    # The likelihood of every fraction with its best a and b.
    model = np.minimum(_SLOPES[:, None, None] * centre ** _POWERS[:, None], 1.0).reshape(-1, BINS)
    best = np.array([_log_likelihood(fraction, model, count, wrong) for fraction in _FRACTIONS])
    top = int(best.argmax())
    inside = np.flatnonzero(2 * (best[top] - best) <= SIGNIFICANT)
    return Score(float(_FRACTIONS[top]), float(_FRACTIONS[inside[0]]), float(_FRACTIONS[inside[-1]]))


def _log_likelihood(fraction: float, model: np.ndarray, count: np.ndarray, wrong: np.ndarray) -> float:
    chance = np.clip(fraction + (1 - fraction) * model, 1e-9, 1 - 1e-9)
    return float((np.log(chance) @ wrong + np.log1p(-chance) @ (count - wrong)).max())


def _ranks(predicted: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The rank of each image by confidence among those predicted as the same class: above 0, below 1, (n,)."""
    order = np.lexsort((-confidence, predicted))
    first = np.searchsorted(predicted[order], predicted[order])
    size = np.bincount(predicted, minlength=int(predicted.max(initial=0)) + 1)
    ranks = np.empty(len(predicted))
    ranks[order] = (np.arange(len(predicted)) - first + 0.5) / size[predicted[order]]
    return ranks
