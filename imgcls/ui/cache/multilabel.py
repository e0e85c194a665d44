"""Reports and curves of multi-label runs, cached by the times of the run's files. Pages must not change them."""

from functools import lru_cache

import numpy as np

from imgcls.charts import multilabel as multilabel_charts
from imgcls.evaluation.metrics import multilabel
from imgcls.evaluation.metrics.multilabel import LabelReport
from imgcls.runs.run import Run
from imgcls.ui.cache.predictions import predictions_stamp, test_predictions
from imgcls.ui.widgets.static_figure import StaticFigure, static

MOST_POINTS = 600
"""Points of all curves of a figure together."""
MOST_LINES = 8


def report(run: Run, threshold: float) -> LabelReport:
    """The scores at a threshold."""
    return _report(run, predictions_stamp(run), threshold)


@lru_cache(64)
def _report(run: Run, stamp: tuple, threshold: float) -> LabelReport:
    return test_predictions(run).report_at(threshold)


def curves(run: Run, threshold: float, label: int | None) -> StaticFigure:
    """The figure of precision over recall, of one label or of the first `MOST_LINES` that a picture has."""
    return _curves(run, predictions_stamp(run), threshold, label)


@lru_cache(32)
def _curves(run: Run, stamp: tuple, threshold: float, label: int | None) -> StaticFigure:
    found, table = test_predictions(run), report(run, threshold).labels
    shown = [label] if label is not None else np.flatnonzero(table.support)[:MOST_LINES].tolist()
    lines = {}
    for number in shown:
        precision, recall, _ = multilabel.precision_recall(found.probabilities[:, number], found.labels[:, number])
        kept = np.unique(np.linspace(0, len(recall) - 1, MOST_POINTS // len(shown)).round().astype(int))
        lines[number] = precision[kept], recall[kept]
    points = {
        number: (float(table.precision.value[number]), float(table.recall.value[number]))
        for number in shown
        if table.answered[number]
    }
    return static(multilabel_charts.precision_recall(lines, run.card.classes, points))
