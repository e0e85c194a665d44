"""The assignments of a class, each with its link and what has been reached: a leaderboard, or the place in a lesson."""

from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from imgcls import sharing
from imgcls.jobs.classroom import projected
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, closing, goals
from imgcls.jobs.classroom.assignments.assignment import LESSON, Assignment
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing import lesson_progress
from imgcls.sharing.classroom import join_link, rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import links
from imgcls.ui.app.assignments import instructions
from imgcls.ui.app.assignments.fixed_controls import KEY
from imgcls.ui.app.errors import plain
from imgcls.ui.app.paths import PAGES
from imgcls.ui.visitors import watching
from imgcls.ui.you import confirmation
from imgcls.ui.you.assignments import again, lessons, new, results, status

TICK_SECONDS = 10.0
QUICK_SECONDS = 2.0
"""While everybody waits for the scores."""
SHORT = 140
"""Instructions of one line with up to so many characters take no more room than the section that would hide them."""
WHAT_CLOSING_DOES = {
    True: N_(
        "No more runs can be started for it. The best run of each person by validation accuracy is then evaluated on "
        "the test set, once. Runs in progress still count: the evaluation waits for them, but not for paused ones."
    ),
    False: N_("It stays in the list."),
}
"""By whether it is about training."""


def show(room: Room, *, started: str = "") -> None:
    """All assignments, the latest first. The one with the code `started` has a button above, so none of its own."""
    manages = rooms.manages(sharing.current(), room)
    found = assignments.of_room(room)
    if not found and not manages:
        return
    if not manages:  # for a teacher, it is the title of the tab
        st.header(_("Assignments"), anchor=False)
    if manages and room.is_open:
        new.show(room, is_first=not found)
    elif not found:
        st.caption(_("No assignments."))
    last = max((one.closed for one in found), default=0.0)
    for assignment in found:
        with _card(assignment, manages, is_wanted=assignment.closed == last or _is_awaited(assignment)):
            _one(assignment, manages, is_started_above=assignment.code == started)


def _card(assignment: Assignment, manages: bool, *, is_wanted: bool) -> DeltaGenerator:
    """The frame of an assignment; for the teacher, a closed one is a section, open if its results are `is_wanted`."""
    if assignment.is_open or not manages:
        return st.container(border=True, key=f"assignment-{assignment.code}")
    title = _("{title} (closed)").format(title=assignment.title)
    key = f"assignment-{assignment.code}"
    return st.expander(plain(title), icon=":material/lock:", key=key, expanded=is_wanted)


def _is_awaited(assignment: Assignment) -> bool:
    """Whether it was closed, but has no results yet."""
    return assignment.page == "train" and not assignment.is_open and closing.final(assignment) is None


def leaderboards(room: Room) -> None:
    """For the teacher: the leaderboard of each assignment that has one, under its title."""
    for assignment in assignments.of_room(room):
        if assignment.page == "train":
            st.fragment(run_every=_pace(assignment))(_leaderboard)(assignment)


def _leaderboard(assignment: Assignment) -> None:
    st.header(plain(assignment.title), anchor=False)
    if goal := goals.text_of(assignment.goal):
        st.caption(_("Goal: {goal}").format(goal=plain(goal)))
    _on_screen(assignment)
    final = closing.final(assignment)
    status.awaited(assignment, final, closing.works(assignment), manages=True)
    if final is None and not closing.places(assignment, on_test=False):
        st.caption(_(projected.NO_SCORES))
    results.leaderboard(assignment, final, manages=True)


def start(assignment: Assignment, *, is_primary: bool) -> None:
    """For a pupil: the button that opens an assignment; with its title if the class has several at present."""
    room = rooms.find(assignment.room)
    is_named = room is not None and sum(one.is_open for one in assignments.of_room(room)) > 1
    begun = assignment.page == "train" and attempts.of(assignment, sharing.current().id)
    with st.container(horizontal=True, vertical_alignment="center", key="start-assignment"):
        if assignment.page == "lessons":
            standing = lesson_progress.read(sharing.current()).of(str(assignment.state[LESSON]))
            label = _("Continue") if standing.since else _("Start the lesson")
            label = _("Open the lesson") if standing.is_finished else label
        else:
            label = _("Continue the assignment") if begun else _("Start the assignment")
        if st.button(
            label,
            type="primary" if is_primary else "secondary",
            icon=":material/play_arrow:",
            key="start-latest",
        ):
            links.go(f"{assignment.page}.py", **_query(assignment))
        if is_named:
            st.markdown(f"**{plain(assignment.title)}**", width="content")


