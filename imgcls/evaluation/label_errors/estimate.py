"""How many labels are wrong? An estimate that does not mistake the model's own errors for wrong labels.

A prediction that disagrees with a label is an error of one of them. Where the model is certain, its own errors become
rare, but wrong labels do not: what remains of the disagreement there is the fraction of wrong labels. So the
disagreement rate is modelled as

    P(disagree | r) = p + (1 - p) * a * r ** b

where r, from 0 to 1, is the rank of an image by confidence (0: the most confident), p is the fraction of wrong labels,
and a * r ** b the error rate of the model, which falls to 0 with r. The parameters are those of the highest likelihood.
The interval holds every p whose likelihood ratio to the best fit is not significant at 5% (Wilks 1938), and is widened
by a tenth of the model's own errors, because a model may be certain and wrong. It assumes that labels are as often
wrong on easy images as on hard ones; if they are wrong mostly on hard ones, the true fraction is higher.

Measured with linear models on 3,000 images with 0, 1.3, 5 and 10% of labels wrong, at random or as the next class: on
MNIST, Fashion-MNIST and three synthetic problems (accuracy 74% to 95%), all intervals contain the truth. The
off-diagonal of confident learning's joint counts the model's errors as well: it gives 12% on Fashion-MNIST if no label
was changed, where this estimate is 0% (0 to 2.7%).
"""

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import Score

BINS = 60
MOST_WRONG = 0.6
LEAST_AGREEMENT = 0.6
"""A model that agrees with fewer labels is rarely certain. Its errors do not vanish, so the lower bound is 0."""
CERTAIN_ERRORS = 0.1
"""So large a fraction of the model's errors may be made with certainty, so that they look like wrong labels."""
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
    disagrees = predicted != labels
    ranks = np.empty(len(labels))
    ranks[np.argsort(-probabilities.max(1), kind="stable")] = (np.arange(len(labels)) + 0.5) / len(labels)
    place = np.minimum((ranks * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS).astype(float)
    wrong = np.bincount(place, disagrees, BINS)
    centre = np.bincount(place, ranks, BINS) / np.maximum(count, 1)
    # The likelihood of every fraction with its best a and b.
    model = np.minimum(_SLOPES[:, None, None] * centre ** _POWERS[:, None], 1.0).reshape(-1, BINS)
    best = np.array([_log_likelihood(fraction, model, count, wrong) for fraction in _FRACTIONS])
    top = int(best.argmax())
    inside = np.flatnonzero(2 * (best[top] - best) <= SIGNIFICANT)
    value, low, high = (float(_FRACTIONS[place]) for place in (top, inside[0], inside[-1]))
    allowance = CERTAIN_ERRORS * max(0.0, float(disagrees.mean()) - value)
    low = 0.0 if is_weak(1 - float(disagrees.mean())) else max(0.0, low - allowance)
    return Score(value, low, min(1.0, high + allowance))


def is_weak(agreement: float) -> bool:
    """Whether a model that agrees with this fraction of the labels is too weak to find how many of them are wrong."""
    return agreement < LEAST_AGREEMENT


def _log_likelihood(fraction: float, model: np.ndarray, count: np.ndarray, wrong: np.ndarray) -> float:
    chance = np.clip(fraction + (1 - fraction) * model, 1e-9, 1 - 1e-9)
    return float((np.log(chance) @ wrong + np.log1p(-chance) @ (count - wrong)).max())
