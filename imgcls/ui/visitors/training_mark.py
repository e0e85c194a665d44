"""A dot beside Runs in the navigation while a run of the visitor trains or waits.

Nothing is looked up when a page is only drawn again: a rerun shows what was found when the page was opened.
"""

import html
import json

import streamlit as st

from imgcls import runs, sharing
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.sharing import ownership

KEY = "training-mark"
"""Session key: for which page it was looked up, and whether a run was at work."""
MOST = 8
"""Only the newest runs are looked at."""


def show(page: str) -> None:
    """The dot, or nothing. `page` says what is open: its path, and the run that it shows."""
    opened, is_at_work = st.session_state.get(KEY, (None, False))
    if opened != page:
        is_at_work = any(not run.has_ended and _is_own(run) for run in runs.all_runs()[:MOST])
        st.session_state[KEY] = page, is_at_work
    if is_at_work:
        text = json.dumps(_("a run is at work"), ensure_ascii=False)
        # An element that is only a style would stay when it is no longer there.
        rule = f'[data-testid$="NavLink"][href$="/runs"]::after{{content:"●" / {text}}}'
        st.html(f"<style>{html.escape(rule, quote=False)}</style><i></i>")


def _is_own(run: Run) -> bool:
    """In a class, members see each other's runs."""
    if not sharing.is_shared():
        return True
    visitor = sharing.current().id
    return bool(visitor) and ownership.of(run.folder).owner == visitor
