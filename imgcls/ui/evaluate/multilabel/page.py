"""The Evaluate page of a model whose pictures may have several labels: no matrix, but each label on its own.

The scores at a threshold, and below them one of three views: the labels, the pictures, the curves of the training.
"""

from functools import lru_cache

import numpy as np
import pyarrow as pa
import streamlit as st

from imgcls.evaluation.metrics.multilabel import LabelReport
from imgcls.runs import Run
from imgcls.ui.cache import multilabel, predictions
from imgcls.ui.evaluate.multilabel import gallery
from imgcls.ui.evaluate.sections import training_curves
from imgcls.ui.widgets import formatting, metric_row, threshold
from imgcls.ui.widgets.metric_row import Number

VIEWS = ("Labels", "Pictures", "Learning")
EXPLAINED = {
    "Precision": "Of the pictures that were given this label, the share that has it.",
    "Recall": "Of the pictures that have this label, the share that was given it.",
    "F1": "The harmonic mean of precision and recall: high only if both are.",
    "Average precision": "The mean precision while the threshold falls from 1 to 0: how well the pictures with the "
    "label are ranked before those without. It depends on no threshold; by chance it is the share of pictures that "
    "have the label.",
}
NO_WIDTH = "Bootstrap ranges of F1 and average precision have no width where there is no error at all."


def show(run: Run) -> None:
    """The whole page below the choice of the run."""
    card = run.card
    cut = threshold.choose(card)
    report = multilabel.report(run, cut)
    scores(report, len(predictions.test_predictions(run).labels))
    view = st.segmented_control(
        "View", VIEWS, default=VIEWS[0], required=True, key="view", bind="query-params", label_visibility="collapsed"
    )
    if view == "Labels":
        labels(run, cut)
    elif view == "Pictures":
        gallery.show(run, cut)
    else:
        training_curves.show(run, None)


def scores(report: LabelReport, count: int) -> None:
    """The mean F1 in large type, what else there is beside it, each with its 95% interval."""
    first, rest = st.columns([2, 7], vertical_alignment="center", gap="large")
    with first:
        st.html(
            f'<div style="font-size:3.2rem;font-weight:700;line-height:1.1">{formatting.fraction(report.macro_f1.value)}</div>'
            f'<div style="opacity:.75">macro F1<br>{formatting.interval(report.macro_f1)}</div>'
        )
    with rest:
        fractions = (
            ("Micro F1", report.micro_f1, f"{EXPLAINED['F1']} All labels of all pictures counted together."),
            (
                "Average precision",
                report.mean_average_precision,
                f"Mean over the labels. {EXPLAINED['Average precision']}",
            ),
            ("All labels right", report.all_right, "Pictures of which not one label is missing or too many."),
            (
                "Right, label by label",
                report.label_accuracy,
                "The share of all answers, yes or no, that are right. It is high where labels are rare: who always "
                "says no is mostly right.",
            ),
        )
        shown = [
            Number(name, formatting.fraction(score.value), formatting.interval(score), why)
            for name, score, why in fractions
        ]
        shown.append(
            Number(
                "Cross-entropy",
                f"{report.cross_entropy.value:.3f}",
                formatting.interval(report.cross_entropy, as_fraction=False),
                "Mean of minus the logarithm of the probability that the truth got, label by label, in nats. Who knows "
                "nothing has 0.693. Smaller is better.",
            )
        )
        metric_row.show(shown)
    st.caption(
        f"From {formatting.count(count, 'test picture')} that were used neither to train nor to choose anything; macro F1 "
        "is the mean of the labels' F1. The ranges are 95% intervals: Wilson for shares of pictures, a normal one for "
        "the label by label share and the cross-entropy, bootstrap for the rest."
    )


def labels(run: Run, cut: float) -> None:
    """The table of all labels, and precision over recall."""
    names = run.card.classes
    table = _table(run, predictions.predictions_stamp(run), cut)
    st.dataframe(
        table,
        hide_index=True,
        height=min(36 * (len(table) + 1), 400),
        column_config={
            f"{name} (%)": st.column_config.NumberColumn(format="%.1f", help=text) for name, text in EXPLAINED.items()
        }
        | {
            f"{name} interval": st.column_config.TextColumn("95%", help=f"95% interval: {name}. {NO_WIDTH}", width=84)
            for name in EXPLAINED
        },
        alt="Precision, recall, F1 and average precision of every label.",
    )
    left, right = st.columns([3, 8], gap="large")
    with left:
        st.subheader("Precision and recall", anchor=False)
        label = st.selectbox(
            "Curve of",
            [None, *range(len(names))],
            format_func=lambda label: "All labels" if label is None else names[label],
            key=f"curve-of-{run.id}",
        )
        more = label is None and len(names) > multilabel.MOST_LINES
        st.caption(
            "What another threshold would give: to the left fewer pictures get the label, to the right more. "
            "The star is the present threshold."
            + (f" The first {multilabel.MOST_LINES} labels are drawn; choose any other above." if more else "")
        )
    with right:
        st.plotly_chart(
            multilabel.curves(run, cut, label),
            key="precision-recall",
            config={"displayModeBar": False},
            alt="Precision over recall; the scores at the present threshold stand in the table.",
        )


@lru_cache(32)
def _table(run: Run, stamp: tuple, cut: float) -> pa.Table:
    found = multilabel.report(run, cut).labels
    columns: dict = {"Label": list(found.names), "Pictures": np.asarray(found.support)}
    scored = (found.precision, found.recall, found.f1, found.average_precision)
    for name, score in zip(EXPLAINED, scored, strict=True):
        values = np.asarray(score.value, float)
        columns[f"{name} (%)"] = pa.array(100 * values, mask=~np.isfinite(values))
        columns[f"{name} interval"] = [
            f"{100 * low:.1f}–{100 * high:.1f}" for low, high in zip(score.low, score.high, strict=True)
        ]
    return pa.table(columns)
