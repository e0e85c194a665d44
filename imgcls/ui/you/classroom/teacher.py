"""A teacher's view: how to join, who is here, what everybody trains, and what concerns all of them."""

import html
from collections.abc import Callable

import streamlit as st

from imgcls.jobs.classroom import naming, projected, work
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.together import activities, names, sending
from imgcls.jobs.together.pool import State
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.lessons import glossary
from imgcls.sharing import people
from imgcls.sharing.classroom import presence, rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.you.assignments import lists
from imgcls.ui.you.classroom import approving, earlier, exporting, head, members, ranking, reach, stage, together

TICK_SECONDS = 5.0
TAB, TAB_KEY = "tab", "class-tab"
"""The parameter of the address, and the control."""
OFFERS = (
    ("Join a class", N_("Join"), N_("Pupils scan a code on the projector, or type it, and give a name. No accounts.")),
    (
        "Assign a task",
        N_("Assign"),
        N_("Give a lesson, or any page as a task with a goal, and follow everyone's progress."),
    ),
    ("Draw together", N_("Draw together"), N_("Everyone draws on their phone; the wall shows what the model reads.")),
)
"""Picture, title and sentence of what a class offers."""
STUCK = N_("Stuck: the latest run has failed, or there is no run yet although others have been training for minutes.")


def show_start() -> None:
    """For a teacher without a room."""
    st.markdown(_("Open a class: pupils join with a code and their name, and you see what everyone trains."))
    reach.warn()
    _form()
    _what_it_is()


def _form() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            _("Name of the class"),
            max_chars=rooms.CLASS_NAME_LENGTH,
            placeholder=_("Optional, such as 9b, Tuesday"),
            key="class-name-new",
            width=320,
        )
        if st.button(_("Open a class"), type="primary", icon=":material/door_open:"):
            with errors.shown():
                rooms.open_new(name)
                st.rerun()


def _what_it_is() -> None:
    """What a class offers, for who has never had one: a card each."""
    with st.grid(3, min_column_width=240, gap="medium"):
        for scene, title, text in OFFERS:
            with st.container(border=True, height="stretch", key=f"card-class-{scene.replace(' ', '-')}"):
                st.html(
                    f'<div class="lesson-picture">{glossary.picture(scene)}</div>'
                    f"<h2>{html.escape(_(title))}</h2><p>{html.escape(_(text))}</p>"
                )


def show_others() -> None:
    """For the owner of the server, who has no class: the classes of teachers, one of which they may look after."""
    others = {room.id: room for room in rooms.all_open()}
    if not others:
        return
    chosen = st.selectbox(
        _("Manage another class"),
        others,
        index=None,
        format_func=lambda room_id: _of_whom(others[room_id]),
        placeholder=_("Choose a class"),
        width=420,
    )
    if chosen is not None:
        show(others[chosen])


def _of_whom(room: Room) -> str:
    """The class, and whose it is. Not all teachers have a name; who has left is not remembered."""
    teacher = people.find(room.teacher)
    if not teacher.name and teacher.changed:
        return naming.title(room)
    return _("{code} of {name}").format(code=naming.title(room), name=teacher.name or _("a teacher who has left"))


def show(room: Room) -> None:
    """The teacher's room, open or closed. Only the open tab is drawn."""
    if room.is_open:
        head.show(room)
    else:
        _closed(room, is_present=True)
    _content(room)


def show_earlier(room: Room) -> None:
    """A closed class, beside the one that its teacher may have at present."""
    earlier.back()
    _closed(room)
    _content(room)


def _closed(room: Room, *, is_present: bool = False) -> None:
    """Above the results; for the class that was the teacher's at last, with the way to the next one."""
    text = _("{name} is closed: no one can join or train.").format(name=f"**{plain(naming.title(room))}**")
    st.info(text, icon=":material/door_front:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if is_present:
            with st.popover(_("New class"), type="primary", icon=":material/add:", key="class-new"):
                _form()
        exporting.show(room)
        earlier.open_again(room)


def _content(room: Room) -> None:
    members.note(room)
    st.fragment(run_every=TICK_SECONDS if room.is_open else None)(_counts)(room.id)
    TABS[_tab(room)][1](room)


def _people(room: Room) -> None:
    if room.is_open:
        approving.show(room)
        stage.show(room)
    members.show(room)


def _leaderboards(room: Room) -> None:
    """Those of the assignments, the latest first, then that of all other runs."""
    lists.leaderboards(room)
    ranking.show(room)


TABS: dict[str, tuple[str, Callable[[Room], None]]] = {
    "people": (N_("People"), _people),
    "draw": (N_("Draw together"), together.show),
    "assignments": (N_("Assignments"), lists.show),
    "leaderboards": (N_("Leaderboards"), _leaderboards),
}
"""By their name in the address: title and content."""


def _first_tab(room: Room) -> str:
    """Where the address names none: of a closed class, its results."""
    if room.is_open:
        return "people"
    given = {assignment.page for assignment in assignments.of_room(room)}
    return "leaderboards" if "train" in given else "assignments" if given else "people"


def _tab(room: Room) -> str:
    offered = [name for name in TABS if room.is_open or name != "draw"]
    requested, first = st.query_params.get(TAB, ""), _first_tab(room)
    st.session_state[TAB_KEY] = requested if requested in offered else first
    chosen = st.segmented_control(
        _("Section"),
        offered,
        required=True,
        key=TAB_KEY,
        format_func=lambda name: _(TABS[name][0]),
        on_change=_follow,
        label_visibility="collapsed",
    )
    return chosen or first


def _follow() -> None:
    st.query_params[TAB] = st.session_state[TAB_KEY]


def _counts(room_id: str) -> None:
    """Runs every few seconds. If somebody has joined, left or gone on stage, the rest of the page changes, too."""
    room = rooms.find(room_id)
    if room is None or members.has_changed(room):
        st.rerun()
    found = work.of_members(room)
    if not room.is_open:
        text = ngettext("{n} member", "{n} members", len(found)).format(n=len(found))
        st.markdown(f"**{text}**")
        return
    present = sum(presence.is_present(entry.member.id) for entry in found)
    stuck = sum(entry.is_stuck for entry in found)
    title = ngettext(
        "{n} member, {present} present, {stuck} stuck", "{n} members, {present} present, {stuck} stuck", len(found)
    )
    text = f"**{title.format(n=len(found), present=present, stuck=stuck)}**"
    for name, count in _waiting(room).items():
        at = list(TABS).index(name) + 1
        text += f" &nbsp; :orange-badge[:material/notifications: {_to_approve(name, count)}]"
        # the control stays the same: with another label, Streamlit would treat it as another one
        mark = f'content:" · {count}" / "";margin-left:.25em;font-weight:700'
        st.html(f"<style>.st-key-{TAB_KEY} button:nth-of-type({at})::after{{{mark}}}</style>")
    st.markdown(text, help=_(STUCK))


def _to_approve(tab: str, count: int) -> str:
    if tab == "people":
        return ngettext("{n} name to approve", "{n} names to approve", count).format(n=count)
    return ngettext("{n} drawing to approve", "{n} drawings to approve", count).format(n=count)


def _waiting(room: Room) -> dict[str, int]:
    """What waits for the teacher, by tab."""
    if not room.is_open:
        return {}
    found = {}
    if projected.shows_names(room):
        found["people"] = len(names.in_state(room, State.WAITING))
    activity = activities.find(room)
    if activity is not None and activity.is_open:
        found["draw"] = sending.pool_of(room, activity).count(State.WAITING)
    return {tab: count for tab, count in found.items() if count}
