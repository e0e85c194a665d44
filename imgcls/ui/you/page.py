"""The page "You": name, role and limits, what is stored, and how to leave."""

import html

import streamlit as st

from imgcls import sharing
from imgcls.errors import UserError
from imgcls.jobs import fair_use, personal_data
from imgcls.jobs.together import pool, sending
from imgcls.sharing import Mode, Role, Visitor, people
from imgcls.sharing.classroom import rooms
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.app.paths import PAGES
from imgcls.ui.you import code_field, people_list
from imgcls.ui.you.classroom import reach

LEAVE = '<a class="link-button" href="{}" target="_self">Not you?</a>'
"""In this tab: one that stays open would still show the previous person's work."""
PRIVACY = (
    "In this browser, a random ID in a cookie, which only this server reads, for a year. On this server, until you "
    "delete it (in a demo, for a day):\n- your name, role and class, if you have any, whether you have dismissed the "
    "message to your class, and how far you are in the lessons\n- your runs, studies, datasets and uploads, with your "
    "name as their owner\n- images that you pinned or saved, and views of the list of runs\n- attempts at assignments "
    "with your predictions; your class sees them on the leaderboard\n- drawings and photos that you sent to your "
    "class, which the projector shows\n\nIf you only look around, nothing is stored. Nothing is sent to other servers, "
    "except the names of runs if the owner of this server has set up notifications."
)
NOT_DELETED, DELETED = "you-not-deleted", "you-deleted"
ROLES = {
    Role.GUEST: "a guest",
    Role.MEMBER: "a member",
    Role.MODERATOR: "a moderator of your class",
    Role.TEACHER: "a teacher",
    Role.OWNER: "the owner of this server",
}
MODES = {
    Mode.LOCAL: "Everyone can do everything.",
    Mode.CLASSROOM: "Everyone can change only their own work. Teachers can also change the work of their class.",
    Mode.DEMO: "You can try everything. Only you see your work, and it is deleted after a day.",
    Mode.READ_ONLY: "You can look at all runs and try the models. Only the owner of the server trains.",
}


def show() -> None:
    """The whole page below its title."""
    visitor = sharing.current()
    if st.session_state.pop(DELETED, False):
        st.success("Everything about you has been deleted from this server.", icon=":material/delete_forever:")
    code_field.confirm()
    st.markdown(f"You are **{plain(visitor.shown_name)}**, {ROLES[visitor.role]}. {MODES[sharing.mode()]}")
    if not visitor.id:
        st.warning("Your browser sends no cookie. Allow cookies for this site and reload the page.")
        return
    if rooms.may_open(visitor):
        st.page_link(PAGES / "class.py", label="Open a class, or go to yours", icon=":material/co_present:")
    _name(visitor)
    _usage(visitor)
    if visitor.role is not Role.OWNER:
        _owner_code(visitor)
    else:
        people_list.show()
    st.header("On a shared computer", anchor=False)
    st.caption("Only the cookie of this browser identifies you. Anyone who uses this browser next is treated as you.")
    st.html(LEAVE.format(html.escape(links.on_server("visitor", "leave"))))
    st.header("What is stored about you", anchor=False)
    st.markdown(PRIVACY)
    _drawings(visitor)
    if st.button("Delete everything about me", icon=":material/delete_forever:"):
        _delete(visitor)


def _drawings(visitor: Visitor) -> None:
    """Withdraw drawings of all classes: the page of a class that is closed can no longer be opened."""
    if problem := st.session_state.pop(NOT_DELETED, ""):
        st.error(plain(problem), icon=":material/error:")
    if count := pool.count_of(visitor.id):
        st.caption(f"Drawings and photos that you have sent to classes: {count:,}.")
        st.button("Delete my drawings and photos", icon=":material/ink_eraser:", on_click=_withdraw)


def _withdraw() -> None:
    """A callback: the page is then drawn without them."""
    try:
        sending.withdraw_all()
    except UserError as error:
        st.session_state[NOT_DELETED] = str(error)


def _usage(visitor: Visitor) -> None:
    used = fair_use.usage(visitor)
    if used:
        st.caption(plain("You use " + ", ".join(entry.sentence for entry in used) + "."))


@st.dialog("Delete everything about you?")
def _delete(visitor: Visitor) -> None:
    st.markdown(
        "Your runs, studies, datasets, drawings, photos and uploads, your attempts at assignments, your progress in "
        "the lessons, your name and your role. Runs in progress are stopped. **This cannot be undone.**"
    )
    if visitor.role in (Role.TEACHER, Role.OWNER):
        st.markdown("Your classes end; their assignments and drawings are deleted. The runs of your pupils are kept.")
    with st.container(horizontal=True):
        if st.button(
            "Delete",
            type="primary",
            icon=":material/delete_forever:",
            key="you-delete",
            on_click=_delete_everything,
            args=(visitor,),
        ):
            st.rerun()
        if st.button("Cancel", key="you-keep"):
            st.rerun()


def _delete_everything(visitor: Visitor) -> None:
    """A callback: the page is then drawn for somebody whom the server does not know."""
    personal_data.delete_everything(visitor)
    st.session_state[DELETED] = True


def _name(visitor: Visitor) -> None:
    with st.form("you-name", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Your name",
            visitor.name,
            max_chars=people.NAME_LENGTH,
            help="Others see it next to the work that you share. It is stored on this server only.",
        )
        if st.form_submit_button("Save"):
            with errors.shown():
                people.change(visitor.id, name=name)
                st.rerun()


def _owner_code(visitor: Visitor) -> None:
    with st.expander("Do you run this server?", icon=":material/key:", key="you-owner"):
        st.caption("The terminal or log where it was started shows a code that makes you its owner.")
        if sharing.mode() is Mode.CLASSROOM:
            reach.warn()
        code_field.show(visitor)
