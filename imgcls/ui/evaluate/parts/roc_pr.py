"""ROC and precision-recall curves of some classes, and the areas of all with their intervals."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import streamlit as st

from imgcls.charts import scores
from imgcls.evaluation.metrics import roc_pr
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.ui.app.errors import plain
from imgcls.ui.evaluate.parts import selection_state
from imgcls.ui.evaluate.parts.selection_state import Looked
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.static_figure import StaticFigure, static

MOST_SHOWN = 5
AUC = "The chance that a picture of the class gets a higher probability for it than a picture of another class."
AP = "The mean precision over all recalls: high only if the class is found whole and without strangers."


@dataclass(frozen=True, eq=False)
class Areas:
    """Areas below the curves: one entry a class, and the mean over the classes that have pictures."""

    auc: Score
    mean: Score
    precision: list[Score]
    images: np.ndarray


def show(looked: Looked) -> None:
    """Both figures side by side, and the table of all classes."""
    key, selected = looked.key, looked.selection.narrowed
    areas = _areas(key, selected)
    if np.isnan(areas.mean.value):
        st.info(
            "All pictures that are left belong to one class: there is nothing to rank them against.",
            icon=":material/info:",
        )
        return
    names = looked.names
    st.markdown(
        f"Mean area under the ROC curves: **{formatting.fraction(areas.mean.value)}** ({formatting.interval(areas.mean)}).",
        help=AUC,
    )
    has = [one for one in range(len(names)) if np.isfinite(areas.auc.value[one])]
    worst = sorted(has, key=lambda one: areas.auc.value[one])[:MOST_SHOWN]
    chosen = st.multiselect(
        "Classes shown",
        has,
        default=sorted(worst),
        format_func=lambda one: plain(names[one]) if one < len(names) else "",
        key=f"curves-of-{looked.run.id}-{hash((selected, looked.surgery))}",
        max_selections=10,
        help="At first the ones that are ranked worst.",
    )
    if chosen:
        left, right = st.columns(2, gap="large")
        for column, kind, title in ((left, "roc", "ROC"), (right, "pr", "Precision and recall")):
            with column:
                st.markdown(f"**{title}**")
                st.plotly_chart(
                    _figure(key, selected, tuple(chosen), kind),
                    key=f"{kind}-{looked.run.id}",
                    config={"displayModeBar": False},
                    alt=f"{title} of {len(chosen)} classes; the table below has their areas.",
                )
    st.dataframe(
        _table(key, selected),
        hide_index=True,
        height=min(36 * (len(names) + 1), 400),
        column_config={
            "ROC area (%)": st.column_config.NumberColumn(format="%.2f", help=AUC),
            "Average precision (%)": st.column_config.NumberColumn(format="%.2f", help=AP),
        },
        alt="Area under the ROC curve and average precision of every class, with 95% intervals.",
    )
    st.caption("Each class stands against the rest. Intervals: DeLong for the ROC area, logit for average precision.")


@lru_cache(8)
def _areas(key: tuple, selected) -> Areas:
    predictions, left = selection_state.predictions_of(key), selection_state.kept(key, selected)
    probabilities, labels = predictions.probabilities[left], predictions.labels[left]
    auc, mean = roc_pr.areas(probabilities, labels)
    classes = range(len(predictions.names))
    precision = [roc_pr.average_precision(probabilities[:, one], labels == one) for one in classes]
    return Areas(auc, mean, precision, np.bincount(labels, minlength=len(predictions.names)))


@lru_cache(16)
def _figure(key: tuple, selected, chosen: tuple[int, ...], kind: str) -> StaticFigure:
    predictions, left = selection_state.predictions_of(key), selection_state.kept(key, selected)
    areas = _areas(key, selected)
    draw = roc_pr.roc if kind == "roc" else roc_pr.precision_recall
    curves = {
        one: roc_pr.thinned(draw(predictions.probabilities[left, one], predictions.labels[left] == one))
        for one in chosen
    }
    area = areas.auc.value if kind == "roc" else [score.value for score in areas.precision]
    notes = {one: formatting.fraction(float(area[one])) for one in chosen}
    return static(scores.class_curves(curves, notes, predictions.names, kind=kind))


@lru_cache(8)
def _table(key: tuple, selected) -> pa.Table:
    areas = _areas(key, selected)
    auc, ap = areas.auc, areas.precision
    return pa.table(
        {
            "Class": list(selection_state.predictions_of(key).names),
            "Pictures": areas.images,
            "ROC area (%)": _percent(auc.value),
            "95% of ROC": _ranges(auc.low, auc.high),
            "Average precision (%)": _percent([score.value for score in ap]),
            "95% of AP": _ranges([score.low for score in ap], [score.high for score in ap]),
        }
    )


def _percent(values) -> list[float | None]:
    return [None if np.isnan(value) else 100 * float(value) for value in values]


def _ranges(low, high) -> list[str]:
    return ["no pictures" if np.isnan(a) else f"{100 * a:.2f}–{100 * b:.2f}" for a, b in zip(low, high, strict=True)]
