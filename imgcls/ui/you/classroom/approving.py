"""Names that wait for approval before the screens of the class show them."""

from collections.abc import Sequence

import streamlit as st

from imgcls.jobs.classroom import projected
from imgcls.jobs.together import names
from imgcls.jobs.together.pool import State
from imgcls.languages import gettext as _
from imgcls.languages import ngettext
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.people import Person
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.you.classroom import head

TICK_SECONDS = 5.0
MOST_NAMES = 40


def show(room: Room) -> None:
    """The names, if a screen of the class shows any."""
    if projected.shows_names(room):
        st.fragment(run_every=TICK_SECONDS)(_names)(room)


def _names(room: Room) -> None:
    """What members call themselves, before the class reads it. Runs every few seconds."""
    found = names.in_state(room, State.WAITING)
    if not found:
        return
    listed = ", ".join(person.name for person in found[:MOST_NAMES])
    if len(found) > MOST_NAMES:
        listed += " " + _("and {count} more").format(count=len(found) - MOST_NAMES)
    text = _("New names: {names}; screens say “{hidden}” until you show them to the class.")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain(text.format(names=listed, hidden=_(names.HIDDEN))), width="content")
        label = ngettext("Show {n} name on the screen", "Show {n} names on the screen", len(found))
        st.button(
            label.format(n=len(found)),
            icon=":material/badge:",
            key="together-names",
            help=_(
                "The whole class then reads them next to drawings and scores. To keep one off, press “Choose names” "
                "and hide it there, or remove the member."
            ),
            on_click=head.attempt,
            args=(lambda room: _show_names(room, found), room),
        )
        address = links.on_server("room", room.code, "moderator")
        st.link_button(_("Choose names"), address, icon=":material/visibility_off:")


def _show_names(room: Room, seen: Sequence[Person]) -> None:
    names.moderate(room, [person.name for person in seen], is_shown=True)
