"""The members of a class, each with what they train and what their teacher can do about it."""

import html
import time
from collections.abc import Sequence

import streamlit as st

from imgcls.jobs.classroom import work
from imgcls.jobs.classroom.work import MemberWork
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing import Role, people
from imgcls.sharing.classroom import presence, rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting, pager
from imgcls.ui.you import confirmation
from imgcls.ui.you.classroom import head, titles

TICK_SECONDS = 5.0
DRAWN, REMOVING = "class-members", "class-removing"
"""Session keys: who was in the class and on stage when the whole page was drawn; whom the teacher wants to remove."""
PER_PAGE = 40
"""Each row has three controls, and all are drawn again every few seconds."""
ACTIONS_PIXELS, STAGE_PIXELS, MODERATOR_PIXELS = 370, 110, 120
"""For all rows, so that their columns have the same widths."""
MODERATES = N_(
    "They approve and hide drawings and names on their own device: their Class page has the button “Moderate”. "
    "They may do nothing else of yours, and only until they leave or the class is closed."
)
ON_STAGE = N_(
    "Follows the page that this member has open, with its run and what is selected there. It is the page as "
    "you see it: what they type or draw is not shown. The member sees a note."
)
STYLE = (
    "<style>.class-member{display:grid;grid-template-columns:minmax(6rem,3fr) 2fr 2fr 5fr 2fr 2fr 1fr;gap:.75rem;"
    "align-items:center;font-size:.875rem}.class-member>*{overflow-wrap:anywhere;min-width:0}"
    ".class-member.is-head{opacity:.75}"
    ".class-member[data-stuck] span:nth-of-type(2){font-weight:600}"
    ".class-member[data-state] span:nth-of-type(2){justify-self:start;padding:0 .5rem;border-radius:1rem}"
    ".class-member[data-state=green] span:nth-of-type(2){background:light-dark(#e3f6ea,#12351f);"
    "color:light-dark(#12633a,#7ee2a8)}"
    ".class-member[data-state=blue] span:nth-of-type(2){background:light-dark(#e4f0fb,#12304a);"
    "color:light-dark(#0b568f,#8cc8f7)}"
    ".class-member[data-state=red] span:nth-of-type(2){background:light-dark(#fdeaea,#481a1a);"
    "color:light-dark(#a11d1d,#ffb0b0)}"
    ".class-member[data-state=orange] span:nth-of-type(2){background:light-dark(#fdf0e0,#43290c);"
    "color:light-dark(#8a4b00,#f5be7a)}"
    ".class-member[data-state=violet] span:nth-of-type(2){background:light-dark(#f0eafc,#2e2150);"
    "color:light-dark(#5b35a8,#cdb8fb)}"
    ".class-member[data-state=gray] span:nth-of-type(2){background:light-dark(#edf0f3,#2b323a);"
    "color:light-dark(#4a5560,#c3ccd5)}"
    # a long name must not push the controls of its row into another line
    "@media(min-width:1000px){.class-member{contain:inline-size}}"
    "@media(max-width:999px){.class-member.is-head{display:none}}"
    "@media(max-width:640px){.class-member{grid-template-columns:1fr 1fr;gap:.1rem .75rem}}</style>"
)


def note(room: Room) -> None:
    """Remember what the whole page is drawn from."""
    st.session_state[DRAWN] = _drawn_from(room)


def has_changed(room: Room) -> bool:
    """Whether somebody has joined, left or gone on stage since the whole page was drawn."""
    return st.session_state.get(DRAWN) != _drawn_from(room)


def _drawn_from(room: Room) -> tuple[str, list[tuple[str, str]]]:
    return room.on_stage, [(person.id, person.name) for person in rooms.members(room)]


def show(room: Room) -> None:
    """The rows, drawn again every few seconds while the class is open."""
    if removed := st.session_state.pop(REMOVING, ""):
        # asked for here: a dialog of the fragment would close with its next run
        confirmation.ask(
            plain(_("Remove {name}?").format(name=people.find(removed).name)),
            _("They leave the class and can join again with the code. Their runs are kept."),
            _("Remove"),
            _remove,
            room,
            removed,
            key="class-remove",
        )
    st.fragment(run_every=TICK_SECONDS if room.is_open else None)(_rows)(room.id)


