"""Who looks at a page: the visitor whom the cookie of their browser names, or who has signed in."""

import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from imgcls.sharing import Visitor, cookies, people, visitors
from imgcls.sharing.visitors import NOBODY, Role

Content = TypeVar("Content")
MOST_SESSIONS = 2_000
_cookies: OrderedDict[str, str] = OrderedDict()
"""Session -> its cookie: it can no longer be read in the moment in which a tab is closed."""


def install() -> None:
    """From now on, what a page does is done by its visitor."""
    visitors.provide(of_page)


def of_page() -> Visitor:
    """The visitor for whom this thread runs a page; `NOBODY` if it runs none."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return NOBODY
    cookie = st.context.cookies.get(cookies.NAME) or _cookies.get(context.session_id, "")
    _cookies[context.session_id] = cookie
    _cookies.move_to_end(context.session_id)
    while len(_cookies) > MOST_SESSIONS:
        _cookies.popitem(last=False)
    # `st.user` would look for a file of secrets each time, and only add that nobody has signed in.
    return signed_in(people.visitor(cookies.read(cookie)), dict(context.user_info))


def has_left() -> bool:
    """Whether the browser has become somebody else since this tab was opened ("Not you?" in another tab)."""
    return cookies.has_left(st.context.cookies.get(cookies.NAME) or "")


def later(make: Callable[[], Content]) -> Callable[[], Content]:
    """The same function for a download button, which calls it without a page: it still acts for the present visitor."""
    who = visitors.current()

    def made() -> Content:
        with visitors.acting_as(who):
            return make()

    return made


def cookie_of(session_id: str) -> str:
    """The cookie with which a session last ran a page; "" if it is not known."""
    return _cookies.get(session_id, "")


def signed_in(visitor: Visitor, user: dict) -> Visitor:
    """The visitor with the role that their e-mail address gives them, if they have signed in with `st.login`.

    Args:
        user: What the identity provider says about them, as in `st.user`.
    """
    address = user.get("email")
    if not user.get("is_logged_in") or user.get("email_verified") is False or not isinstance(address, str):
        return visitor
    for role, variable in ((Role.OWNER, "IMGCLS_OWNERS"), (Role.TEACHER, "IMGCLS_TEACHERS")):
        listed = {text.strip().casefold() for text in os.environ.get(variable, "").split(",")} - {""}
        if address.strip().casefold() in listed:
            name = visitor.name or str(user.get("name") or "")[: people.NAME_LENGTH]
            return replace(visitor, role=role, name=name)
    return visitor
