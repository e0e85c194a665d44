"""A pupil's view: the form with code and name, then the class."""

import streamlit as st

from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.together import activities
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.lessons import glossary
from imgcls.sharing import Role, Visitor, owner_code, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.app.paths import PAGES
from imgcls.ui.visitors import watching
from imgcls.ui.you import code_field
from imgcls.ui.you.assignments import lists, results
from imgcls.ui.you.classroom import ranking, reach, together

TICK_SECONDS = 5.0
JOIN = "join"
"""The parameter of the address that holds the code."""
LONGEST_CODE = 12
TEACHERS = N_(
    "Enter the code that the server's terminal shows, then open your class here. Or ask whoever runs the server to "
    "make you a teacher."
)
MODERATOR = N_("You are a moderator: you approve and hide what the screen shows. Press “Moderate” on your own device.")
WAIT = N_("Wait for your teacher: what your class does together appears here automatically.")


def show_form(visitor: Visitor) -> None:
    """Code and name. A link with the code leaves only the name to enter."""
    given = _given()
    _fields(visitor, given)
    if not given:
        with st.expander(_("Are you the teacher?"), icon=":material/co_present:", expanded=not owner_code.has_owner()):
            st.caption(_(TEACHERS))
            code_field.show(visitor)
            reach.warn()


def _given() -> str:
    """The code of the link that led here."""
    return rooms.tidy(st.query_params.get(JOIN, ""))[: rooms.CODE_LENGTH]


def _fields(visitor: Visitor, given: str) -> None:
    st.markdown(_("Enter your name and join your class.") if given else _("Your teacher shows you the class code."))
    with st.container(key="join-class"), st.form("join", width=420):
        code = st.text_input(_("Class code"), given, max_chars=LONGEST_CODE, autocomplete="off")
        name = st.text_input(
            _("Your name"), visitor.name, max_chars=people.NAME_LENGTH, help=_("Your teacher and your class see it.")
        )
        if st.form_submit_button(_("Join"), type="primary", icon=":material/login:"):
            with errors.shown():
                rooms.join(code, name, st.context.ip_address or "")
                st.query_params.pop(JOIN, None)
                st.rerun()


def show(room: Room, visitor: Visitor) -> None:
    """The pupil's class."""
    if not room.is_open:
        st.info(
            _("This class is closed. You can still look at its runs and try the models. To train, join another class."),
            icon=":material/door_front:",
        )
        with st.container(horizontal=True, vertical_alignment="center", key="class-links"):
            st.page_link(PAGES / "runs.py", label=_("Runs"), icon=":material/table_chart:")
            if (activity := activities.find(room)) is not None:
                together.try_link(activity)
        _results(room)
        lists.show(room)
        ranking.show(room)
        with st.expander(_("Join another class"), icon=":material/login:"):
            _fields(visitor, _given())
        return
    teacher = people.find(room.teacher)
    names = {"name": plain(visitor.shown_name), "code": room.code, "teacher": plain(teacher.name)}
    with_teacher = _("You are **{name}** in class **{code}** with {teacher}.")
    st.markdown((with_teacher if teacher.name else _("You are **{name}** in class **{code}**.")).format(**names))
    task = next((one for one in assignments.of_room(room) if one.is_open), None)
    activity = activities.find(room)
    drawn_for = activity if activity is not None and activity.is_open else None
    # one primary button: what the teacher has begun last
    is_task_first = task is not None and (drawn_for is None or drawn_for.started <= task.opened)
    if task is not None and is_task_first:
        lists.start(task, is_primary=True)
    is_waiting = drawn_for is None and not assignments.of_room(room)
    if is_waiting:
        _waiting(room)
    with st.container(horizontal=True, vertical_alignment="center", key="class-links"):
        if drawn_for is not None:
            together.link(room, drawn_for, is_primary=not is_task_first)
        if activity is not None:
            together.try_link(activity)
        if visitor.role is Role.MODERATOR:
            together.moderate_link(room)
        st.page_link(PAGES / "train.py", label=_("Train a model"), icon=":material/model_training:")
        if drawn_for is None and not is_waiting:  # two ways to draw are one too many
            st.page_link(PAGES / "predict.py", label=_("Draw a digit"), icon=":material/draw:")
    if task is not None and not is_task_first:
        lists.start(task, is_primary=False)
    if visitor.role is Role.MODERATOR:
        st.caption(_(MODERATOR))
    lists.show(room, started=task.code if task is not None else "")
    ranking.show(room)
    if st.button(
        _("Leave the class"),
        icon=":material/logout:",
        type="tertiary",
        help=_("Your runs are kept. You can join again with the code."),
    ):
        with errors.shown():
            rooms.leave()
            st.rerun()


def _waiting(room: Room) -> None:
    """Before the class has anything to do: that it fills, and something to pass the time with."""
    with st.container(border=True, key="class-waiting", gap="small"):
        st.html(f'<div class="lesson-picture">{glossary.picture("Join a class")}</div>')
        st.fragment(run_every=watching.apart(TICK_SECONDS))(_joined)(room.id)
        st.markdown(_(WAIT))
        if st.button(_("Draw a digit meanwhile"), icon=":material/draw:", key="draw-meanwhile", width="stretch"):
            links.go("predict.py")


def _joined(room_id: str) -> None:
    """Runs every few seconds."""
    room = rooms.find(room_id)
    count = len(rooms.members(room)) if room is not None else 0
    text = _("You are the first to join.")
    if count > 1:
        text = ngettext("{n} person has joined.", "{n} people have joined.", count).format(n=count)
    st.markdown(f"**{text}**")


def _results(room: Room) -> None:
    """Where the pupil ended up, assignment by assignment: what they come back for when the class is over."""
    found = [(one.title, own) for one in assignments.of_room(room) if one.page == "train" and (own := results.own(one))]
    if not found:
        return
    st.header(_("Your results"), anchor=False)
    with st.container(border=True, key="class-results", gap="small"):
        for title, own in found:
            st.markdown(f":material/trophy: **{plain(title)}**  \n{own}")
