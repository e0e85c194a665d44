"""How good is the model at each class or label? A table of scores, with merged classes and the images of a class."""

from collections.abc import Mapping
from functools import lru_cache, partial

import numpy as np
import pyarrow as pa
import streamlit as st

from imgcls.evaluation.metrics.classification import Report
from imgcls.evaluation.metrics.confidence_intervals import ScoreArray
from imgcls.evaluation.metrics.multilabel import LabelReport
from imgcls.evaluation.metrics.percent import interval, percentages
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.selection import Selection
from imgcls.languages import percent
from imgcls.runs import Run
from imgcls.ui.app.errors import plain
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts import class_merging, metric_help
from imgcls.ui.evaluate.parts.images import gallery
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View

TITLE = "Per class"
GROUP = links.WRONG
ORDER = 20
USES_SELECTION = True
SUPPORTS = ("single", "multi")

PLAIN = (
    "Precision: when the model says this class, how often it is right. Recall: how many images of the class it finds. "
    "F1: one number for both, high only if both are."
)
MOST_TIED = 3
"""So many classes with the same F1 are named."""
STARTS = (99, 98, 95, 90, 80, 70, 60, 50)
"""Where the bars of the scores may begin, in percent, so that high scores look different."""
NO_WIDTH = "Bootstrap intervals of F1 and average precision have zero width if there are no errors."
TABLE = "class-table"
INTERVAL = " interval"
"""How the names of columns with intervals end; the one of F1, `SHORT`, is always shown."""
SHORT = f"F1{INTERVAL}"
INTERVALS = "class-intervals"
"""Session key: whether all of them are shown."""


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    view = selection_state.current(run)
    is_multilabel = isinstance(predictions, Decisions)
    with st.container(key="per-class"):  # the style sheet puts the images below the table where there is little room
        left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("Classification report", anchor=False)
        _table(view)
        if not is_multilabel:
            class_merging.show(view)
    with right:
        st.header("Images", anchor=False)
        if view.selection == Selection():
            what = "labels" if is_multilabel else "classes"
            st.caption(f"Select {what} in the table to show only their images and restrict all scores to them.")
        gallery.show(view)


def _table(view: View) -> None:
    """The scores of every class with their 95% confidence intervals, and its number of images.

    Selected rows filter everything else; the table itself keeps showing all classes.
    """
    others = selection_state.changed(view.selection, classes=())
    table = _scores(view.key, others)
    if table is None:
        return
    st.markdown(_extremes(table))
    start = _start(table)
    note = "" if isinstance(view.predictions, Decisions) else PLAIN
    if start:
        note += f" The bars begin at {percent(start / 100)}, not at 0%, so that differences can be seen."
    if note:
        st.caption(note.strip())
    explained = metric_help.MULTI if isinstance(view.predictions, Decisions) else _capitalised(metric_help.SINGLE)
    key = f"{TABLE}-{view.run.id}"
    has_intervals = st.session_state.get(INTERVALS, False)
    shown = [name for name in table.column_names if has_intervals or not name.endswith(INTERVAL) or name == SHORT]
    selected = selection_state.selection_default(TABLE, (view.key, others), view.selection.classes)
    st.dataframe(
        table,
        hide_index=True,
        height=min(35 * (len(table) + 1) + 3, 460),
        key=key,
        on_select=partial(_follow, key),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": list(selected), "columns": [], "cells": []}},
        column_order=shown,
        column_config={
            f"{name} (%)": st.column_config.ProgressColumn(format="%.1f", min_value=start, max_value=100, help=text)
            for name, text in explained.items()
        }
        | {
            f"{name}{INTERVAL}": st.column_config.TextColumn(
                "95% CI", help=f"95% confidence interval: {name}. {NO_WIDTH}", width=90
            )
            for name in explained
        },
        alt=f"{', '.join(explained)} of every class.",
    )
    st.toggle("All confidence intervals", key=INTERVALS, help="Also those of the scores besides F1.")


def _start(table: pa.Table) -> int:
    """Where the bars begin, in percent: close below the lowest score, so that its bar is short; 0 if it is low."""
    columns = [table.column(name).to_pylist() for name in table.column_names if name.endswith(" (%)")]
    lowest = min((score for column in columns for score in column if score is not None), default=0)
    return next((start for start in STARTS if start <= lowest - 0.15 * (100 - lowest)), 0)


def _extremes(table: pa.Table) -> str:
    """The classes with the lowest F1 and those with the highest, as Markdown; empty if all are equal."""
    names, scores = table.column(0).to_pylist(), table.column("F1 (%)").to_pylist()
    # Compared as they are shown: of two classes with the same number, neither is the hardest.
    shown = {name: percent(score / 100) for name, score in zip(names, scores, strict=True) if score is not None}
    known = [score for score in scores if score is not None]
    if not known or percent(min(known) / 100) == percent(max(known) / 100):
        return ""
    parts = []
    for title, end in (("Hardest", min(known)), ("Easiest", max(known))):
        text = percent(end / 100)
        tied = [f"**{plain(name)}**" for name, score in shown.items() if score == text]
        more = f" and {len(tied) - MOST_TIED} more" if len(tied) > MOST_TIED else ""
        parts.append(f"{title}: {', '.join(tied[:MOST_TIED])}{more}, F1 {text}.")
    return " ".join(parts)


def _capitalised(texts: Mapping[str, str]) -> dict[str, str]:
    return {name[0].upper() + name[1:]: text for name, text in texts.items()}


@lru_cache(16)
def _scores(key: Key, filters: Selection) -> pa.Table | None:
    report = selection_state.report_of(key, filters)
    if isinstance(report, LabelReport):
        labels = report.labels
        scores = (labels.precision, labels.recall, labels.f1, labels.average_precision)
        table = _columns("Label", labels.names, labels.support, dict(zip(metric_help.MULTI, scores, strict=True)))
        thresholds = np.broadcast_to(np.asarray(report.threshold, float), len(labels.names))
        return table.append_column("Threshold", pa.array(thresholds))
    if isinstance(report, Report):
        classes = report.classes
        named = {"Precision": classes.precision, "Recall": classes.recall, "F1": classes.f1}
        return _columns("Class", classes.names, classes.support, named)
    return None


def _columns(first: str, names: tuple[str, ...], support: np.ndarray, scores: Mapping[str, ScoreArray]) -> pa.Table:
    columns: dict = {first: list(names), "Images": np.asarray(support)}
    for name, score in scores.items():
        values, low, high = (np.asarray(part, float) for part in (score.value, score.low, score.high))
        columns[f"{name} (%)"] = pa.array(percentages(values), mask=~np.isfinite(values))
        columns[f"{name}{INTERVAL}"] = [interval(a, b) for a, b in zip(low, high, strict=True)]
    return pa.table(columns)


def _follow(key: str) -> None:
    event = st.session_state.get(key)
    rows = tuple(sorted(event.selection.rows if event else ()))
    selection_state.clicked(TABLE, rows)
    selection_state.put(**{"class": ".".join(map(str, rows))})
