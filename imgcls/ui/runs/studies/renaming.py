"""Renaming a study, as a run: a dialog with its name."""

import streamlit as st

from imgcls import studies
from imgcls.sharing import Action
from imgcls.studies import Study
from imgcls.studies.plan import MOST_TITLE
from imgcls.ui.app import errors
from imgcls.ui.visitors import rights


def offer(study: Study) -> None:
    """The button."""
    if st.button(
        "Rename", icon=":material/edit:", key="rename-study", **rights.button(Action.RENAME_STUDY, study.folder)
    ):
        _ask(study)


@st.dialog("Rename the study")
def _ask(study: Study) -> None:
    with st.form("rename", border=False):
        title = st.text_input("Name", study.title, max_chars=MOST_TITLE, key="study-title")
        if st.form_submit_button("Rename", type="primary"):
            with errors.shown():
                studies.rename(study, title)
                st.rerun()
