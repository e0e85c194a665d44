"""Where does this model fail?"""

import streamlit as st

from imgcls.ui import evaluate_view, pick, several_view, stored

st.title("Evaluate")
run = pick.pick_run("evaluate-run", lambda run: run.is_tested)
if run.model.get("several"):
    several_view.show(run)
    st.stop()
tested = stored.tested(run)
evaluate_view.scores(tested.report, len(tested.labels))
evaluate_view.chosen(run, tested)
