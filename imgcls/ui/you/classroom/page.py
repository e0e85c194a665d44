"""The page "Class": the class of its teacher, that of a pupil, or the form to join one."""

import streamlit as st

from imgcls import sharing
from imgcls.languages import gettext as _
from imgcls.sharing import Role, Visitor
from imgcls.sharing.classroom import rooms
from imgcls.ui.app.errors import plain
from imgcls.ui.you import code_field
from imgcls.ui.you.classroom import earlier, exporting, pupil, teacher


def title() -> str:
    """The heading of the page, with the name of the visitor's class."""
    room = earlier.requested() or rooms.find(sharing.current().room)
    return _("Class {code}").format(code=plain(room.name)) if room is not None and room.name else _("Class")


def show() -> None:
    """The whole page below its title."""
    visitor = sharing.current()
    code_field.confirm()
    if rooms.may_open(visitor):
        exporting.tell()
    room = rooms.find(visitor.room)
    if (looked_at := earlier.requested()) is not None:
        teacher.show_earlier(looked_at)
    elif room is not None and rooms.manages(visitor, room):
        teacher.show(room)
        earlier.show()
    elif rooms.may_open(visitor):
        teacher.show_start()
        earlier.show()
        if visitor.role is Role.OWNER:
            teacher.show_others()
    elif not visitor.id:
        st.warning("Your browser sends no cookie. Allow cookies for this site and reload the page.")
    elif room is not None and not _follows_other_link(visitor):
        pupil.show(room, visitor)
    else:
        pupil.show_form(visitor)


def _follows_other_link(visitor: Visitor) -> bool:
    """Whether the address of the page invites the visitor to another open class than theirs."""
    invited = rooms.find_open(st.query_params.get(pupil.JOIN, ""))
    return invited is not None and invited.id != visitor.room
