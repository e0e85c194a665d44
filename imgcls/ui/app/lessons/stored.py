"""How far the visitor is in the lessons: stored for them, or in this session for somebody without a cookie."""

import streamlit as st

from imgcls import sharing
from imgcls.sharing import lesson_progress
from imgcls.sharing.lesson_progress import Progress

KEY = "lesson-progress"
"""Session key of the progress of a visitor who has no file."""


def progress() -> Progress:
    """How far the visitor is."""
    visitor = sharing.current()
    if lesson_progress.path_of(visitor) is None:
        return st.session_state.get(KEY, Progress())
    return lesson_progress.read(visitor)


def store(changed: Progress) -> None:
    """Remembers how far the visitor is. Raises UserError if it cannot be written."""
    st.session_state[KEY] = changed
    lesson_progress.write(sharing.current(), changed)
