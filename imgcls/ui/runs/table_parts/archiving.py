"""Archives runs, and takes it back: what is hidden by mistake must not have to be looked for."""

import time
from dataclasses import dataclass

import streamlit as st

from imgcls import runs
from imgcls.runs import Run
from imgcls.runs.annotations import notes
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting

DONE = "runs-archived-here"
"""Session key of what was done last."""
SHOWN_SECONDS = 600.0
MOST_NAMES = 3


@dataclass(frozen=True)
class _Done:
    ids: tuple[str, ...]
    names: str
    is_archived: bool
    at: float


def change(selected: list[Run], *, archived: bool) -> None:
    """A callback: hides the runs from the list, or shows them again."""
    with errors.shown():
        for run in selected:
            notes.archive(run, archived=archived)
        names = ", ".join(f"“{run.label}”" for run in selected[:MOST_NAMES])
        rest = f" and {len(selected) - MOST_NAMES:,} more" if len(selected) > MOST_NAMES else ""
        st.session_state[DONE] = _Done(tuple(run.id for run in selected), names + rest, archived, time.time())
        st.toast(f"{formatting.count(len(selected), 'run')} {'archived' if archived else 'unarchived'}.")


def notice(*, are_shown: bool) -> None:
    """What was archived last, with a button that takes it back. `are_shown`: the list has archived runs, too."""
    done: _Done | None = st.session_state.get(DONE)
    if done is None or time.time() - done.at > SHOWN_SECONDS:
        return
    if not done.is_archived:
        text = f"Unarchived: {done.names}."
    else:
        text = f"Archived: {done.names}." + ("" if are_shown else " “View → Show archived runs” shows them.")
    with st.container(horizontal=True, vertical_alignment="center", key="runs-archived"):
        st.markdown(plain(text), width="content")
        st.button("Undo", icon=":material/undo:", key="runs-archived-undo", on_click=_undo, args=(done,))
        st.button("Close", icon=":material/close:", key="runs-archived-close", type="tertiary", on_click=_forget)


def _undo(done: _Done) -> None:
    """A callback."""
    _forget()
    with errors.shown():
        for run_id in done.ids:
            if runs.exists(run_id):
                notes.archive(runs.find(run_id), archived=not done.is_archived)


def _forget() -> None:
    """A callback."""
    st.session_state.pop(DONE, None)
