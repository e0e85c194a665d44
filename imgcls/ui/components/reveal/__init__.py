"""Brings a control of the page into view, once: what a lesson marks may be below the fold."""

import time

import streamlit as st

from imgcls.ui.components.component import own_component

ASKED = "reveal-"
"""Beginning of the session keys of when a button led to a part of another page."""
FRESH_SECONDS = 30.0
"""Whoever comes back to the page later scrolls as they like."""


def show(selector: str, occasion: str, cookie: str = "") -> None:
    """Scrolls to the elements with these CSS selectors as soon as one is there, unless they are in view. If not all
    fit: to those of the first selector.

    Once for each `occasion`: later the visitor scrolls as they like. The browser keeps the `cookie` until it is closed.
    """
    own_component("reveal", "")(key="reveal", data={"selector": selector, "occasion": occasion, "cookie": cookie})


def keep(cookie: str) -> None:
    """The browser gets this cookie, once; nothing is shown."""
    own_component("reveal", "")(key="reveal-cookie", data={"selector": "", "occasion": "", "cookie": cookie})


def ask(what: str) -> None:
    """The page that opens next shall show this part of it."""
    st.session_state[f"{ASKED}{what}"] = time.time()


def if_asked(what: str, selector: str) -> None:
    """Shows this part, if a button on another page has just led to it. During a lesson, do not call it: one place at a
    time."""
    asked = st.session_state.get(f"{ASKED}{what}", 0.0)
    if time.time() - asked < FRESH_SECONDS:
        show(selector, f"{what} {asked}")
