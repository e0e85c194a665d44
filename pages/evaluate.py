"""Where does this model fail?"""

import streamlit as st

from imgcls.ui.cache import predictions
from imgcls.ui.evaluate import page
from imgcls.ui.evaluate.multilabel import page as multilabel_page
from imgcls.ui.evaluate.parts import selection_state
from imgcls.ui.widgets import run_select

st.title("Evaluate")
run = run_select.pick_run(
    "evaluate-run", lambda run: run.is_tested, on_change=lambda: selection_state.clear(*selection_state.OF_CLASSES)
)
if run is not None:
    if run.card.is_multilabel:
        multilabel_page.show(run)
    else:
        page.show(run, predictions.single_label_predictions(run))
