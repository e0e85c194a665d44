"""Where does this model fail?"""

import streamlit as st

from imgcls.ui.app import run_picker
from imgcls.ui.cache import predictions
from imgcls.ui.evaluate import page
from imgcls.ui.evaluate.multilabel import page as multilabel_page

st.title("Evaluate")
run = run_picker.pick_run("evaluate-run", lambda run: run.is_tested)
if run is not None:
    if run.card.is_multilabel:
        multilabel_page.show(run)
    else:
        page.show(run, predictions.single_label_predictions(run))
