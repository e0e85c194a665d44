"""Multi-label metrics: images can have several labels, and each label is evaluated on its own.

Probabilities and labels are matrices (n, k), labels of 0 and 1. A label is predicted if its probability is at least
the threshold, which is one number or one for each label. `scores` computes everything that the Evaluate page shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics.classification import SMALLEST
from imgcls.evaluation.metrics.confidence_intervals import Score, ScoreArray, mean_interval, wilson

Threshold = float | tuple[float, ...]
"""One threshold for all labels, or one for each."""
THRESHOLD = 0.5
THRESHOLDS = np.arange(2, 99) / 100
"""The candidates from which a threshold is chosen."""
FEWEST_CHOSEN = 10
RESAMPLES = 1000
FEWEST_RESAMPLES = 100
MOST_RANKED, MOST_DRAWN = 40_000_000, 10_000_000
"""Limits on the work of the bootstrap: numbers processed for the average precision, and images drawn for F1. Test sets
of tens of thousands of images get fewer resamples; their intervals are narrow anyway."""


@dataclass(frozen=True, eq=False)
class LabelTable:
    """Scores of each label with 95% intervals; the numbers of images that have it and for which it is predicted.

    Divisions by zero, such as the precision of a label that is never predicted, give the value 0 and the interval 0 to
    1; the average precision of a label that no image has is NaN.
    """

    names: tuple[str, ...]
    precision: ScoreArray
    recall: ScoreArray
    f1: ScoreArray
    average_precision: ScoreArray
    support: np.ndarray
    answered: np.ndarray


@dataclass(frozen=True, eq=False)
class LabelReport:
    """All scores of some predictions; fractions run from 0 to 1, cross-entropy is in nats."""

    threshold: Threshold
    all_right: Score  # exact-match ratio: images with every label correct
    label_accuracy: Score  # correct labels among all labels of all images (1 - Hamming loss)
    macro_f1: Score
    micro_f1: Score
    mean_average_precision: Score
    cross_entropy: Score
    labels: LabelTable


@dataclass(frozen=True, eq=False)
class Ranking:
    """Average precision, which does not depend on a threshold: of each label (k,), and the mean."""

    labels: ScoreArray
    mean: Score


def scores(
    probabilities: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    threshold: Threshold = THRESHOLD,
    ranked: Ranking | None = None,
) -> LabelReport:
    """The scores of `probabilities` (n, k) given `labels` (n, k) of 0 and 1.

    Precision, recall and the exact-match ratio have Wilson intervals. F1, average precision and the means have
    percentile intervals from resampled images (Efron 1979), because the labels of an image are not independent.
    `ranked` is the result of `ranking`, if it is known already. Raises ValueError if shapes do not match or there are
    no images.
    """
    probabilities, labels = _checked(probabilities, labels)
    if probabilities.shape[1] != len(names):
        raise ValueError(f"Expected {len(names)} columns, one per label; got {probabilities.shape[1]}.")
    predicted = probabilities >= np.asarray(threshold)
    right, support, answered = (predicted & labels).sum(0), labels.sum(0), predicted.sum(0)
    f1, macro_f1, micro_f1 = _f1_intervals(predicted, labels)
    exact, of_image = (predicted == labels).all(1), (predicted == labels).mean(1)
    ranked = ranked or ranking(probabilities, labels)
    label_accuracy = mean_interval(of_image)
    return LabelReport(
        threshold=threshold,
        all_right=wilson(int(exact.sum()), len(exact)),
        label_accuracy=Score(label_accuracy.value, label_accuracy.low, min(1.0, label_accuracy.high)),
        cross_entropy=mean_interval(losses(probabilities, labels)),
        macro_f1=macro_f1,
        micro_f1=micro_f1,
        mean_average_precision=ranked.mean,
        labels=LabelTable(
            tuple(names), wilson(right, answered), wilson(right, support), f1, ranked.labels, support, answered
        ),
    )


def losses(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The binary cross-entropy of each image in nats (n,), averaged over labels: log 2 if all probabilities are 0.5."""
    probabilities, labels = _checked(probabilities, labels)
    given = np.where(labels, probabilities, 1 - probabilities)
    return np.abs(np.log(np.clip(given, SMALLEST, 1.0))).mean(1)


