"""What the teacher tells the class, at the top of every page of its members. It also says that they are present."""

import streamlit as st

from imgcls import sharing
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.together import activities
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing import Mode
from imgcls.sharing.classroom import presence, rooms
from imgcls.sharing.classroom.presence import Place
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import ticks
from imgcls.ui.app.errors import plain
from imgcls.ui.app.paths import PAGES

TICK_SECONDS = 5.0
KNOWN = ("run", "view", "image", "data")
"""The parameters of the address that say what somebody looks at; others may hold what they typed."""
ON_STAGE = N_("Your teacher shows the class which page and run you have open.")
PAUSED = N_("Your teacher has paused all training.")
NEWS = N_("There is something new to do in your class.")
CLOSED = N_("Your teacher has closed the class, so no run can be started. Runs in progress continue.")
DISMISSED = N_("You are no longer in this class, so you cannot start a run. Runs in progress continue.")
CLASS_PAGE = "class"
WAS_OPEN, SEEN = "class-was-open", "class-seen"
"""Session keys: the class that was open when the visitor last looked, and what there was to do in it."""


def show(title: str, path: str) -> None:
    """The notice on the page of this title and path, for who is or was in a class; nothing in other modes."""
    if sharing.mode() is Mode.CLASSROOM and (sharing.current().room or st.session_state.get(WAS_OPEN)):
        ticks.every(TICK_SECONDS, _show, title, path, path=path)


def _show(title: str, path: str) -> None:
    visitor = sharing.current()
    room = rooms.find(visitor.room)
    if room is None or not room.is_open:
        _ended(CLOSED if room else DISMISSED, path)
        return
    if rooms.manages(visitor, room):
        return
    st.session_state[WAS_OPEN] = room.id
    query = {name: text for name, text in st.query_params.to_dict().items() if name in KNOWN}
    presence.note(visitor.id, Place(title, path, query))
    if room.message:
        st.info(_("**Message to the class:** {text}").format(text=plain(room.message)), icon=":material/campaign:")
    if room.is_paused:
        st.warning(_(PAUSED), icon=":material/pause_circle:")
    if room.on_stage == visitor.id:
        st.info(_(ON_STAGE), icon=":material/co_present:")
    _news(room, path)


def _ended(text: str, path: str) -> None:
    """Says that the class was closed or left while a page was open; the page Class says so itself."""
    if st.session_state.get(WAS_OPEN):
        if path == CLASS_PAGE:
            del st.session_state[WAS_OPEN]
            st.rerun()
        st.info(_(text), icon=":material/door_front:")


def _news(room: Room, path: str) -> None:
    """What the teacher has begun since the visitor last looked: the page Class shows it at once, others link to it."""
    activity = activities.find(room)
    present = {one.code for one in assignments.of_room(room) if one.is_open}
    present |= {activity.id} if activity is not None and activity.is_open else set()
    known, seen = st.session_state.get(SEEN, (room.id, None))
    if known != room.id:
        seen = None
    if path == CLASS_PAGE or seen is None:
        st.session_state[SEEN] = room.id, present
        if path == CLASS_PAGE and seen not in (None, present):
            st.rerun()
    elif present - seen:
        st.page_link(PAGES / "class.py", label=_(NEWS), icon=":material/new_releases:")
