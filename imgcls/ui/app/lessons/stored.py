"""How far the visitor is in the lessons: stored for them, or in this session for somebody without a cookie.

In local mode all browsers share the progress of the one person, but a lesson is open only in the browser that started
it: a second one, such as that of a projector, shows its pages without the panel. A cookie of the panel (see the
component `reveal`) lets it survive a reload.
"""

from dataclasses import replace

import streamlit as st

from imgcls import sharing
from imgcls.sharing import lesson_progress
from imgcls.sharing.lesson_progress import Progress

KEY = "lesson-progress"
"""Session key of the progress of a visitor who has no file."""
OPEN = "lesson-of-browser"
"""Session key: the lesson that is open in this browser, in local mode; "" if none."""
LEFT = "lesson-left"
"""Session key: the visitor has just left a lesson before its end."""
COOKIE = "imgcls_lesson"
"""The same for the next session of the browser, until it is closed."""


def progress() -> Progress:
    """How far the visitor is."""
    visitor = sharing.current()
    if lesson_progress.path_of(visitor) is None:
        return st.session_state.get(KEY, Progress())
    found = lesson_progress.read(visitor)
    return found if sharing.is_shared() else replace(found, current=_open(found.current))


def store(changed: Progress) -> None:
    """Remembers how far the visitor is. Raises UserError if it cannot be written."""
    visitor = sharing.current()
    st.session_state[KEY] = changed
    if not sharing.is_shared():
        latest = lesson_progress.read(visitor).current
        is_of_another = not changed.current and latest != _open(latest)
        st.session_state[OPEN] = changed.current
        changed = replace(changed, current=latest) if is_of_another else changed
    lesson_progress.write(visitor, changed)


def _open(latest: str) -> str:
    """The lesson that is open in this browser; in a new session the `latest` one of the person, if it was here."""
    if OPEN not in st.session_state:
        st.session_state[OPEN] = latest if latest and latest == of_browser() else ""
    return st.session_state[OPEN]


def of_browser() -> str:
    """The lesson that the browser had open when it connected."""
    return st.context.cookies.get(COOKIE, "")