def f1_of(right: np.ndarray, support: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """F1 from totals on the last axis: correctly predicted, true and predicted; 0 where all are 0."""
    whole = np.asarray(support, float) + answered
    return np.divide(2.0 * right, whole, out=np.zeros(whole.shape), where=whole > 0)


def average_precisions(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The average precision of each label (k,): precision averaged over the gains in recall, without interpolation
    (as in scikit-learn; Zhu 2004). NaN for a label that no image has."""
    probabilities, labels = _checked(probabilities, labels)
    every_image = np.ones(len(labels), np.int64)
    return np.array([_Ranked.of(probabilities[:, k], labels[:, k]).score(every_image) for k in range(labels.shape[1])])


def ranking(probabilities: np.ndarray, labels: np.ndarray) -> Ranking:
    """The average precision of each label and their mean, with percentile intervals from resampled images.

    The mean leaves out labels that no image has.
    """
    probabilities, labels = _checked(probabilities, labels)
    n, k = labels.shape
    columns = [_Ranked.of(probabilities[:, label], labels[:, label]) for label in range(k)]
    resamples = int(np.clip(MOST_RANKED // (n * k), FEWEST_RESAMPLES, RESAMPLES))
    generator = np.random.default_rng(0)
    draws = np.empty((resamples, k + 1))
    for row in range(resamples):
        draws[row] = _with_mean(columns, np.bincount(generator.integers(0, n, n), minlength=n))
    point = _with_mean(columns, np.ones(n, np.int64))
    low, high = np.zeros(k + 1), np.ones(k + 1)
    known = np.isfinite(draws).any(0)
    low[known], high[known] = np.nanpercentile(draws[:, known], (2.5, 97.5), axis=0)
    low, high = np.fmin(low, point), np.fmax(high, point)
    return Ranking(
        ScoreArray(point[:-1], low[:-1], high[:-1]), Score(float(point[-1]), float(low[-1]), float(high[-1]))
    )


def chosen_threshold(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The threshold with the highest macro F1; of equally good ones the nearest to 0.5.

    Call it with validation images: a threshold chosen on the test set makes the test score too optimistic.
    """
    probabilities, labels = _checked(probabilities, labels)
    support = labels.sum(0)
    found = []
    for threshold in THRESHOLDS:
        predicted = probabilities >= threshold
        found.append(f1_of((predicted & labels).sum(0), support, predicted.sum(0)).mean())
    best = THRESHOLDS[np.flatnonzero(np.array(found) >= max(found) - 1e-12)]
    return float(best[np.argmin(np.abs(best - THRESHOLD))])


def chosen_thresholds(probabilities: np.ndarray, labels: np.ndarray) -> tuple[float, ...]:
    """The threshold of each label with the highest F1; of equally good ones the nearest to 0.5.

    A label with fewer than `FEWEST_CHOSEN` images gets the threshold of all labels: its own would be chance. Call it
    with validation images, as above. (Maximising each label's F1 maximises macro F1; Lipton, Elkan and Naryanaswamy
    2014, "Optimal thresholding of classifiers to maximize F1 measure".)
    """
    common = chosen_threshold(probabilities, labels)
    probabilities, labels = _checked(probabilities, labels)
    support = labels.sum(0)
    # float (candidates, labels)
    f1 = np.array(
        [
            f1_of((predicted & labels).sum(0), support, predicted.sum(0))
            for predicted in (probabilities >= threshold for threshold in THRESHOLDS)
        ]
    )
    distance = np.abs(THRESHOLDS - THRESHOLD)[:, None]
    best = THRESHOLDS[np.where(f1 >= f1.max(0) - 1e-12, distance, np.inf).argmin(0)]
    return tuple(np.where(support >= FEWEST_CHOSEN, best, common).tolist())


@dataclass(frozen=True, eq=False)
class _Ranked:
    """The images by falling probability of one label: `order` (n,), their `truth` (n,), and the last position of each
    run of equal probabilities, since such images are predicted together."""

    order: np.ndarray
    truth: np.ndarray
    last: np.ndarray

    @classmethod
    def of(cls, probabilities: np.ndarray, truth: np.ndarray) -> "_Ranked":
        order = np.argsort(-probabilities, kind="stable")
        ranked = probabilities[order]
        return cls(order, truth[order], np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True]))

    def score(self, weights: np.ndarray) -> float:
        """The average precision if image i occurs `weights[i]` times; NaN if none has the label."""
        weight = weights[self.order]
        right = np.cumsum(weight * self.truth)[self.last]
        if not right[-1]:
            return np.nan
        precision = right / np.maximum(np.cumsum(weight)[self.last], 1)
        return float((np.diff(right, prepend=0) * precision).sum() / right[-1])


def _with_mean(columns: list[_Ranked], weights: np.ndarray) -> np.ndarray:
    """The average precision of each label, then their mean, (k + 1,)."""
    values = np.array([column.score(weights) for column in columns])
    return np.r_[values, np.nanmean(values) if np.isfinite(values).any() else np.nan]


def _f1_intervals(predicted: np.ndarray, labels: np.ndarray) -> tuple[ScoreArray, Score, Score]:
    """F1 of each label, macro F1 and micro F1, with intervals from resampled images. The seed is fixed."""
    n = len(labels)
    # One matrix product counts everything: correctly predicted, true and predicted labels.
    facts = np.concatenate([predicted & labels, labels, predicted], 1).astype(np.float32)
    point = _f1s(*np.split(facts.sum(0, dtype=np.float64), 3))
    generator, draws = np.random.default_rng(0), []
    for _ in range(int(np.clip(MOST_DRAWN // n, FEWEST_RESAMPLES, RESAMPLES)) // 50):
        weights = generator.multinomial(n, np.full(n, 1 / n), size=50).astype(np.float32)
        draws.append(_f1s(*np.split((weights @ facts).astype(np.float64), 3, axis=1)))
    bounds = [np.percentile(np.concatenate(parts), (2.5, 97.5), axis=0) for parts in zip(*draws, strict=True)]
    low = [np.minimum(ends[0], value) for ends, value in zip(bounds, point, strict=True)]
    high = [np.maximum(ends[1], value) for ends, value in zip(bounds, point, strict=True)]
    macro, micro = (Score(float(point[at]), float(low[at]), float(high[at])) for at in (1, 2))
    return ScoreArray(point[0], low[0], high[0]), macro, micro


def _f1s(right: np.ndarray, support: np.ndarray, answered: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """F1 of each label, macro F1 and micro F1."""
    f1 = f1_of(right, support, answered)
    return f1, f1.mean(-1), f1_of(right.sum(-1), support.sum(-1), answered.sum(-1))


def _checked(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities in float64 with NaN as 0; labels as booleans. Raises ValueError if their shapes do not match."""
    probabilities = np.nan_to_num(np.asarray(probabilities, float), nan=0.0)
    labels = np.asarray(labels) > 0
    if probabilities.ndim != 2 or probabilities.shape != labels.shape or not len(labels):
        raise ValueError(
            f"Expected probabilities and labels of one shape (images, labels) and at least one image; got "
            f"{probabilities.shape} and {labels.shape}."
        )
    return probabilities, labels
