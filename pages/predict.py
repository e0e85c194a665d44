"""Classify your drawing or photo with a trained model, and see why."""

import streamlit as st

from imgcls.languages import gettext as _
from imgcls.ui.app.assignments import form
from imgcls.ui.app.lessons import stored
from imgcls.ui.predict import compare_models, page
from imgcls.ui.widgets import run_select

ORDER = 50
ICON = ":material/draw:"

with st.container(horizontal=True, vertical_alignment="center", key="page-head"):
    st.title(_("Predict"), width="content")
    # The steps of a lesson are about the included model; otherwise the run comes first that one has just looked at.
    preferred = "digits" if stored.progress().current else run_select.recent("digits")
    run = run_select.pick_run("predict-run", lambda run: run.is_ready, prefer=preferred, is_compact=True)
    if run is not None:
        compare_models.choose(run)
if run is not None:
    page.show(run, run.card)
    form.offer("predict")
