"""How well do the probabilities rank the images, and can they be trusted? Curves, calibration, abstention."""

import streamlit as st

from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.runs import Run
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts.curves import abstention, calibration, roc_pr
from imgcls.ui.evaluate.parts.selection import selection_state

TITLE = "Curves & calibration"
GROUP = links.RELIABLE
ORDER = 30
USES_SELECTION = True
SUPPORTS = ("single", "multi")

PARTS = {"Calibration": calibration.show, "Curves": roc_pr.show, "Abstention": abstention.show}


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section: one part at a time, computed from the filtered images."""
    view = selection_state.current(run)
    if view.report is None:
        return
    part = st.segmented_control(
        "Part",
        list(PARTS),
        default="Calibration",
        required=True,
        bind="query-params",
        label_visibility="collapsed",
        **fixed_controls.keyed("part"),
    )
    PARTS[part](view)
