"""Deleting studies: the question before, and for a day afterwards the way back."""

import streamlit as st

from imgcls.sharing import Action
from imgcls.studies import Study, trash
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.runs import recently_deleted
from imgcls.ui.runs.recently_deleted import Deleted
from imgcls.ui.visitors import rights


def offer(study: Study) -> None:
    """The button."""
    if st.button("Delete this study", icon=":material/delete:", **rights.button(Action.DELETE_STUDY, study.folder)):
        _ask(study)


@st.dialog("Delete?")
def _ask(study: Study) -> None:
    st.markdown(f"- {plain(study.title)}")
    st.caption("Its trials are runs and are kept. You can restore the study on the Studies page for a day.")
    with st.container(horizontal=True):
        delete = st.button(
            "Delete", type="primary", icon=":material/delete:", key="delete-study", on_click=_delete, args=(study,)
        )
        if st.button("Cancel", key="keep-study") or delete:
            st.rerun()


def _delete(study: Study) -> None:
    """A callback: the page is then drawn again, with the list of studies."""
    with errors.shown():
        trash.delete(study)
        st.query_params.pop("study", None)


def undo() -> None:
    """The studies that were deleted in the last day, each with a button that restores it; nothing if there are none."""
    found = [Deleted(study.title, study.folder.name, study.at, study) for study in trash.deleted()]
    recently_deleted.show("studies", "study-trash", found, [(":material/undo:", "Restore", trash.restore)])
