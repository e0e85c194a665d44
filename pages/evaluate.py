"""Where does this model fail?"""

import streamlit as st

from imgcls.ui import evaluate_view, pick, several_view, stored

st.title("Evaluate")
run = pick.pick_run("evaluate-run", lambda run: run.is_tested)
if run is not None:
    if run.model.get("several"):
        several_view.show(run)
    else:
        evaluate_view.show(run, stored.tested(run))
