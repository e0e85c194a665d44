"""The field for the code of the terminal, which makes a visitor the owner of the server."""

import streamlit as st

from imgcls.errors import UserError
from imgcls.languages import gettext as _
from imgcls.sharing import Visitor, owner_code
from imgcls.ui.app.errors import plain

CODE, PROBLEM = "you-code", "you-problem"
DONE = "you-redeemed"


def show(visitor: Visitor) -> None:
    """The field, and what was wrong with the code that was entered last."""
    st.text_input(
        _("Code from the terminal"), key=CODE, on_change=_redeem, args=(visitor.id,), autocomplete="off", width=420
    )
    st.button(_("Become the owner"), key="you-redeem", icon=":material/key:")  # a phone has no Enter key to press
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(plain(problem), icon=":material/error:")


def confirm() -> None:
    """At the top of the page that the new owner sees: Tab in the field is enough to become it, so it has to be said."""
    if st.session_state.pop(DONE, False):
        st.success(_("You are the owner of this server now."), icon=":material/key:")


def _redeem(visitor_id: str) -> None:
    """A callback: the page is then drawn for the owner."""
    text = st.session_state[CODE]
    st.session_state[CODE] = ""
    if not text:
        return
    try:
        owner_code.redeem(text, visitor_id)
        st.session_state[DONE] = True
    except UserError as error:
        st.session_state[PROBLEM] = str(error)
