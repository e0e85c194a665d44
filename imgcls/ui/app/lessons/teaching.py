"""What the Lessons page has for teachers: sheets, a button that gives a lesson to the class, and a hint at both."""

import html
from functools import partial

import streamlit as st

from imgcls import lessons, sharing
from imgcls.jobs.classroom import lesson_given
from imgcls.languages import gettext as _
from imgcls.lessons import teacher_sheet
from imgcls.sharing import Mode
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors, links


def hint() -> None:
    """On one's own computer, where no page is about teaching: a quiet line on what there is for it."""
    if sharing.mode() is not Mode.LOCAL:
        return
    address = html.escape(links.on_server("class"))
    text = html.escape(_("Teaching? Each lesson has a teacher's sheet, linked from its card, and there is a {mode}."))
    name = html.escape(_("class mode"))
    mode = f'<a href="{address}" target="_self">{name}</a>'
    st.html(f'<p class="lessons-teaching">{text.format(mode=mode)}</p>')


def buttons(name: str) -> None:
    """Beside the start of a lesson: what only a teacher does with it."""
    _assign_button(name)
    _sheet(name)


def _assign_button(name: str) -> None:
    """For the teacher of an open class: one press gives it this lesson."""
    room = lesson_given.class_of(sharing.current())
    if room is None:
        return
    st.button(
        _("Assign to the class"),
        icon=":material/co_present:",
        key="lesson-assign",
        disabled=lesson_given.is_given(room, name),
        on_click=_assign,
        args=(room, name),
    )


def _assign(room: Room, name: str) -> None:
    """A callback."""
    with errors.shown():
        lesson_given.give(room, name, lessons.find(name).TITLE)


def _sheet(name: str) -> None:
    """The teacher's sheet, in a tab of its own and as a file. It has the answers: in a class, not for its members."""
    if not teacher_sheet.is_for(sharing.current()):
        return
    st.link_button(
        _("Teacher's sheet"),
        links.on_server("teacher-sheet", name),
        icon=":material/open_in_new:",
        help=_(
            "Opens in a new tab: minutes per step, training time of a class (estimates), questions with answers, "
            "expected numbers, and questions for the class."
        ),
    )
    st.download_button(
        _("Download the sheet"),
        partial(teacher_sheet.render, name),
        file_name=f"lesson-{name}.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
    )
