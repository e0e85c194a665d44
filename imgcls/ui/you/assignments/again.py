"""What a teacher does with an assignment they have: give it again, or correct its text."""

import streamlit as st

from imgcls import sharing
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments.assignment import Assignment
from imgcls.languages import gettext as _
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors, links
from imgcls.ui.app.assignments import fixed_controls, form


def buttons(assignment: Assignment) -> None:
    """Assign again, and edit."""
    assign(assignment)
    if st.button(_("Edit"), icon=":material/edit:", key=f"edit-{assignment.code}"):
        st.dialog(_("Edit the assignment"))(_edit)(assignment)


def open_class() -> Room | None:
    """The class that assignments can be given to again, if the visitor has one open."""
    room = rooms.find(sharing.current().room)
    return room if room is not None and room.is_open and rooms.manages(sharing.current(), room) else None


def assign(assignment: Assignment) -> None:
    """The button that gives it to the open class, also from an earlier one."""
    room = open_class()
    if st.button(
        _("Assign again"),
        icon=":material/replay:",
        key=f"again-{assignment.code}",
        disabled=room is None,
        help=_("To your open class: you see it filled in first, and can change it.")
        if room is not None
        else _("Open a class first."),
    ):
        with errors.shown():
            if assignment.page == "lessons" and room is not None:
                assignments.make(room, "lessons", assignment.title, assignment.state)
                links.go("class.py", tab="assignments")
            _again(assignment)


def _again(assignment: Assignment) -> None:
    """To its page, as it was for the class, but with nothing fixed."""
    form.open_soon(assignment.code)
    if assignment.page == "train":
        links.train(**assignment.state)
    for name, value in assignment.state.items():
        st.session_state[name] = value
    named = {name: value for name, value in assignment.state.items() if name not in fixed_controls.NOT_IN_ADDRESS}
    links.go(f"{assignment.page}.py", **{name: str(value) for name, value in named.items()})


def _edit(assignment: Assignment) -> None:
    title, text = f"edited-title-{assignment.code}", f"edited-instructions-{assignment.code}"
    st.text_input(_("Title"), assignment.title, max_chars=assignments.TITLE_LENGTH, key=title)
    st.text_area(
        _("Instructions"),
        assignment.instructions,
        max_chars=assignments.TEXT_LENGTH,
        height="content",
        key=text,
        help=_(form.FORMATS),
    )
    st.caption(_("The goal and the fixed controls stay: attempts count for them."))
    if st.button(_("Save"), type="primary", key="edited-save", on_click=_save, args=(assignment, title, text)):
        st.rerun()


def _save(assignment: Assignment, title: str, text: str) -> None:
    with errors.shown():
        assignments.describe(assignment, st.session_state[title], st.session_state[text])
