"""What does a trained model say to my drawing, or to my photo?"""

import streamlit as st

from imgcls.ui import pick, predict_view

st.title("Predict")
left, right = st.columns([5, 6], gap="large")
with left:
    run = pick.pick_run("predict-run", lambda run: run.is_ready, prefer="digits")
    facts = run.model
    ways = ["Draw", "Upload"] if facts["ink"] else ["Upload"]
    way = st.segmented_control("Input", ways, default=ways[0], required=True, key="way") if facts["ink"] else "Upload"
predict_view.ask(run, facts, way, left, right)
