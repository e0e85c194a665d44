"""The classes that a teacher has closed: their results, their export, and opening them again."""

import time
from collections import Counter

import streamlit as st

from imgcls import sharing
from imgcls.jobs.classroom import naming
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.sharing import people
from imgcls.sharing.classroom import earlier, rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import pager
from imgcls.ui.you.assignments import again
from imgcls.ui.you.classroom import exporting

LOOKED_AT = "class"
"""The parameter of the address that names a closed class, by its ID."""
PER_PAGE = 10
MOST_TITLES = 5
CLOSE_FIRST = N_("Close “{name}” first: only one class is open at a time.")
OPEN_FIRST = N_("To assign one again, open a class first.")
REOPENING = N_("With the same code and assignments, and the members who have joined no other class since.")


def requested() -> Room | None:
    """The closed class that the address names, if the visitor is its teacher."""
    room = rooms.find(st.query_params.get(LOOKED_AT, ""))
    return room if room is not None and not room.is_open and rooms.manages(sharing.current(), room) else None


def show() -> None:
    """The closed section with all of them; nothing for who has closed none."""
    visitor = sharing.current()
    found = [room for room in earlier.earlier(visitor.id) if room.id != visitor.room]  # that one is shown above
    if not found:
        return
    label = _("Earlier classes ({count})").format(count=len(found))
    with st.expander(label, icon=":material/history:", key="earlier-classes", on_change="rerun") as section:
        if not section.open:
            return
        counts = Counter(person.room for person in people.everybody() if person.id != visitor.id)
        for room in pager.page_of(found, PER_PAGE, "earlier-classes-page"):
            with st.container(border=True, key=f"earlier-{room.id}", gap="xsmall"):
                _one(room, counts[room.id])


def _one(room: Room, members: int) -> None:
    day = time.strftime("%Y-%m-%d", time.localtime(room.opened))
    st.markdown(f"**{plain(naming.title(room))}** &nbsp; :gray[{day}]")
    tasks = assignments.of_room(room)
    parts = [
        ngettext("{n} member", "{n} members", members).format(n=members),
        ngettext("{n} assignment", "{n} assignments", len(tasks)).format(n=len(tasks)),
    ]
    st.caption(plain(" · ".join(parts)))
    for task in tasks[:MOST_TITLES]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"“{plain(task.title)}”", width="content")
            again.assign(task)
    if len(tasks) > MOST_TITLES:
        st.caption(_("and {count} more").format(count=len(tasks) - MOST_TITLES))
    if tasks and again.open_class() is None:
        st.caption(_(OPEN_FIRST))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("Look at the results"), icon=":material/leaderboard:", key=f"look-{room.id}"):
            links.go("class.py", **{LOOKED_AT: room.id})
        exporting.show(room, key=f"export-{room.id}")
        open_again(room)


def open_again(room: Room) -> None:
    """The button, with what prevents it. Opened, it is the class of the page."""
    present = rooms.find(people.find(room.teacher).room)
    is_free = present is None or not present.is_open
    if st.button(
        _("Open again"),
        icon=":material/door_open:",
        key=f"reopen-{room.id}",
        disabled=not is_free,
        help=_(REOPENING) if is_free else None,
    ):
        with errors.shown():
            earlier.reopen(room)
            links.go("class.py")
    if present is not None and not is_free:
        st.caption(plain(_(CLOSE_FIRST).format(name=present.name or present.code)), width="content")


def back() -> None:
    """From the results of an earlier class to the page as usual."""
    if st.button(_("Back to your class"), icon=":material/arrow_back:", key="earlier-back", type="tertiary"):
        links.go("class.py")
