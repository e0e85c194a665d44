"""What the teacher tells the class, at the top of every page of its members. It also says that they are present."""

import streamlit as st

from imgcls import sharing
from imgcls.sharing import Mode
from imgcls.sharing.classroom import presence, rooms
from imgcls.sharing.classroom.presence import Place
from imgcls.ui.app.errors import plain

TICK_SECONDS = 5.0
KNOWN = ("run", "view", "image", "data")
"""The parameters of the address that say what somebody looks at; others may hold what they typed."""
ON_STAGE = "Your teacher shows the class which page and run you have open."
PAUSED = "Your teacher has paused all trainings."


def show(title: str, path: str) -> None:
    """The notice on the page of this title and path, for who is in a room; nothing for others and in other modes."""
    if sharing.mode() is Mode.CLASSROOM and sharing.current().room:
        st.fragment(run_every=TICK_SECONDS)(_show)(title, path)


def _show(title: str, path: str) -> None:
    visitor = sharing.current()
    room = rooms.find(visitor.room)
    if room is None or not room.is_open or rooms.manages(visitor, room):
        return
    query = {name: text for name, text in st.query_params.to_dict().items() if name in KNOWN}
    presence.note(visitor.id, Place(title, path, query))
    if room.message:
        st.info(f"**Message to the class:** {plain(room.message)}", icon=":material/campaign:")
    if room.is_paused:
        st.warning(PAUSED, icon=":material/pause_circle:")
    if room.on_stage == visitor.id:
        st.info(ON_STAGE, icon=":material/co_present:")
