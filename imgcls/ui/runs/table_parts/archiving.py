"""Archives runs, and takes it back: what is hidden by mistake must not have to be looked for."""

import streamlit as st

from imgcls import runs
from imgcls.runs import Run
from imgcls.runs.annotations import notes
from imgcls.ui.app import errors
from imgcls.ui.runs.table_parts import closed_popovers, undo_notice
from imgcls.ui.runs.table_parts.table_rows import SELECTED
from imgcls.ui.runs.table_parts.undo_notice import Done
from imgcls.ui.widgets import formatting

NOTICE = "runs-archived"
"""Key of what was done last."""
SHOWN = "archived"
"""Whether archived runs are shown, in the session and in the URL."""
ARCHIVED, UNARCHIVED = "Archived", "Unarchived"


def change(selected: list[Run], *, archived: bool) -> None:
    """A callback: hides the runs from the list, or shows them again."""
    with errors.shown():
        for run in selected:
            notes.archive(run, archived=archived)
        undo_notice.keep(NOTICE, Done.now(ARCHIVED if archived else UNARCHIVED, selected))
        if archived and not st.session_state.get(SHOWN):
            hidden = {run.id for run in selected}
            st.session_state[SELECTED] = [one for one in st.session_state.get(SELECTED, ()) if one not in hidden]
        st.toast(f"{formatting.count(len(selected), 'run')} {'archived' if archived else 'unarchived'}.")


def chip() -> None:
    """While archived runs are shown, a chip that hides them."""
    if st.session_state.get(SHOWN):
        st.button("Archived runs", icon=":material/close:", key="remove-archived", on_click=_show, args=(False,))


def say(hidden: int) -> None:
    """How many archived runs match but are hidden, with a button that shows them."""
    if hidden:
        st.button(
            f"{formatting.count(hidden, 'archived run')} {'is' if hidden == 1 else 'are'} hidden · Show",
            icon=":material/inventory_2:",
            key="runs-show-archived",
            type="tertiary",
            on_click=_show,
            args=(True,),
        )


def _show(are_shown: bool) -> None:
    """A callback."""
    closed_popovers.put(SHOWN, are_shown)


def has_notice() -> bool:
    """Whether `notice` has something to say."""
    return undo_notice.latest(NOTICE) is not None


def notice(*, are_shown: bool) -> None:
    """What was archived last, with a button that takes it back. `are_shown`: the list has archived runs, too."""
    if done := undo_notice.latest(NOTICE):
        are_hidden = done.what == ARCHIVED and not are_shown
        undo_notice.show(NOTICE, done, _undo, " “View → Show archived runs” shows them." if are_hidden else "")


def _undo(done: Done) -> None:
    for run_id in done.ids:
        if runs.exists(run_id):
            notes.archive(runs.find(run_id), archived=done.what == UNARCHIVED)