def _rows(room_id: str) -> None:
    room = rooms.find(room_id)
    if room is None:
        return
    if has_changed(room) or not st.session_state.keys().isdisjoint((head.PROBLEM, REMOVING)):
        st.rerun()  # what is on the page outside of the rows
    found = work.of_members(room)
    if not found:
        st.caption(_("No one has joined yet."))
        return
    names = (_("Name"), _("Last seen"), _("Status"), _("Latest run"), _("Epoch"), _("Validation accuracy"), _("Runs"))
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(f"{STYLE}{_row(names, 'is-head')}")
            if room.is_open:
                with st.container(horizontal=True, vertical_alignment="center", width=ACTIONS_PIXELS):
                    st.caption(_("On stage"), help=_(ON_STAGE), width=STAGE_PIXELS)
                    st.caption(_("Moderator"), help=_(MODERATES), width=MODERATOR_PIXELS)
        for entry in pager.page_of(found, PER_PAGE, "class-members-page"):
            with st.container(horizontal=True, vertical_alignment="center", key=f"class-member-{entry.member.id}"):
                st.html(_row(_cells(entry), is_stuck=entry.is_stuck, colour=_colour(entry)))
                if room.is_open:
                    with st.container(horizontal=True, vertical_alignment="center", width=ACTIONS_PIXELS):
                        _actions(room, entry)


def _row(cells: Sequence[str], kind: str = "", *, is_stuck: bool = False, colour: str = "") -> str:
    name, *others = (html.escape(cell) for cell in cells)
    inner = f"<b>{name}</b>" + "".join(f"<span>{cell}</span>" for cell in others)
    marks = (" data-stuck" if is_stuck else "") + (f" data-state='{colour}'" if colour else "")
    return f"<div class='class-member {kind}'{marks}>{inner}</div>"


def _cells(entry: MemberWork) -> tuple[str, ...]:
    return (
        entry.member.name,
        _seen(entry),
        _status(entry),
        titles.named(entry.latest) if entry.latest else "–",
        _epoch(entry),
        formatting.fraction(entry.latest.val_accuracy if entry.latest else None),
        str(entry.attempts),
    )


def _actions(room: Room, entry: MemberWork) -> None:
    """What is set is what the files say: another device of the teacher may have changed it."""
    member = entry.member
    on_stage, moderates = f"class-stage-{member.id}", f"class-moderator-{member.id}"
    st.session_state[on_stage] = room.on_stage == member.id
    st.session_state[moderates] = member.role is Role.MODERATOR
    st.checkbox(
        _("On stage"),
        key=on_stage,
        width=STAGE_PIXELS,
        label_visibility="collapsed",  # it is in the heading of the column
        on_change=_put,
        args=(room, member.id, on_stage),
    )
    st.checkbox(
        _("Moderator"),
        key=moderates,
        width=MODERATOR_PIXELS,
        label_visibility="collapsed",
        on_change=_appoint,
        args=(room, member.id, moderates),
    )
    st.button(
        _("Remove"),
        key=f"class-remove-{member.id}",
        icon=":material/person_remove:",
        type="tertiary",
        on_click=_ask_removal,
        args=(member.id,),
    )


def _put(room: Room, visitor_id: str, key: str) -> None:
    head.attempt(lambda room: rooms.put_on_stage(room, visitor_id if st.session_state[key] else ""), room)


def _appoint(room: Room, visitor_id: str, key: str) -> None:
    head.attempt(lambda room: rooms.appoint(room, visitor_id, is_moderator=st.session_state[key]), room)


def _ask_removal(visitor_id: str) -> None:
    st.session_state[REMOVING] = visitor_id


def _remove(room: Room, visitor_id: str) -> None:
    head.attempt(lambda room: rooms.remove(room, visitor_id), room)


def _seen(entry: MemberWork) -> str:
    since = presence.seconds_since(entry.member.id)
    if presence.is_present(entry.member.id):
        return _("here")
    return "–" if since is None else formatting.age(time.time() - since)


def _status(entry: MemberWork) -> str:
    word = _("No run yet") if entry.latest is None else formatting.word(entry.latest.state)
    return f"⚠ {word}" if entry.is_stuck else word


def _colour(entry: MemberWork) -> str:
    """That of the state's chip elsewhere."""
    return formatting.STATES[entry.latest.state][2] if entry.latest and entry.latest.state in formatting.STATES else ""


def _epoch(entry: MemberWork) -> str:
    if entry.latest is None or not entry.latest.epochs:
        return "–"
    return _("{done} of {total}").format(done=entry.latest.epoch, total=entry.latest.epochs)
