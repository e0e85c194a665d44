"""The page "Class": the class of its teacher, that of a pupil, or the form to join one."""

import streamlit as st

from imgcls import sharing
from imgcls.sharing import Role, Visitor
from imgcls.sharing.classroom import rooms
from imgcls.ui.you import code_field
from imgcls.ui.you.classroom import pupil, teacher


def show() -> None:
    """The whole page below its title."""
    visitor = sharing.current()
    code_field.confirm()
    room = rooms.find(visitor.room)
    if room is not None and rooms.manages(visitor, room):
        teacher.show(room)
    elif rooms.may_open(visitor):
        teacher.show_start()
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
