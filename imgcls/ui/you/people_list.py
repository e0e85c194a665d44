"""The people whom the server knows, for its owner: who is a guest, a member or a teacher."""

import streamlit as st

from imgcls import sharing
from imgcls.sharing import Role, guarding, people
from imgcls.sharing.people import Person
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain

GIVEN = [Role.GUEST, Role.MEMBER, Role.TEACHER, Role.OWNER]
"""Moderators are chosen by the teacher of their class."""


def show() -> None:
    """Everybody with a name or a role, and a select box for the role."""
    everybody = people.everybody()
    st.header("People", anchor=False)
    st.caption(
        "Everyone who has entered a name on this page. Members can train; teachers can also change the work of their "
        "class."
    )
    for person in everybody:
        name, role = st.columns([2, 1], vertical_alignment="center")
        name.markdown(f"{plain(person.name or 'No name')} :gray[:small[{plain(person.id[:4])}]]")
        if person.id == sharing.current().id:  # whoever takes away their own role would need a new code
            role.markdown("You")
            continue
        key = f"role-{person.id}"
        st.session_state[key] = person.role
        role.selectbox(
            "Role",
            [*GIVEN, *(role for role in [person.role] if role not in GIVEN)],
            format_func=lambda role: role.value.capitalize(),
            key=key,
            label_visibility="collapsed",
            on_change=_give,
            args=(person, key),
        )


def _give(person: Person, key: str) -> None:
    """A callback: the page is then drawn with the new role."""
    with errors.shown():
        guarding.give_role(person.id, st.session_state[key])
