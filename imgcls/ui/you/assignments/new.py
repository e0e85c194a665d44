"""What a teacher can give the class: a lesson, or a page as a task. Side by side, and explained while there is none."""

import html

import streamlit as st

from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.lessons import glossary
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import links
from imgcls.ui.app.assignments import form
from imgcls.ui.you.assignments import lessons

LESSON = (
    "Shuffled pixels",
    N_("Give a lesson"),
    N_("Everyone follows the same steps on their own device, and you see how far each of them is."),
)
TASK = (
    "Assign a task",
    N_("Set a task"),
    N_(
        "Set up the Train page as your class should find it, fix what must not change, and choose a goal. A "
        "leaderboard follows. Data, Evaluate and Predict can become tasks, too: at the bottom of the page."
    ),
)
"""Picture, title and sentence of each card."""


def show(room: Room, *, is_first: bool) -> None:
    """Both cards; with pictures and sentences for a class that has nothing yet."""
    form.as_usual()
    with st.grid(2, min_column_width=320, gap="medium"):
        with st.container(border=True, height="stretch", key="new-lesson", gap="small"):
            _head(*LESSON, is_first=is_first)
            lessons.give(room)
        with st.container(border=True, height="stretch", key="new-task", gap="small"):
            _head(*TASK, is_first=is_first)
            if st.button(
                _("New assignment"),
                type="primary" if is_first else "secondary",
                icon=":material/assignment_add:",
                key="new-assignment",
            ):
                form.open_soon()
                links.go("train.py")


def _head(picture: str, title: str, text: str, *, is_first: bool) -> None:
    heading = f"<h2>{html.escape(_(title))}</h2>"
    if is_first:
        heading = f'<div class="lesson-picture">{glossary.picture(picture)}</div>{heading}<p>{html.escape(_(text))}</p>'
    st.html(heading)
