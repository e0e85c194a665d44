"""How good is it, and how sure is that? Curves of each class, calibration, and the dial "I don't know"."""

import streamlit as st

from imgcls.runs import Run
from imgcls.ui import calibration_view, curves_view, decline_view, linked
from imgcls.ui.stored import Tested

PARTS = {"Curves": curves_view.show, "Calibration": calibration_view.show, "I don't know": decline_view.show}


def show(run: Run, tested: Tested) -> None:
    """The whole view: one part at a time, of the pictures that the selection leaves."""
    looked = linked.look(run, tested)
    if looked.report is None:
        return
    part = st.segmented_control(
        "Part",
        list(PARTS),
        default="Curves",
        required=True,
        key="part",
        bind="query-params",
        label_visibility="collapsed",
    )
    PARTS[part](looked)
