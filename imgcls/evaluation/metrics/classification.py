"""How good are a model's answers? Scores from probabilities (n, classes) and labels (n,), with NumPy alone.

A confusion matrix counts pictures: rows are the true classes, columns the predicted ones.
`scores` answers everything that the Evaluate page shows; the smaller functions are its steps.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from imgcls.evaluation.metrics import confidence_intervals
from imgcls.evaluation.metrics.confidence_intervals import Score, mean_interval, wilson

SMALLEST = 1e-7
"""Probabilities below this count as this, as in Keras: one wrong answer costs at most 16.1 nats."""


@dataclass(frozen=True, eq=False)
class PerClass:
    """Precision, recall and F1 (shares from 0 to 1) and support (pictures), one entry a class on the last axis."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


@dataclass(frozen=True, eq=False)
class ClassTable:
    """Scores a class, each with its interval (arrays of one entry a class), and its number of pictures."""

    names: tuple
    precision: Score
    recall: Score
    f1: Score
    support: np.ndarray


@dataclass(frozen=True, eq=False)
class Report:
    """Everything a set of answers scores; shares run from 0 to 1, cross-entropy is in nats."""

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


def scores(probabilities, labels, class_names, averaged=None):
    """Score `probabilities` (n, k) against `labels` (n,); class names only label the table.

    `averaged` are the classes that the averages count, else all.

    Accuracy, precision and recall of a class carry Wilson intervals, averages and F1 bootstrap intervals,
    cross-entropy a normal-approximation interval. Raises ValueError where shapes disagree or no picture is given.
    """
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    if probabilities.shape != (len(labels), len(class_names)) or not len(labels):
        raise ValueError(
            f"Expected probabilities of shape ({len(labels)}, {len(class_names)}) for {len(labels)} labels and "
            f"{len(class_names)} class names, and at least one picture; got {probabilities.shape}."
        )
    _, predicted = confidence(probabilities)
    matrix = confusion(predicted, labels, len(class_names))
    right, support, answered = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    drawn = bootstrap(matrix, averaged=averaged)
    f1 = drawn.pop("f1")
    return Report(
        accuracy=wilson(right.sum(), matrix.sum()),
        cross_entropy=mean_interval(losses(probabilities, labels)),
        classes=ClassTable(tuple(class_names), wilson(right, answered), wilson(right, support), f1, support),
        matrix=matrix,
        **drawn,
    )


def confidence(probabilities):
    """The largest probability of each picture and its class: two arrays (n,). The first class wins a tie."""
    probabilities = _numbers(probabilities)
    return probabilities.max(axis=1), probabilities.argmax(axis=1)


def confusion(predicted, labels, num_classes):
    """Count pictures (num_classes, num_classes): row = true class, column = predicted class."""
    predicted, labels = np.asarray(predicted, np.int64), np.asarray(labels, np.int64)
    for values in (predicted, labels):
        if values.size and (values.min() < 0 or values.max() >= num_classes):
            raise ValueError(f"Expected classes from 0 to {num_classes - 1}; got {values.min()} to {values.max()}.")
    counts = np.bincount(labels * num_classes + predicted, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def fractions(matrix):
    """Each row divided by its sum: of the pictures of a class, which share went where. Empty rows stay zero."""
    matrix = np.asarray(matrix)
    return _ratio(matrix, matrix.sum(axis=1, keepdims=True))


def per_class(matrix):
    """Precision, recall and F1 of each class of a confusion matrix; what would divide by zero is 0."""
    matrix = np.asarray(matrix)
    return _per_class(np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0))


def averages(table, averaged=None):
    """Macro and weighted means of a PerClass, or of some of its classes: two dicts of precision, recall, f1.

    Macro counts each class the same, also one without pictures (scoring 0), as scikit-learn does when all labels are
    given. Weighted counts each class by its pictures.
    """
    chosen = slice(None) if averaged is None else averaged
    support = table.support[..., chosen]
    weights = _ratio(support, support.sum(axis=-1, keepdims=True))
    columns = {name: getattr(table, name)[..., chosen] for name in ("precision", "recall", "f1")}
    macro = {name: column.mean(axis=-1) for name, column in columns.items()}
    weighted = {name: (column * weights).sum(axis=-1) for name, column in columns.items()}
    return macro, weighted


def bootstrap(matrix, resamples=1000, seed=0, averaged=None):
    """Bootstrap intervals of a confusion matrix: `macro_precision` ... `weighted_f1` (Scores), `f1` (one a class).

    See `imgcls.evaluation.metrics.confidence_intervals.bootstrap` for the method and its source.
    """
    return confidence_intervals.bootstrap(matrix, partial(_measure, averaged=averaged), resamples, seed)


def losses(probabilities, labels):
    """Cross-entropy of each picture in nats (n,): minus the logarithm of the true class's probability."""
    labels = np.asarray(labels)
    given = _numbers(probabilities)[np.arange(len(labels)), labels]
    # 0.0 instead of the -0.0 that the logarithm of 1 gives, which a page would print as "-0.00".
    return np.abs(np.log(np.clip(given, SMALLEST, 1.0)))


def cross_entropy(probabilities, labels):
    """Mean cross-entropy in nats: 0 when sure and right, log(classes) when guessing evenly, more if sure and wrong."""
    return float(losses(probabilities, labels).mean())


def worst_pairs(matrix, names, most=10):
    """The most confused pairs, most pictures first: tuples (true name, predicted name, pictures, share of true)."""
    errors = np.asarray(matrix).copy()
    np.fill_diagonal(errors, 0)
    fraction = fractions(matrix)
    order = np.argsort(-errors, axis=None, kind="stable")[:most]
    cells = zip(*np.unravel_index(order, errors.shape), strict=True)
    return [(names[t], names[p], int(errors[t, p]), float(fraction[t, p])) for t, p in cells if errors[t, p]]


def _per_class(right, support, answered):
    """`per_class` from totals a class: rightly answered, having that label, given that answer."""
    return PerClass(_ratio(right, answered), _ratio(right, support), _ratio(2 * right, support + answered), support)


def _measure(right, support, answered, averaged=None):
    table = _per_class(right, support, answered)
    macro, weighted = averages(table, averaged)
    named = {f"macro_{name}": value for name, value in macro.items()}
    return named | {f"weighted_{name}": value for name, value in weighted.items()} | {"f1": table.f1}


def _ratio(part, whole):
    """part / whole in float64, and 0 where whole is 0 (zero_division=0 in scikit-learn's words)."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def _numbers(probabilities):
    """In float64, and an answer that is not a number (a model that broke) counts as probability 0."""
    return np.nan_to_num(np.asarray(probabilities, float), nan=0.0)
