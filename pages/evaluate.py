"""The Evaluate page: where does this model fail?"""

import streamlit as st

from imgcls.languages import gettext as _
from imgcls.ui.app.assignments import form
from imgcls.ui.evaluate import page
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.widgets import run_select

ORDER = 40
ICON = ":material/fact_check:"

head = st.container(horizontal=True, vertical_alignment="center", key="page-head")
with head:
    st.title(_("Evaluate"), width="content")
    run = run_select.pick_run(
        "evaluate-run", lambda run: run.is_tested, on_change=selection_state.clear_of_classes, is_compact=True
    )
if run is not None:
    page.show(run, head)
    form.offer("evaluate")
