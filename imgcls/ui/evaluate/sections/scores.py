"""How good is it, and how sure is that? Curves of each class, calibration, and the dial "I don't know"."""

import streamlit as st

from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run
from imgcls.ui.evaluate.parts import abstention, calibration, roc_pr, selection_state

PARTS = {"Curves": roc_pr.show, "Calibration": calibration.show, "I don't know": abstention.show}


def show(run: Run, tested: Predictions) -> None:
    """The whole view: one part at a time, of the pictures that the selection leaves."""
    looked = selection_state.look(run, tested)
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
