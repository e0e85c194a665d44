"""How good are answers where a picture may have several labels? Each label is judged on its own, with NumPy alone.

Probabilities and labels are matrices (n, k), labels of 0 and 1: is this label on this picture? An answer is "yes" from
a threshold on. `scores` answers everything that the Evaluate page shows.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics.classification import SMALLEST
from imgcls.evaluation.metrics.confidence_intervals import Score, mean_interval, wilson

THRESHOLD = 0.5
THRESHOLDS = np.arange(2, 99) / 100
"""Those among which one is chosen."""
RESAMPLES = 1000
FEWEST_RESAMPLES = 100
MOST_RANKED, MOST_DRAWN = 40_000_000, 10_000_000
"""Numbers that the resampling of the average precision may look at in all, and pictures that of F1 may draw: from a
test of tens of thousands of pictures on there are fewer draws, and the ranges are narrow anyway."""


@dataclass(frozen=True, eq=False)
class LabelTable:
    """Scores of each label with 95% intervals (arrays of one entry a label), and how many pictures have it.

    What divides by nothing, as the precision of a label that was never answered, has the value 0 and the interval 0 to
    1; the average precision of a label that no picture has is NaN.
    """

    names: tuple[str, ...]
    precision: Score
    recall: Score
    f1: Score
    average_precision: Score
    support: np.ndarray
    answered: np.ndarray


@dataclass(frozen=True, eq=False)
class LabelReport:
    """Everything that a set of answers scores; shares run from 0 to 1, cross-entropy is in nats."""

    threshold: float
    all_right: Score  # pictures of which every label is right
    label_accuracy: Score  # right answers among all, label by label
    macro_f1: Score
    micro_f1: Score
    mean_average_precision: Score
    cross_entropy: Score
    labels: LabelTable


@dataclass(frozen=True, eq=False)
class Ranking:
    """Average precision, which no threshold changes: of each label (arrays (k,)), and their mean."""

    labels: Score
    mean: Score


def scores(probabilities, labels, names, threshold=THRESHOLD, ranked: Ranking | None = None) -> LabelReport:
    """Score `probabilities` (n, k) against `labels` (n, k) of 0 and 1.

    Precision, recall and the share of pictures that are right in all have Wilson intervals. F1, the average precision
    and the means have percentile intervals from pictures drawn anew (Efron 1979), as labels of one picture belong
    together. `ranked` is the `ranking`, where it is known already. Raises ValueError where shapes disagree or there is
    no picture.
    """
    probabilities, labels = _checked(probabilities, labels)
    if probabilities.shape[1] != len(names):
        raise ValueError(f"Expected {len(names)} columns, one for each label; got {probabilities.shape[1]}.")
    said = probabilities >= threshold
    right, support, answered = (said & labels).sum(0), labels.sum(0), said.sum(0)
    drawn = _redrawn(said, labels)
    exact, each = (said == labels).all(1), (said == labels).mean(1)
    ranked = ranked or ranking(probabilities, labels)
    return LabelReport(
        threshold=float(threshold),
        all_right=wilson(exact.sum(), len(exact)),
        label_accuracy=_within_one(mean_interval(each)),
        cross_entropy=mean_interval(losses(probabilities, labels)),
        macro_f1=drawn["macro_f1"],
        micro_f1=drawn["micro_f1"],
        mean_average_precision=ranked.mean,
        labels=LabelTable(
            tuple(names),
            wilson(right, answered),
            wilson(right, support),
            drawn["f1"],
            ranked.labels,
            support,
            answered,
        ),
    )


def losses(probabilities, labels):
    """Binary cross-entropy of each picture in nats (n,), the mean over its labels: log 2 when nothing is known."""
    probabilities, labels = _checked(probabilities, labels)
    given = np.where(labels, probabilities, 1 - probabilities)
    return np.abs(np.log(np.clip(given, SMALLEST, 1.0))).mean(1)


def f1_of(right, support, answered):
    """F1 from totals on the last axis: rightly answered, having the label, given it; 0 where all are 0."""
    whole = np.asarray(support, float) + answered
    return np.divide(2.0 * right, whole, out=np.zeros(whole.shape), where=whole > 0)


def precision_recall(probabilities, truth):
    """The curve of one label: precision, recall and the thresholds that give them, from the largest one down.

    As scikit-learn's, but in the order of falling thresholds and without its last point.
    """
    probabilities, truth = np.asarray(probabilities, float), np.asarray(truth) > 0
    order = np.argsort(-probabilities, kind="stable")
    sorted_values = probabilities[order]
    last = _ends(sorted_values)
    right = np.cumsum(truth[order])[last]
    return right / (last + 1), right / max(1, truth.sum()), sorted_values[last]


def average_precisions(probabilities, labels):
    """The average precision of each label (k,): the mean of the precision over the gains in recall, without smoothing
    between points (as scikit-learn; Zhu 2004). NaN for a label that no picture has."""
    probabilities, labels = _checked(probabilities, labels)
    found = np.full(labels.shape[1], np.nan)
    for label in np.flatnonzero(labels.any(0)):
        precision, recall, _ = precision_recall(probabilities[:, label], labels[:, label])
        found[label] = float((np.diff(recall, prepend=0.0) * precision).sum())
    return found


def ranking(probabilities, labels) -> Ranking:
    """The average precision of each label and their mean, with percentile intervals from pictures drawn anew.

    A label that no picture has does not count in the mean.
    """
    probabilities, labels = _checked(probabilities, labels)
    n, k = labels.shape
    point = average_precisions(probabilities, labels)
    point = np.r_[point, np.nanmean(point) if labels.any() else np.nan]
    orders = [np.argsort(-probabilities[:, label], kind="stable") for label in range(k)]
    lasts = [_ends(probabilities[order, label]) for label, order in enumerate(orders)]
    resamples = int(np.clip(MOST_RANKED // (n * k), FEWEST_RESAMPLES, RESAMPLES))
    generator, draws = np.random.default_rng(0), np.full((resamples, k + 1), np.nan)
    for row in range(resamples):
        weights = np.bincount(generator.integers(0, n, n), minlength=n)
        for label in range(k):
            weight = weights[orders[label]]
            answered = np.cumsum(weight)[lasts[label]]
            right = np.cumsum(weight * labels[orders[label], label])[lasts[label]]
            if right[-1]:
                precision = right / np.maximum(answered, 1)
                draws[row, label] = (np.diff(right, prepend=0) * precision).sum() / right[-1]
        if np.isfinite(draws[row]).any():
            draws[row, k] = np.nanmean(draws[row, :k])
    low, high = np.zeros(k + 1), np.ones(k + 1)
    known = np.isfinite(draws).any(0)
    low[known], high[known] = np.nanpercentile(draws[:, known], (2.5, 97.5), axis=0)
    low, high = np.fmin(low, point), np.fmax(high, point)
    return Ranking(Score(point[:-1], low[:-1], high[:-1]), Score(float(point[-1]), float(low[-1]), float(high[-1])))


def chosen_threshold(probabilities, labels) -> float:
    """The threshold with the best mean of the labels' F1; of equally good ones the nearest to 0.5.

    To be asked with validation pictures: one that is chosen on the test flatters it.
    """
    probabilities, labels = _checked(probabilities, labels)
    support = labels.sum(0)
    found = []
    for threshold in THRESHOLDS:
        said = probabilities >= threshold
        found.append(f1_of((said & labels).sum(0), support, said.sum(0)).mean())
    best = THRESHOLDS[np.flatnonzero(np.array(found) >= max(found) - 1e-12)]
    return float(best[np.argmin(np.abs(best - THRESHOLD))])


def _ends(values):
    """The last place of each run of equal values: answers that are the same are given together."""
    return np.flatnonzero(np.r_[values[1:] != values[:-1], True])


def _redrawn(said, labels):
    """Intervals of F1 by drawing pictures anew: a dict of Scores. The seed is fixed, so a run always shows the same."""
    n = len(labels)
    # One matrix product counts everything: rightly answered, having the label, given it.
    facts = np.concatenate([said & labels, labels, said], 1).astype(np.float32)
    right, support, answered = np.split(facts.sum(0, dtype=np.float64), 3)
    point = _f1s(right, support, answered)
    generator, draws = np.random.default_rng(0), []
    for _ in range(int(np.clip(MOST_DRAWN // n, FEWEST_RESAMPLES, RESAMPLES)) // 50):
        weights = generator.multinomial(n, np.full(n, 1 / n), size=50).astype(np.float32)
        draws.append(_f1s(*np.split((weights @ facts).astype(np.float64), 3, axis=1)))
    answer = {}
    for name, value in point.items():
        low, high = np.percentile(np.concatenate([draw[name] for draw in draws]), (2.5, 97.5), axis=0)
        answer[name] = Score(value, np.minimum(low, value), np.maximum(high, value))
    return answer


def _f1s(right, support, answered):
    f1 = f1_of(right, support, answered)
    return {
        "f1": f1,
        "macro_f1": f1.mean(-1),
        "micro_f1": f1_of(right.sum(-1), support.sum(-1), answered.sum(-1)),
    }


def _within_one(score: Score) -> Score:
    return Score(score.value, score.low, min(1.0, score.high))


def _checked(probabilities, labels):
    """In float64, what is no number as 0; labels as booleans. Raises ValueError where they do not belong together."""
    probabilities = np.nan_to_num(np.asarray(probabilities, float), nan=0.0)
    labels = np.asarray(labels) > 0
    if probabilities.ndim != 2 or probabilities.shape != labels.shape or not len(labels):
        raise ValueError(
            f"Expected probabilities and labels of one shape (pictures, labels) and at least one picture; got "
            f"{probabilities.shape} and {labels.shape}."
        )
    return probabilities, labels
