"""Lessons that a class is given: the teacher's form, and how far everybody is."""

import streamlit as st

from imgcls import lessons, sharing
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments.assignment import LESSON, Assignment
from imgcls.sharing import lesson_progress, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.lesson_progress import Standing
from imgcls.ui.app import errors
from imgcls.ui.widgets import formatting

CHOSEN = "lesson-to-give"


def give(room: Room) -> None:
    """The form with which a teacher gives the class a lesson."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="give-lesson"):
        name = st.selectbox(
            "Lesson",
            lessons.names(),
            index=None,
            format_func=lambda name: f"{lessons.number(name)}. {lessons.find(name).TITLE}",
            placeholder="Choose a lesson",
            key=CHOSEN,
            width=420,
            help="Your class finds it below and on the Lessons page. You see each member's progress.",
        )
        if st.button("Assign to the class", icon=":material/school:", disabled=name is None) and name:
            with errors.shown():
                assignments.make(room, "lessons", lessons.find(name).TITLE, {LESSON: name})
                st.rerun()


def progress(assignment: Assignment, *, is_teacher: bool) -> None:
    """How far every member is, for the teacher; for a member, how far they are themselves. Runs every few seconds."""
    name = str(assignment.state[LESSON])
    if name not in lessons.names():
        st.caption("This version of the app does not have this lesson.")
        return
    room = rooms.find(assignment.room)
    if not is_teacher:
        standing = lesson_progress.read(sharing.current()).of(name)
        st.caption(f"{_place(name, standing)}. Your teacher sees your progress.")
        return
    members = rooms.members(room) if room is not None else []
    standings = [lesson_progress.read(people.visitor(person.id)).of(name) for person in members]
    st.caption(f"{sum(standing.is_finished for standing in standings)} of {len(members)} finished it.")
    if members:
        tasks = [number for number, step in enumerate(lessons.find(name).STEPS) if step.has_task]
        st.dataframe(
            {
                "Name": [person.name for person in members],
                "Progress": [_place(name, standing) for standing in standings],
                "Tasks done": [f"{len(standing.done & set(tasks))} of {len(tasks)}" for standing in standings],
                "Guesses right": [_right(name, standing) for standing in standings],
            },
            hide_index=True,
            height=formatting.table_height(len(members)),
            alt="The progress of each class member in this lesson.",
        )


def _place(name: str, standing: Standing) -> str:
    if standing.is_finished:
        return "Finished"
    count = len(lessons.find(name).STEPS)
    return f"Step {min(standing.step, count - 1) + 1} of {count}" if standing.since else "Not started"


def _right(name: str, standing: Standing) -> str:
    steps = lessons.find(name).STEPS
    asked = {number: step.question.right for number, step in enumerate(steps) if step.question is not None}
    right = sum(standing.answers.get(number) == choice for number, choice in asked.items())
    return f"{right} of {len(asked.keys() & standing.answers.keys())}"
