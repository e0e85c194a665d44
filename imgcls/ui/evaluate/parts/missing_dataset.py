"""The way to a dataset that is not prepared: one sentence, and a button to the Data page."""

import streamlit as st

from imgcls import datasets
from imgcls.errors import UserError
from imgcls.runs import Run
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain


def show(run: Run, purpose: str, *, key: str) -> bool:
    """Draws it and returns True, if the dataset of a run can be prepared but is not; `purpose` starts the sentence."""
    try:
        facts = datasets.facts(run.card.data)
    except UserError:  # deleted
        return False
    if datasets.is_ready(facts.name):
        return False
    st.info(plain(f"{purpose}, prepare {facts.title} on the Data page first."), icon=":material/download:")
    if st.button("Open the Data page", icon=":material/photo_library:", key=key):
        links.go("data.py", data=facts.title)
    return True
