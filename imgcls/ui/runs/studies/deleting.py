"""Deleting studies: the question before, and for a day afterwards the way back."""

import streamlit as st

from imgcls.sharing import Action
from imgcls.studies import Study, trash
from imgcls.studies.trash import DeletedStudy
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting


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
    found = trash.deleted()
    if not found:
        return
    with st.expander(f"Recently deleted ({len(found)})", icon=":material/restore_from_trash:", key="study-trash"):
        st.caption("Deleted studies are kept for a day.")
        for study in found:
            name, restore = st.columns([4, 1], vertical_alignment="center")
            name.markdown(f"{plain(study.title)} :gray[:small[{plain(f'deleted {formatting.age(study.at)}')}]]")
            restore.button(
                "Restore",
                icon=":material/undo:",
                key=f"restore-{study.folder.name}",
                type="tertiary",
                on_click=_restore,
                args=(study,),
            )


def _restore(study: DeletedStudy) -> None:
    with errors.shown():
        trash.restore(study)
