"""The language of a visitor: how a page finds it out, and the menu in which they choose another one.

A choice is a link that loads the page again with `?lang=`. The server's answer then has the language of the page for
screen readers and a script that remembers the choice in a cookie (`ui/look/stylesheet.py`).
"""

import html
import threading
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from imgcls import languages
from imgcls.languages import choice
from imgcls.languages import gettext as _

KEY = "language"
"""Session key: a page that is opened by a link inside the app loses `?lang=`."""

_of_thread = threading.local()
"""The run of a page in this thread and its language: a page shows hundreds of texts, and session state is slow."""


def begin() -> None:
    """Finds out the language of the visitor. Call it before a run of a page shows anything."""
    languages.provide(of_page)
    cookie = st.session_state.get(KEY) or st.context.cookies.get(choice.COOKIE, "")
    accepted = st.context.headers.get("Accept-Language") or ""
    st.session_state[KEY] = choice.chosen(st.query_params.get(choice.PARAMETER, ""), cookie, accepted)
    _of_thread.run = None


def of_page() -> str:
    """The language of the visitor for whom this thread runs a page; English if it runs none."""
    run = get_script_run_ctx(suppress_warning=True)
    if run is None:
        return languages.ENGLISH
    if getattr(_of_thread, "run", None) is not run:
        _of_thread.run, _of_thread.code = run, st.session_state.get(KEY, languages.ENGLISH)
    return _of_thread.code


def menu(url_path: str) -> None:
    """The languages as links that open the same page. `url_path` is that of the page; "" for Home."""
    present, query = languages.current(), st.query_params.to_dict()
    links = ""
    for code, name in languages.offered().items():
        address = f"{url_path or './'}?{urlencode({**query, choice.PARAMETER: code})}"
        is_present = ' aria-current="true"' if code == present else ""
        links += f'<a href="{html.escape(address)}" lang="{code}" hreflang="{code}"{is_present}>{name}</a>'
    label = html.escape(_("Language"))
    with st.container(key="languages"):
        st.html(
            f'<details class="languages"><summary aria-label="{label}" title="{label}">{present[:2].upper()}</summary>'
            f"<nav>{links}</nav></details>"
        )
