"""What was done with runs last, in a line with a button that takes it back."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import streamlit as st

from imgcls.runs import Run
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain

SHOWN_SECONDS = 600.0
MOST_NAMES = 3


@dataclass(frozen=True)
class Done:
    """`what` was done with the runs of these IDs, such as "Deleted"; their names are for the line."""

    what: str
    ids: tuple[str, ...]
    names: str
    at: float

    @classmethod
    def now(cls, what: str, selected: Sequence[Run]) -> Self:
        """What is done at this moment."""
        names = ", ".join(f"“{run.label}”" for run in selected[:MOST_NAMES])
        rest = f" and {len(selected) - MOST_NAMES:,} more" if len(selected) > MOST_NAMES else ""
        return cls(what, tuple(run.id for run in selected), names + rest, time.time())


def keep(key: str, done: Done) -> None:
    """Remembers it for this visitor, in place of what was done before."""
    st.session_state[_session_key(key)] = done


def latest(key: str) -> Done | None:
    """What was done last; None if it was too long ago, or taken back."""
    done: Done | None = st.session_state.get(_session_key(key))
    return done if done is not None and time.time() - done.at <= SHOWN_SECONDS else None


def show(key: str, done: Done, undo: Callable[[Done], None], more: str = "") -> None:
    """The line. `undo` is called by a callback; `more` is a sentence that follows the names."""
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        st.markdown(plain(f"{done.what}: {done.names}.{more}"), width="content")
        st.button("Undo", icon=":material/undo:", key=f"{key}-undo", on_click=_undo, args=(key, done, undo))
        st.button("Close", icon=":material/close:", key=f"{key}-close", type="tertiary", on_click=_forget, args=(key,))


def _undo(key: str, done: Done, undo: Callable[[Done], None]) -> None:
    """A callback."""
    _forget(key)
    with errors.shown():
        undo(done)


def _forget(key: str) -> None:
    """A callback."""
    st.session_state.pop(_session_key(key), None)


def _session_key(key: str) -> str:
    return f"{key}-last"