def _query(assignment: Assignment) -> dict[str, str]:
    if assignment.page == "lessons":
        return {LESSON: str(assignment.state[LESSON])}
    return {KEY: assignment.code}


def _one(assignment: Assignment, manages: bool, *, is_started_above: bool = False) -> None:
    closed = _("Closed")
    state = "" if assignment.is_open else f" &nbsp; :gray-badge[:material/lock: {closed}]"
    if assignment.is_open or not manages:
        st.markdown(f"**{plain(assignment.title)}**{state}")
    if goal := goals.text_of(assignment.goal):
        st.caption(_("Goal: {goal}").format(goal=plain(goal)))
    text = assignment.instructions.strip()
    # closed: they are on the page of the assignment, and a pupil comes here for the place
    is_short = assignment.is_open and len(text) <= SHORT and "\n" not in text
    if text and is_short:
        st.markdown(instructions.markdown(text))
    is_lesson = assignment.page == "lessons"
    query = _query(assignment)
    tick = watching.apart(TICK_SECONDS) if assignment.is_open else None
    if is_lesson:
        st.fragment(run_every=tick)(lessons.status)(assignment, is_teacher=manages)
    if assignment.page == "train":
        st.fragment(run_every=_pace(assignment))(status.show)(assignment, manages)
    with st.container(horizontal=True, vertical_alignment="center"):
        if not is_started_above:
            st.page_link(
                PAGES / f"{assignment.page}.py",
                label=_("Open the lesson") if is_lesson else _("Open the assignment"),
                icon=":material/school:" if is_lesson else ":material/open_in_new:",
                query_params=query,
            )
        if manages:
            _controls(assignment)
    if text and not is_short:
        with st.expander(_("Instructions"), icon=":material/notes:", key=f"assignment-text-{assignment.code}"):
            st.markdown(instructions.markdown(text))
    if manages and _is_going_on(assignment) and (base := join_link.address(st.context.url or "")):
        with st.expander(_("Link for your pupils"), icon=":material/link:", key=f"assignment-link-{assignment.code}"):
            st.code(f"{base}/{assignment.page}?{urlencode(query)}", language=None)
    if is_lesson and manages:
        st.fragment(run_every=tick)(lessons.table)(assignment)
    if assignment.page == "train":
        st.fragment(run_every=_pace(assignment))(_results)(assignment, manages)


def _is_going_on(assignment: Assignment) -> bool:
    """Whether its class can still open it."""
    room = rooms.find(assignment.room)
    return assignment.is_open and room is not None and room.is_open


def _pace(assignment: Assignment) -> float | None:
    if closing.final(assignment):
        return None
    return watching.apart(TICK_SECONDS) if assignment.is_open else QUICK_SECONDS


def _controls(assignment: Assignment) -> None:
    _on_screen(assignment)
    # a task without results is evaluated when it closes, also after the class
    if assignment.is_open and (assignment.page == "train" or _is_going_on(assignment)):
        label = _("Close and evaluate") if assignment.page == "train" else _("Close")
        if st.button(label, icon=":material/flag:", key=f"close-{assignment.code}"):
            _close(assignment)
    again.buttons(assignment)
    if st.button(_("Delete"), icon=":material/delete:", key=f"delete-{assignment.code}"):
        _delete(assignment)


def _on_screen(assignment: Assignment) -> None:
    """The way to its leaderboard for the projector; nothing without one, or if its class is gone or closed."""
    room = rooms.find(assignment.room)
    if assignment.page == "train" and room is not None and (room.is_open or room.id == sharing.current().room):
        address = f"{links.on_server('room', room.code, 'leaderboard')}?task={assignment.code}"
        st.link_button(_("Leaderboard on the screen"), address, icon=":material/cast:", help=_("For a projector."))


def _results(assignment: Assignment, manages: bool) -> None:
    """Runs every few seconds until the end."""
    if not attempts.of(assignment):
        return
    results.leaderboard(assignment, closing.final(assignment), manages=manages)
    if assignment.asks_guess:
        results.predictions(assignment, manages)


def _close(assignment: Assignment) -> None:
    is_training = assignment.page == "train"
    confirmation.ask(
        _("Close the assignment?"),
        _(WHAT_CLOSING_DOES[is_training]),
        _("Close and evaluate") if is_training else _("Close the assignment"),
        status.attempt,
        closing.close,
        assignment,
        key="assignment-close",
    )


def _delete(assignment: Assignment) -> None:
    text = _("This deletes “{title}”, its list of attempts and its leaderboard. The runs are kept.")
    confirmation.ask(
        _("Delete the assignment?"),
        text.format(title=plain(assignment.title)),
        _("Delete"),
        status.attempt,
        assignments.delete,
        assignment,
        key="assignment-delete",
    )
