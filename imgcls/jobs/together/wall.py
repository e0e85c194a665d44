"""What the audience wall shows of its drawings."""

from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.jobs.together.activities import Activity
from imgcls.jobs.together.pool import Drawing, Pool

FEWEST_OF_CLASS = 3
"""Drawings of a class before it can be the hardest."""


@dataclass(frozen=True, eq=False)
class Wall:
    """`matrix` int (classes, classes): rows are what the writers said, columns the predictions.

    `accuracy` is (value, low, high) with its 95% interval, None without labelled drawings. `hardest` are the
    classes with the lowest recall, and that recall; None if all are read. `mistake` is the most confident error.
    Neither right nor wrong are those that are not of any class (`rejected`), and others without a label (`unlabelled`).
    """

    drawings: int
    labelled: int
    matrix: np.ndarray
    accuracy: tuple[float, float, float] | None
    hardest: tuple[tuple[int, ...], float] | None
    mistake: Drawing | None
    rejected: int
    unlabelled: int


def of(drawings: Pool, activity: Activity) -> Wall:
    """The figures of all drawings that are shown."""
    classes = len(activity.classes)
    matrix, total, rejected, unlabelled = np.zeros((classes, classes), np.int64), 0, 0, 0
    for label, predicted, count in drawings.pairs():
        total += count
        rejected += count if predicted is None else 0
        unlabelled += count if label is None and predicted is not None else 0
        if label is not None and predicted is not None and max(label, predicted) < classes:
            matrix[label, predicted] = count
    labelled, right = int(matrix.sum()), int(np.trace(matrix))
    interval = wilson(right, labelled) if labelled else None
    return Wall(
        total,
        labelled,
        matrix,
        (interval.value, interval.low, interval.high) if interval else None,
        _hardest(matrix),
        drawings.surest_mistake() if right < labelled else None,
        rejected,
        unlabelled,
    )


def _hardest(matrix: np.ndarray) -> tuple[tuple[int, ...], float] | None:
    counts = matrix.sum(1)
    recall = np.diag(matrix) / np.maximum(counts, 1)
    recall[counts < FEWEST_OF_CLASS] = 1.0
    worst = float(recall.min())
    return (tuple(np.flatnonzero(recall == worst).tolist()), worst) if worst < 1 else None
