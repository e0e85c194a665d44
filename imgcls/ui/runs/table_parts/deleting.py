"""Deleting runs: the question before, and for a day afterwards the way back."""

import streamlit as st

from imgcls import jobs
from imgcls.runs import Run, trash
from imgcls.runs.run import UNDER_WAY
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.runs import recently_deleted
from imgcls.ui.runs.recently_deleted import Deleted
from imgcls.ui.runs.table_parts import undo_notice
from imgcls.ui.runs.table_parts.undo_notice import Done

DELETED_HERE = "runs-deleted-here"
"""Session key of the IDs of the runs that this visitor has deleted: the page need not tell them."""
NOTICE = "runs-deleted"
"""Key of what was deleted last."""


@st.dialog("Delete?")
def ask(selected: list[Run], *, leads_to_runs: bool = False) -> None:
    """Names the runs and deletes them if the visitor agrees. The page of a run leads to all runs then: it would have
    nothing left to show."""
    for run in selected:
        st.markdown(f"- {plain(run.label)}{' (still training; it will be stopped)' if run.state in UNDER_WAY else ''}")
    st.caption("The model, its curves and its predictions. You can restore them on the Runs page for a day.")
    with st.container(horizontal=True):
        is_confirmed = st.button("Delete", type="primary", icon=":material/delete:")
        if st.button("Cancel", key="keep-runs"):
            st.rerun()
    if is_confirmed:
        with errors.shown():
            st.session_state[DELETED_HERE] = [run.id for run in selected]
            done = Done.now("Deleted", selected)
            for run in selected:
                jobs.delete(run)
            undo_notice.keep(NOTICE, done)
            if leads_to_runs:
                links.go("runs.py")
            st.rerun()


def notice() -> None:
    """What was deleted last, with a button that restores it."""
    done = undo_notice.latest(NOTICE)
    # Otherwise they were restored below, or removed for good.
    if done is not None and any(run.id in done.ids for run in trash.deleted()):
        undo_notice.show(NOTICE, done, _undo)


def _undo(done: Done) -> None:
    for run in trash.deleted():
        if run.id in done.ids:
            recently_deleted.attempt(trash.restore, run)


def undo() -> None:
    """The runs that were deleted in the last day, each with a button that restores it; nothing if there are none."""
    found = [Deleted(run.label, run.folder.name, run.at, run) for run in trash.deleted()]
    actions = (
        (":material/undo:", "Restore", trash.restore),
        (":material/delete_forever:", "Remove for good", trash.remove),
    )
    recently_deleted.show("runs", "trash", found, actions)
