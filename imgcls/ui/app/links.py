"""Links between the pages."""

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st
from streamlit import config

from imgcls.params import Value
from imgcls.ui.app.paths import PAGES

PRESET = "train-preset"
"""Session key of the settings that another page passes to the Train page."""
GIVEN = "train-preset-given"
"""Session key of those that it took when it was drawn last."""


def on_server(*parts: str) -> str:
    """The path of an address of this server, also if the app is below a path: `/room/ABCDE/draw`."""
    base = config.get_option("server.baseUrlPath").strip("/")
    return "/".join(["", *filter(None, (base, *parts))])


def go(page: str, **query: str) -> None:
    """Switches to another page with these URL parameters, none of which may be bound to a control of this page."""
    st.switch_page(PAGES / page, query_params=query)


def train(query: Mapping[str, str] = MappingProxyType({}), /, **settings: Value) -> None:
    """Switches to the Train page with these settings in its form.

    They are passed in the session state: Streamlit drops URL parameters that are bound to a control of the current page
    (this page may have controls of the same names), and the URL would not override values that the form remembers from
    the last visit. `query` holds the same settings as URL parameters, so that they survive a reload.
    """
    st.session_state[PRESET] = settings
    st.switch_page(PAGES / "train.py", query_params=dict(query))


def take_preset() -> dict[str, Value]:
    """The settings that `train` passed on; they are handed out once."""
    st.session_state[GIVEN] = st.session_state.pop(PRESET, {})
    return st.session_state[GIVEN]


def again(page: str, query: Mapping[str, str]) -> None:
    """Switches to a page that was drawn a moment ago, but never seen: settings passed to it are passed once more."""
    if given := st.session_state.get(GIVEN):
        st.session_state[PRESET] = given
    st.switch_page(PAGES / page, query_params=dict(query))
