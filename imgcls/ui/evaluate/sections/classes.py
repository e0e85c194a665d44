"""How well is each class read? The classification report, the pictures of a class, and class surgery."""

from functools import lru_cache, partial

import numpy as np
import pyarrow as pa
import streamlit as st

from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run
from imgcls.ui.evaluate.page import EXPLAINED
from imgcls.ui.evaluate.parts import class_merging, gallery, selection_state
from imgcls.ui.evaluate.parts.selection_state import Looked


def show(run: Run, tested: Predictions) -> None:
    """The whole view."""
    looked = selection_state.look(run, tested)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Classification report", anchor=False)
        _class_table(looked)
        class_merging.show(looked)
    with right:
        st.subheader("Pictures", anchor=False)
        if looked.selection == type(looked.selection)():
            st.caption("Tick classes in the table to see their pictures, and to count all scores from these alone.")
        gallery.show(looked)


@lru_cache(16)
def _classes(key: tuple, selected) -> pa.Table | None:
    report = selection_state.report_of(key, selected)
    if report is None:
        return None
    classes = report.classes
    columns: dict = {"Class": list(classes.names), "Pictures": np.asarray(classes.support)}
    for name in ("precision", "recall", "f1"):
        score = getattr(classes, name)
        columns[f"{name.capitalize()} (%)"] = 100 * np.asarray(score.value)
        columns[f"{name} interval"] = [
            f"{100 * low:.1f}–{100 * high:.1f}" for low, high in zip(score.low, score.high, strict=True)
        ]
    return pa.table(columns)


def _class_table(looked: Looked) -> None:
    """Precision, recall and F1 of every class with their 95% intervals, and how many pictures it has.

    Ticked classes narrow everything else; the table itself goes on showing all.
    """
    lifted = selection_state.lifted(looked.selection, classes=())
    table = _classes(looked.key, lifted)
    if table is None:
        return
    key = f"class-table-{looked.run.id}"
    ticked = selection_state.drawn("class-table", (looked.key, lifted), looked.selection.classes)
    st.dataframe(
        table,
        hide_index=True,
        height=min(36 * (len(table) + 1), 460),
        key=key,
        on_select=partial(_follow, key),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": list(ticked), "columns": [], "cells": []}},
        column_config={
            f"{name} (%)": st.column_config.NumberColumn(
                format="%.1f", help=EXPLAINED.get(name.lower(), EXPLAINED["F1"])
            )
            for name in ("Precision", "Recall", "F1")
        }
        | {
            f"{name} interval": st.column_config.TextColumn("95%", help=f"95% interval of the {name}.", width=90)
            for name in ("precision", "recall", "f1")
        },
        alt="Precision, recall and F1 of every class.",
    )


def _follow(key: str) -> None:
    event = st.session_state.get(key)
    rows = tuple(sorted(event.selection.rows if event else ()))
    selection_state.clicked("class-table", rows)
    selection_state.put(**{"class": ".".join(map(str, rows))})
