"""The saved views of the table: save the present one, open one, remove one."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from imgcls.runs.index import views
from imgcls.sharing import Action
from imgcls.ui.app.errors import shown
from imgcls.ui.visitors import rights

OPEN_VIEW = "<script>history.pushState(null, '', '?{}'); dispatchEvent(new PopStateEvent('popstate'));</script>"
"""As the Back button: Streamlit lets no Python code change URL parameters of controls on a page."""
NAME, CHANGED = "view-name", "view-changed"
"""Session keys: the chosen view, and whether it has just been chosen."""


def show(keys: Sequence[str]) -> None:
    """`keys`: the parameters of the URL that make up a view."""
    with st.form("view-save", border=False):
        name = st.text_input("Save this view as", key="view-new", max_chars=30, placeholder="Name")
        if st.form_submit_button("Save view", **rights.button(Action.SAVE_VIEW)):
            with shown():
                pairs = [(key, one) for key in keys for one in st.query_params.get_all(key)]
                before = views.read()
                views.save(name or "", urlencode(pairs))
                st.session_state[NAME] = next(iter(views.read().items() - before.items()), (None,))[0]
                st.success("View saved.", icon=":material/bookmark:")
    saved = views.read()
    if not saved:
        return
    chosen = st.selectbox(
        "Saved view", list(saved), index=None, key=NAME, placeholder="Choose one to apply it", on_change=_changed
    )
    if st.session_state.pop(CHANGED, False) and chosen is not None:
        st.html(OPEN_VIEW.format(_known(saved[chosen], keys)), unsafe_allow_javascript=True)
    may_remove = rights.button(Action.SAVE_VIEW, disabled=chosen is None)
    if st.button("Remove view", type="tertiary", **may_remove) and chosen:
        with shown():
            views.save(chosen, None)
            st.rerun()


def _changed() -> None:
    """A callback."""
    st.session_state[CHANGED] = True


def _known(query: str, keys: Sequence[str]) -> str:
    """The parameters of a URL query that belong to the controls of this page; it has no character to escape."""
    return urlencode([(key, value) for key, value in parse_qsl(query) if key in keys])
