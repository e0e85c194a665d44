"""Changes from outside to controls of a popover. The browser has no control while its popover is closed, so it cannot
be told of the new value: it sends the one that it last showed again with every click elsewhere."""

from typing import Any

import streamlit as st

HELD = "runs-set-while-closed"
"""Session key: of each control set from outside, its value, its popover, and what the URL then said of it."""
VIEW, FILTERS = "runs-view", "runs-filters"
"""The keys of the popovers."""


def put(key: str, value: Any, popover: str = VIEW) -> None:
    """For callbacks: sets a control of a popover, and keeps it so until that popover is opened."""
    st.session_state[key] = value
    st.session_state[HELD] = _held() | {key: (value, popover, None)}


def keep() -> None:
    """Restores what `put` has set; call it before any control is drawn. A link that says otherwise is followed."""
    kept = {}
    for key, (value, popover, address) in _held().items():
        if address is None or address == st.query_params.get_all(key):
            st.session_state[key] = value
            kept[key] = (value, popover, address)
    st.session_state[HELD] = kept


def drawn() -> None:
    """Notes what the URL says, which the controls have written by now."""
    st.session_state[HELD] = {
        key: (value, popover, st.query_params.get_all(key)) for key, (value, popover, _) in _held().items()
    }


def opened_or_closed(popover: str) -> None:
    """The callback of such a popover: from now on its controls are there, and their values are the visitor's."""
    keep()
    st.session_state[HELD] = {key: held for key, held in _held().items() if held[1] != popover}


def _held() -> dict[str, tuple[Any, str, list[str] | None]]:
    return dict(st.session_state.get(HELD) or {})
