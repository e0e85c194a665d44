"""What does a trained model say to my drawing, or to my photo?"""

import streamlit as st

from imgcls.ui.predict import compare_models, page
from imgcls.ui.widgets import run_select

st.title("Predict")
first, more = st.columns([3, 2])
with first:
    run = run_select.pick_run("predict-run", lambda run: run.is_ready, prefer="digits")
if run is not None:
    with more:
        compare_models.choose(run)
    page.chosen(run, run.card)
