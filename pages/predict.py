"""What does a trained model say to my drawing, or to my photo?"""

import streamlit as st

from imgcls.ui import models_view, pick, predict_view

st.title("Predict")
first, more = st.columns([3, 2])
with first:
    run = pick.pick_run("predict-run", lambda run: run.is_ready, prefer="digits")
if run is not None:
    with more:
        models_view.choose(run)
    predict_view.chosen(run, run.model)
