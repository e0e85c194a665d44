"""ROC and precision-recall curves of some classes or labels, and the areas under the curves of all of them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import streamlit as st

from imgcls import languages
from imgcls.charts import scores
from imgcls.evaluation.metrics import roc_pr
from imgcls.evaluation.metrics.confidence_intervals import Score, ScoreArray
from imgcls.evaluation.metrics.percent import interval
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.selection import Selection
from imgcls.languages import percentage
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static

MOST_SHOWN = 5
AUC = (
    "The probability that a random image of the class gets a higher probability for it than a random image of "
    "another class."
)
AP = (
    "The mean precision over all recall values: high only if nearly all images of the class are found with few false "
    "positives."
)


GOOD = (
    "A good model's ROC curve rises steeply and runs along the top; its precision stays near 100% as recall grows. The "
    "legend gives the area under each curve: 100% is perfect."
)


@dataclass(frozen=True, eq=False)
class Areas:
    """Areas under the curves, one entry per class, and the mean over the classes that have images."""

    auc: ScoreArray
    mean: Score
    precision: list[Score]
    images: np.ndarray


def show(view: View) -> None:
    """Both figures side by side, and the table of all classes."""
    key, filters = view.key, view.filters
    is_multilabel = isinstance(view.predictions, Decisions)
    areas = _areas(key, filters)
    if np.isnan(areas.mean.value):
        st.info(
            "There are no curves: no label has both images with it and images without it."
            if is_multilabel
            else "There are no curves: all filtered images belong to one class.",
            icon=":material/info:",
        )
        return
    names = view.names
    mean = f"**{formatting.fraction(areas.mean.value)}** ({formatting.interval(areas.mean)})"
    st.markdown(f"Mean area under the ROC curves: {mean}.", help=AUC)
    st.caption(GOOD)
    auc = np.asarray(areas.auc.value)
    ranked = [one for one in range(len(names)) if np.isfinite(auc[one])]
    worst = sorted(ranked, key=lambda one: auc[one])[:MOST_SHOWN]
    chosen = st.multiselect(
        "Labels shown" if is_multilabel else "Classes shown",
        ranked,
        default=sorted(worst),
        format_func=lambda one: names[one] if one < len(names) else "",
        key=f"curves-of-{view.run.id}-{hash((filters, view.merging))}",
        max_selections=10,
        help="By default, those with the smallest areas.",
    )
    if chosen:
        left, right = st.columns(2, gap="large")
        for column, kind, title in ((left, "roc", "ROC"), (right, "pr", "Precision and recall")):
            with column:
                st.markdown(f"**{title}**")
                st.plotly_chart(
                    _figure(key, filters, tuple(chosen), kind, languages.current()),
                    key=f"{kind}-{view.run.id}",
                    config=figure_download.savable(kind),
                    alt=f"{title} for {len(chosen)} classes; the table below lists the areas under the curves.",
                )
        if is_multilabel:
            st.caption(
                "The star marks the current threshold; the rest of each curve shows what other thresholds would give."
            )
    st.dataframe(
        _table(key, filters),
        hide_index=True,
        height=min(35 * (len(names) + 1) + 3, 400),
        column_config={
            "ROC AUC (%)": st.column_config.NumberColumn(format="%.2f", help=AUC),
            "Average precision (%)": st.column_config.NumberColumn(format="%.2f", help=AP),
        },
        alt="Area under the ROC curve and average precision of every class, with 95% confidence intervals.",
    )
    st.caption(
        "One class against the rest. 95% confidence intervals: DeLong for ROC AUC, Wilson for average precision."
    )


@lru_cache(8)
def _areas(key: Key, filters: Selection) -> Areas:
    predictions, kept = selection_state.predictions_of(key), selection_state.kept(key, filters)
    probabilities, labels = predictions.probabilities[kept], predictions.labels[kept]
    classes = range(len(predictions.names))
    truths = [predictions.truth(one)[kept] for one in classes]
    auc, mean = roc_pr.areas(probabilities, labels)
    precision = [roc_pr.average_precision(probabilities[:, one], truths[one]) for one in classes]
    return Areas(auc, mean, precision, np.array([int(truth.sum()) for truth in truths]))


@lru_cache(16)
def _figure(key: Key, filters: Selection, chosen: tuple[int, ...], kind: str, language: str) -> StaticFigure:
    predictions, kept = selection_state.predictions_of(key), selection_state.kept(key, filters)
    areas = _areas(key, filters)
    draw = roc_pr.roc if kind == "roc" else roc_pr.precision_recall
    truths = {one: predictions.truth(one)[kept] for one in chosen}
    curves = {one: roc_pr.thinned(draw(predictions.probabilities[kept, one], truths[one])) for one in chosen}
    area = areas.auc.value if kind == "roc" else [score.value for score in areas.precision]
    notes = {one: formatting.fraction(float(np.asarray(area)[one])) for one in chosen}
    points = None
    if isinstance(predictions, Decisions):
        predicted = predictions.predicted[kept]
        found = {one: _point(predicted[:, one], truths[one], kind) for one in chosen}
        points = {one: point for one, point in found.items() if point is not None}
    return static(scores.class_curves(curves, notes, predictions.names, kind=kind, points=points))


def _point(predicted: np.ndarray, truth: np.ndarray, kind: str) -> tuple[float, float] | None:
    """Where the current threshold lies on a curve; None if precision is undefined there."""
    recall = float((predicted & truth).sum() / max(truth.sum(), 1))
    if kind == "roc":
        return float((predicted & ~truth).sum() / max((~truth).sum(), 1)), recall
    return (recall, float((predicted & truth).sum() / predicted.sum())) if predicted.any() else None


@lru_cache(8)
def _table(key: Key, filters: Selection) -> pa.Table:
    areas = _areas(key, filters)
    auc, ap = areas.auc, areas.precision
    return pa.table(
        {
            "Class" if key.threshold is None else "Label": list(selection_state.predictions_of(key).names),
            "Images": areas.images,
            "ROC AUC (%)": _percent(auc.value),
            "95% CI of AUC": _intervals(auc.low, auc.high),
            "Average precision (%)": _percent([score.value for score in ap]),
            "95% CI of AP": _intervals([score.low for score in ap], [score.high for score in ap]),
        }
    )


def _percent(values) -> list[float | None]:
    return [None if np.isnan(value) else percentage(float(value), 2) for value in values]


def _intervals(low, high) -> list[str]:
    return ["no images" if np.isnan(a) else interval(a, b, 2) for a, b in zip(low, high, strict=True)]
