"""True and false positives and negatives of each label: the 2×2 tables of a multi-label run, a row each."""

from functools import lru_cache

import pyarrow as pa
import streamlit as st

from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.selection import Selection
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View

HELP = {
    "Correct": "True positives: the image has the label, and it was predicted.",
    "Missing": "False negatives: the image has the label, but it was not predicted.",
    "Extra": "False positives: the label was predicted, but the image does not have it.",
    "Correctly absent": "True negatives: the image does not have the label, and it was not predicted.",
}


def show(view: View) -> None:
    """The table of all labels, computed from the filtered images."""
    table = _table(view.key, view.filters)
    st.dataframe(
        table,
        hide_index=True,
        height=min(35 * (len(table) + 1) + 3, 460),
        column_config={name: st.column_config.NumberColumn(help=text) for name, text in HELP.items()},
        alt="Correct, missing, extra and correctly absent predictions of every label.",
    )
    st.caption(
        "There is no single confusion matrix for multi-label runs, because each label is decided on its own. “Error "
        "pairs” shows which label was predicted when another one is missing."
    )


@lru_cache(32)
def _table(key: Key, filters: Selection) -> pa.Table:
    decisions, kept = selection_state.predictions_of(key), selection_state.kept(key, filters)
    assert isinstance(decisions, Decisions)
    true, predicted = decisions.labels[kept], decisions.predicted[kept]
    return pa.table(
        {
            "Label": list(decisions.names),
            "Correct": (true & predicted).sum(0),
            "Missing": (true & ~predicted).sum(0),
            "Extra": (~true & predicted).sum(0),
            "Correctly absent": (~true & ~predicted).sum(0),
        }
    )
