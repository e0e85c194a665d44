"""Classify your drawing or photo with a trained model, and see why."""

import streamlit as st

from imgcls.ui.predict import compare_models, page
from imgcls.ui.widgets import run_select

ORDER = 50
ICON = ":material/draw:"

st.title("Predict")
left, right = st.columns([3, 2])
with left:
    run = run_select.pick_run("predict-run", lambda run: run.is_ready, prefer="digits")
if run is not None:
    with right:
        compare_models.choose(run)
    page.show(run, run.card)
