"""Single-label metrics from probabilities (n, classes) and labels (n,), computed with NumPy.

A confusion matrix counts images: rows are the true classes, columns the predicted ones. `scores` computes everything
that the Evaluate page shows; the smaller functions are its steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from imgcls.evaluation.metrics import confidence_intervals
from imgcls.evaluation.metrics.confidence_intervals import Score, ScoreArray, mean_interval, wilson

SMALLEST = 1e-7
"""Smaller probabilities are clipped to this, as in Keras: one incorrect prediction costs at most 16.1 nats."""


@dataclass(frozen=True, eq=False)
class PerClass:
    """Precision, recall and F1 (0 to 1) and support (number of images), with one entry per class on the last axis."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


@dataclass(frozen=True, eq=False)
class ClassTable:
    """Scores per class with their intervals, and the number of images of each class."""

    names: tuple[str, ...]
    precision: ScoreArray
    recall: ScoreArray
    f1: ScoreArray
    support: np.ndarray


@dataclass(frozen=True, eq=False)
class Report:
    """All scores of some predictions; fractions run from 0 to 1, cross-entropy is in nats."""

    accuracy: Score
    cross_entropy: Score
    macro_precision: Score
    macro_recall: Score
    macro_f1: Score
    weighted_precision: Score
    weighted_recall: Score
    weighted_f1: Score
    classes: ClassTable
    matrix: np.ndarray


def scores(
    probabilities: np.ndarray, labels: np.ndarray, class_names: Sequence[str], averaged: Sequence[int] | None = None
) -> Report:
    """The scores of `probabilities` (n, k) given `labels` (n,); class names only label the table.

    `averaged` are the classes that averages are taken over, by default all.

    Accuracy, precision and recall of a class have Wilson intervals, averages and F1 bootstrap intervals, cross-entropy
    a normal-approximation interval. Raises ValueError if shapes do not match or there are no images.
    """
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    if probabilities.shape != (len(labels), len(class_names)) or not len(labels):
        raise ValueError(
            f"Expected probabilities of shape ({len(labels)}, {len(class_names)}) for {len(labels)} labels and "
            f"{len(class_names)} class names, and at least one image; got {probabilities.shape}."
        )
    _, predicted = confidence(probabilities)
    matrix = confusion(predicted, labels, len(class_names))
    right, support, answered = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    means, f1 = bootstrap(matrix, averaged=averaged)
    return Report(
        accuracy=wilson(int(right.sum()), int(matrix.sum())),
        cross_entropy=mean_interval(losses(probabilities, labels)),
        classes=ClassTable(tuple(class_names), wilson(right, answered), wilson(right, support), f1, support),
        matrix=matrix,
        **means,
    )


def confidence(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The highest probability of each image (n,) and its class (n,). The first class wins a tie."""
    probabilities = _finite(probabilities)
    return probabilities.max(axis=1), probabilities.argmax(axis=1)


def confusion(predicted: np.ndarray, labels: np.ndarray, num_classes: int) -> np.ndarray:
    """The number of images by true class (row) and predicted class (column), int64 (num_classes, num_classes)."""
    predicted, labels = np.asarray(predicted, np.int64), np.asarray(labels, np.int64)
    for values in (predicted, labels):
        if values.size and (values.min() < 0 or values.max() >= num_classes):
            raise ValueError(f"Expected classes from 0 to {num_classes - 1}; got {values.min()} to {values.max()}.")
    counts = np.bincount(labels * num_classes + predicted, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def fractions(matrix: np.ndarray) -> np.ndarray:
    """Each row divided by its sum: where the images of a class went. Empty rows stay zero."""
    matrix = np.asarray(matrix)
    return _ratio(matrix, matrix.sum(axis=1, keepdims=True))


def per_class(matrix: np.ndarray) -> PerClass:
    """Precision, recall and F1 of each class of a confusion matrix; 0 instead of a division by zero."""
    matrix = np.asarray(matrix)
    return _per_class(np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0))


def averages(
    table: PerClass, averaged: Sequence[int] | None = None
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Macro and weighted averages over all or some classes: two dicts of precision, recall and f1.

    The macro average weights all classes equally, including those without images (which score 0), as scikit-learn does
    if all labels are given. The weighted average weights each class by its number of images.
    """
    chosen = slice(None) if averaged is None else averaged
    support = table.support[..., chosen]
    weights = _ratio(support, support.sum(axis=-1, keepdims=True))
    columns = {name: getattr(table, name)[..., chosen] for name in ("precision", "recall", "f1")}
    macro = {name: column.mean(axis=-1) for name, column in columns.items()}
    weighted = {name: (column * weights).sum(axis=-1) for name, column in columns.items()}
    return macro, weighted


def bootstrap(
    matrix: np.ndarray, resamples: int = 1000, seed: int = 0, averaged: Sequence[int] | None = None
) -> tuple[dict[str, Score], ScoreArray]:
    """Bootstrap intervals from a confusion matrix: `macro_precision` … `weighted_f1` by name, and F1 per class.

    See `imgcls.evaluation.metrics.confidence_intervals.bootstrap` for the method and its source.
    """
    means, each = confidence_intervals.bootstrap(matrix, partial(_measure, averaged=averaged), resamples, seed)
    return means, each["f1"]


def losses(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The cross-entropy of each image in nats (n,): minus the logarithm of the true class's probability."""
    labels = np.asarray(labels)
    given = _finite(probabilities)[np.arange(len(labels)), labels]
    # The logarithm of 1 would give -0.0, which a page would print as "-0.00".
    return np.abs(np.log(np.clip(given, SMALLEST, 1.0)))


def cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The mean cross-entropy in nats: 0 is perfect, log(classes) is a uniform guess."""
    return float(losses(probabilities, labels).mean())


def worst_pairs(matrix: np.ndarray, names: Sequence[str], most: int = 10) -> list[tuple[str, str, int, float]]:
    """The most confused pairs of classes, most images first: (true, predicted, images, fraction of the true class)."""
    errors = np.asarray(matrix).copy()
    np.fill_diagonal(errors, 0)
    fraction = fractions(matrix)
    order = np.argsort(-errors, axis=None, kind="stable")[:most]
    cells = zip(*np.unravel_index(order, errors.shape), strict=True)
    return [(names[t], names[p], int(errors[t, p]), float(fraction[t, p])) for t, p in cells if errors[t, p]]


def _per_class(right: np.ndarray, support: np.ndarray, answered: np.ndarray) -> PerClass:
    """`per_class` from totals per class: correct predictions, images of the class, predictions of the class."""
    return PerClass(_ratio(right, answered), _ratio(right, support), _ratio(2 * right, support + answered), support)


def _measure(
    right: np.ndarray, support: np.ndarray, answered: np.ndarray, averaged: Sequence[int] | None = None
) -> dict[str, np.ndarray]:
    table = _per_class(right, support, answered)
    macro, weighted = averages(table, averaged)
    named = {f"macro_{name}": value for name, value in macro.items()}
    return named | {f"weighted_{name}": value for name, value in weighted.items()} | {"f1": table.f1}


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole in float64, and 0 where whole is 0 (scikit-learn's zero_division=0)."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def _finite(probabilities: np.ndarray) -> np.ndarray:
    """In float64, with NaN (from a model that diverged) replaced by 0."""
    return np.nan_to_num(np.asarray(probabilities, float), nan=0.0)
