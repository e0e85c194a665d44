"""Which pictures does the model get wrong? The matrix or the map, and beside it the pictures selected in it."""

import streamlit as st

from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run
from imgcls.ui.evaluate.parts import confusion_matrix, filters, gallery, prediction_map, selection_state


def show(run: Run, tested: Predictions) -> None:
    """The whole view."""
    looked = selection_state.look(run, tested)
    left, right = st.columns(2, gap="large")
    with left:
        panel = st.segmented_control(
            "Look at",
            ["Matrix", "Map"],
            default="Matrix",
            required=True,
            key="panel",
            bind="query-params",
            label_visibility="collapsed",
        )
        if panel == "Map":
            prediction_map.show(looked)
        else:
            confusion_matrix.show(looked)
    with right:
        filters.show(looked)
        gallery.show(looked)
