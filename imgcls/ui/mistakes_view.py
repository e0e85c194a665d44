"""Which pictures does the model get wrong? The matrix or the map, and beside it the pictures selected in it."""

import streamlit as st

from imgcls.runs import Run
from imgcls.ui import answer_map_view, answers_gallery, linked, matrix_view, narrow_view
from imgcls.ui.stored import Tested


def show(run: Run, tested: Tested) -> None:
    """The whole view."""
    looked = linked.look(run, tested)
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
            answer_map_view.show(looked)
        else:
            matrix_view.show(looked)
    with right:
        narrow_view.show(looked)
        answers_gallery.show(looked)
