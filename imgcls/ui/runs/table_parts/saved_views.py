"""The saved views of the table: save the present one, open one, remove one."""

import html
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from imgcls.runs.index import views
from imgcls.sharing import Action
from imgcls.ui.app.errors import shown
from imgcls.ui.visitors import rights

OPEN_VIEW = '<a class="link-button" href="?{}" target="_self">Open view</a>'
"""A visit of its own, as a link from elsewhere: Streamlit lets no code change URL parameters of controls on a page."""


def show(keys: Sequence[str]) -> None:
    """`keys`: the parameters of the URL that make up a view."""
    with st.form("view-save", border=False):
        name = st.text_input("Save this view as", key="view-new", max_chars=30, placeholder="Name")
        if st.form_submit_button("Save view", **rights.button(Action.SAVE_VIEW)):
            with shown():
                pairs = [(key, one) for key in keys for one in st.query_params.get_all(key)]
                views.save(name or "", urlencode(pairs))
                st.toast("View saved.", icon=":material/bookmark:")
    saved = views.read()
    if not saved:
        return
    chosen = st.selectbox("Saved view", list(saved), index=None, key="view-name", placeholder="Choose a view")
    with st.container(horizontal=True, vertical_alignment="center"):
        if chosen is not None:
            st.html(OPEN_VIEW.format(html.escape(_known(saved[chosen], keys))), width="content")
        may_remove = rights.button(Action.SAVE_VIEW, disabled=chosen is None)
        if st.button("Remove view", type="tertiary", **may_remove) and chosen:
            with shown():
                views.save(chosen, None)
                st.rerun()


def _known(query: str, keys: Sequence[str]) -> str:
    """The parameters of a URL query that belong to the controls of this page."""
    return urlencode([(key, value) for key, value in parse_qsl(query) if key in keys])
