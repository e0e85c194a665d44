"""Lessons that a class is given: the teacher's form, and how far everybody is."""

import streamlit as st

from imgcls import lessons, sharing
from imgcls.jobs.classroom import lesson_given
from imgcls.jobs.classroom.assignments.assignment import LESSON, Assignment
from imgcls.languages import gettext as _
from imgcls.sharing import lesson_progress, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.lesson_progress import Standing
from imgcls.ui.app import errors
from imgcls.ui.widgets import formatting

CHOSEN, BOX = "lesson-to-give", "lesson-to-give-box"
"""The choice, and the box that it is in once there are assignments."""


def give(room: Room) -> None:
    """The form with which a teacher gives the class a lesson."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="give-lesson", width="content"):
        name = st.selectbox(
            _("Lesson"),
            lessons.names(),
            index=None,
            format_func=lambda name: f"{_numbered(name)} · {lessons.find(name).MINUTES} min",
            placeholder=_("Choose a lesson"),
            key=CHOSEN,
            width=420,
            help=_("Your class finds it below and on the Lessons page. You see each member's progress."),
        )
        st.button(
            _("Assign to the class"),
            icon=":material/school:",
            key="give-lesson-now",
            disabled=name is None,
            on_click=_assign,
            args=(room, name),
        )


def _assign(room: Room, name: str | None) -> None:
    """A callback, which may clear the choice, so that a second press assigns nothing twice."""
    if not name:
        return
    with errors.shown():
        lesson_given.give(room, name, lessons.find(name).TITLE)
        st.session_state[CHOSEN], st.session_state[BOX] = None, False
        st.toast(_("Assigned: {lesson}").format(lesson=_numbered(name)), icon=":material/check:")


def status(assignment: Assignment, *, is_teacher: bool) -> None:
    """How many have finished, for the teacher; for a member, how far they are themselves. Runs every few seconds."""
    name = str(assignment.state[LESSON])
    if name not in lessons.names():
        st.caption(_("This version of the app does not have this lesson."))
        return
    if not is_teacher:
        standing = lesson_progress.read(sharing.current()).of(name)
        st.caption(_("{progress}. Your teacher sees your progress.").format(progress=_place(name, standing)))
        return
    standings = [standing for __, standing in _standings(assignment)]
    finished = sum(standing.is_finished for standing in standings)
    st.caption(_("{done} of {count} finished it.").format(done=finished, count=len(standings)))


def _standings(assignment: Assignment) -> list[tuple[str, Standing]]:
    """The name of each member, and how far they are."""
    room, lesson = rooms.find(assignment.room), str(assignment.state[LESSON])
    members = rooms.members(room) if room is not None else []
    return [(person.name, lesson_progress.read(people.visitor(person.id)).of(lesson)) for person in members]


def table(assignment: Assignment) -> None:
    """How far every member is, for the teacher. Runs every few seconds."""
    name = str(assignment.state[LESSON])
    members = _standings(assignment) if name in lessons.names() else []
    if members:
        tasks = [number for number, step in enumerate(lessons.find(name).STEPS) if step.has_task]
        st.dataframe(
            {
                _("Name"): [member for member, __ in members],
                _("Progress"): [_place(name, standing) for __, standing in members],
                _("Tasks done"): [_of(len(standing.done & set(tasks)), len(tasks)) for __, standing in members],
                _("Guesses right"): [_of(*guesses(name, standing)) for __, standing in members],
            },
            hide_index=True,
            height=formatting.table_height(len(members)),
            alt=_("The progress of each class member in this lesson."),
        )


def _place(name: str, standing: Standing) -> str:
    if standing.is_finished:
        return _("Finished")
    count = len(lessons.find(name).STEPS)
    if not standing.since:
        return _("Not started")
    return _("Step {number} of {count}").format(number=min(standing.step, count - 1) + 1, count=count)


def guesses(name: str, standing: Standing) -> tuple[int, int]:
    """How many guesses somebody has made in a lesson: the right ones, and all. A lesson that is gone has none."""
    if name not in lessons.names():
        return 0, 0
    steps = lessons.find(name).STEPS
    asked = {number: step.question.right for number, step in enumerate(steps) if step.question is not None}
    right = sum(standing.answers.get(number) == choice for number, choice in asked.items())
    return right, len(asked.keys() & standing.answers.keys())


def _of(done: int, total: int) -> str:
    return _("{done} of {total}").format(done=done, total=total) if total else "–"


def _numbered(name: str) -> str:
    return f"{lessons.number(name)}. {_(lessons.find(name).TITLE)}"
