"""Where does this model fail?"""

import streamlit as st

from imgcls.ui import evaluate_view, pick, stored

st.title("Evaluate")
run = pick.pick_run("evaluate-run", lambda run: run.is_tested)
evaluate_view.show(run, stored.tested(run))
