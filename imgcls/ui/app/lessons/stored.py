"""How far the visitor is in the lessons: stored for them, or in this session for somebody without a cookie.

In local mode all browsers share the progress of the one person, but a lesson is open only in the browser that started
it: a second one, such as that of a projector, shows its pages without the panel. A cookie of the panel (see the
component `reveal`) lets it survive a reload, whatever another browser has started or finished meanwhile.
"""

from dataclasses import replace

import streamlit as st

from imgcls import sharing
from imgcls.sharing import lesson_progress
from imgcls.sharing.lesson_progress import Progress
from imgcls.ui.components import reveal

KEY = "lesson-progress"
"""Session key of the progress of a visitor who has no file."""
OPEN = "lesson-of-browser"
"""Session key: the lesson that is open in this browser, in local mode; "" if none."""
LEFT = "lesson-left"
"""Session key: the visitor has just left a lesson before its end."""
COOKIE = "imgcls_lesson"
"""The same for the next session of the browser, until it is closed or the lesson is left."""
WAS_OPEN = "lesson-was-open"
"""Session key: this browser has had a lesson open, so it may have the cookie."""
RETURNED = "lesson-controls-returned"
"""Session key: what controls of Runs get when it is drawn next, by name: at the end of a step, what they had before the
step, or None if that is not known."""


def progress() -> Progress:
    """How far the visitor is."""
    visitor = sharing.current()
    if lesson_progress.path_of(visitor) is None:
        return st.session_state.get(KEY, Progress())
    found = lesson_progress.read(visitor)
    return found if sharing.is_shared() else replace(found, current=_open(found))


def store(changed: Progress) -> None:
    """Remembers how far the visitor is. Raises UserError if it cannot be written."""
    visitor = sharing.current()
    st.session_state[KEY] = changed
    if not sharing.is_shared():
        before = lesson_progress.read(visitor)
        is_of_another = not changed.current and before.current != _open(before)
        st.session_state[OPEN] = changed.current
        changed = replace(changed, current=before.current) if is_of_another else changed
    lesson_progress.write(visitor, changed)


def forget() -> None:
    """Part of every page: the browser forgets a lesson that was left or finished, or a reload would open it again."""
    if sharing.is_shared() or progress().current:
        return
    if of_browser() or st.session_state.get(WAS_OPEN):
        reveal.keep(f"{COOKIE}=;max-age=0")


def _open(found: Progress) -> str:
    """The lesson that is open in this browser; in a new session, the one that was open here before."""
    if OPEN not in st.session_state:
        name = of_browser()
        st.session_state[OPEN] = name if found.of(name).since else ""
    if st.session_state[OPEN]:
        st.session_state[WAS_OPEN] = True
    return st.session_state[OPEN]


def of_browser() -> str:
    """The lesson that the browser had open when it connected."""
    return st.context.cookies.get(COOKIE, "")
