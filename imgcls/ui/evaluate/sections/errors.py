"""Which test images does the model get wrong? A confusion matrix or a map, and the selected images beside it."""

import streamlit as st

from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.runs import Run
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts import confusion_matrix
from imgcls.ui.evaluate.parts.images import gallery, prediction_map
from imgcls.ui.evaluate.parts.selection import error_counts, filters, selection_state

TITLE = links.ERRORS
GROUP = links.WRONG
ORDER = 10
USES_SELECTION = True
SUPPORTS = ("single", "multi")

MATRIX, COUNTS, PAIRS, MAP = "Confusion matrix", "Error counts", "Error pairs", "Map"
PANELS = {
    MATRIX: confusion_matrix.show,
    COUNTS: error_counts.show,
    PAIRS: confusion_matrix.show,
    MAP: prediction_map.show,
}


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    view = selection_state.current(run)
    titles = [COUNTS, PAIRS, MAP] if isinstance(predictions, Decisions) else [MATRIX, MAP]
    left, right = st.columns(2, gap="large")
    with left:
        panel = st.segmented_control(
            "Overview",
            titles,
            default=titles[0],
            required=True,
            bind="query-params",
            label_visibility="collapsed",
            **fixed_controls.keyed("panel"),
        )
        PANELS[panel](view)
        filters.histogram(view)
    with right:
        filters.show(view)
        gallery.show(view)
