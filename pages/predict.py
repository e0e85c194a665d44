"""What does a trained model say to my drawing, or to my photo?"""

import streamlit as st

from imgcls.ui import pick, predict_view

st.title("Predict")
run = pick.pick_run("predict-run", lambda run: run.is_ready, prefer="digits")
predict_view.chosen(run, run.model)
