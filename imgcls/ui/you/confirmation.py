"""A dialog that asks before something is closed or removed: what happens, the button that does it, and Cancel."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from imgcls.languages import gettext as _


def ask(
    title: str,
    text: str,
    label: str,
    act: Callable[..., Any],
    *values: Any,
    key: str,
    icon: str | None = None,
    beside: Callable[[], Any] = lambda: None,
    below: Callable[[], Any] = lambda: None,
) -> None:
    """Open the dialog.

    Args:
        text: What will happen, as Markdown.
        label: Of the button that calls `act(*values)`, as a callback: the page is then drawn with what was done.
        beside: Draws further buttons, between that one and Cancel.
        below: Draws what comes of them.
    """
    st.dialog(title)(_content)(text, label, act, values, key, icon, beside, below)


def _content(
    text: str,
    label: str,
    act: Callable[..., Any],
    values: tuple[Any, ...],
    key: str,
    icon: str | None,
    beside: Callable[[], Any],
    below: Callable[[], Any],
) -> None:
    st.markdown(text)
    with st.container(horizontal=True, vertical_alignment="center"):
        is_done = st.button(label, type="primary", icon=icon, key=key, on_click=act, args=values)
        beside()
        is_done |= st.button(_("Cancel"), key=f"{key}-cancel")
    below()
    if is_done:
        st.rerun()
