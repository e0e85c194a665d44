"""How well is each class read? The classification report."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
import streamlit as st

from imgcls.runs import Run
from imgcls.ui import stored
from imgcls.ui.evaluate_view import EXPLAINED
from imgcls.ui.stored import Tested


def show(run: Run, tested: Tested) -> None:
    """The whole view."""
    st.subheader("Classification report", anchor=False)
    class_table(run)


@lru_cache(16)
def _classes(run: Run, stamp: tuple) -> pa.Table:
    classes = stored.tested(run).report.classes
    columns: dict = {"Class": list(classes.names), "Pictures": np.asarray(classes.support)}
    for name in ("precision", "recall", "f1"):
        score = getattr(classes, name)
        columns[f"{name.capitalize()} (%)"] = 100 * np.asarray(score.value)
        columns[f"{name} interval"] = [
            f"{100 * low:.1f}–{100 * high:.1f}" for low, high in zip(score.low, score.high, strict=True)
        ]
    return pa.table(columns)


def class_table(run: Run) -> None:
    """Precision, recall and F1 of every class with their 95 % intervals, and how many pictures it has."""
    table = _classes(run, stored.answers_stamp(run))
    st.dataframe(
        table,
        hide_index=True,
        height=min(36 * (len(table) + 1), 460),
        column_config={
            f"{name} (%)": st.column_config.NumberColumn(
                format="%.1f", help=EXPLAINED.get(name.lower(), EXPLAINED["F1"])
            )
            for name in ("Precision", "Recall", "F1")
        }
        | {
            f"{name} interval": st.column_config.TextColumn("95 %", help=f"95 % interval of the {name}.", width=90)
            for name in ("precision", "recall", "f1")
        },
        alt="Precision, recall and F1 of every class.",
    )
