"""What a teacher can give the class: a lesson, or a page as a task. Explained by two cards while there is none."""

import html
from typing import Literal

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
    """Two cards with pictures and sentences for a class that has nothing yet; else two buttons: what it has matters."""
    form.as_usual()
    if not is_first:
        with st.container(horizontal=True, key="new-any"):
            with st.popover(_(LESSON[1]), icon=":material/school:", key=lessons.BOX, on_change="rerun"):
                lessons.give(room)
            _task(_(TASK[1]), is_primary=False)
        return
    with st.grid(2, min_column_width=320, gap="medium"):
        with st.container(border=True, height="stretch", key="new-lesson", gap="small"):
            _head(*LESSON)
            lessons.give(room)
        with st.container(border=True, height="stretch", key="new-task", gap="small"):
            _head(*TASK)
            _task(_("New assignment"), is_primary=True)


def _task(label: str, *, is_primary: bool) -> None:
    kind: Literal["primary", "secondary"] = "primary" if is_primary else "secondary"
    if st.button(label, type=kind, icon=":material/assignment_add:", key="new-assignment"):
        form.open_soon()
        links.go("train.py")


def _head(picture: str, title: str, text: str) -> None:
    st.html(
        f'<div class="lesson-picture">{glossary.picture(picture)}</div>'
        f"<h2>{html.escape(_(title))}</h2><p>{html.escape(_(text))}</p>"
    )
