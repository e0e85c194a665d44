"""Who sees a run or a dataset: a choice for those who may change it. Nothing in local mode."""

from pathlib import Path

import streamlit as st

from imgcls import sharing
from imgcls.jobs.together import names
from imgcls.languages import gettext as _
from imgcls.sharing import Action, Role, Visibility, guarding, ownership, people
from imgcls.ui.app.errors import shown

TITLES = {Visibility.PRIVATE: "Only me", Visibility.ROOM: "My class", Visibility.PUBLIC: "Everybody"}


def show(action: Action, folder: Path) -> None:
    """The choice, for the owner and their teacher."""
    if not sharing.is_shared() or not sharing.decide(action, folder):
        return
    thing = ownership.of(folder)
    options = [option for option in Visibility if option is not Visibility.ROOM or thing.room]
    key = f"visible-{folder.name}"
    st.session_state[key] = thing.visibility
    st.segmented_control(
        "Who can see it?",
        options,
        required=True,
        format_func=lambda option: TITLES[option],
        key=key,
        on_change=_share,
        args=(action, folder, key),
        help="The teacher of your class and the owner of the server always see it. Only you and they can change it.",
    )


def whose(folder: Path) -> str:
    """Whose it is, for a line of text; "" for the visitor's own, in local mode, and on stage before it is approved."""
    if not sharing.is_shared():
        return ""
    thing, visitor = ownership.of(folder), sharing.current()
    if thing.owner and thing.owner == visitor.id:
        return ""
    if thing.owner and not thing.owner_name and people.find(thing.owner).role in (Role.TEACHER, Role.OWNER):
        return _(names.TEACHER)  # as the class reads it everywhere
    return ownership.name_of(thing)


def in_table(folder: Path, mine: str) -> str:
    """Whose it is, where nothing may be left out: `mine` for the visitor's own."""
    is_others = ownership.of(folder).owner not in ("", sharing.current().id)
    return whose(folder) or (_(names.HIDDEN) if is_others else mine)


def owner_name(folder: Path) -> str:
    """The name of the visitor whose it is; "" also if it is nobody's, such as what comes with the project."""
    return whose(folder) if sharing.is_shared() and ownership.of(folder).owner else ""


def _share(action: Action, folder: Path, key: str) -> None:
    choice = st.session_state.get(key)
    if choice is None:  # reported by a control that the browser is still mounting
        return
    with shown():
        guarding.share(action, folder, Visibility(choice))
