"""The top of a teacher's page: how to join, and what concerns the whole class."""

import html
from typing import Literal

import streamlit as st

from imgcls.errors import UserError
from imgcls.jobs.classroom import work
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing.classroom import earlier, join_link, rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.you import confirmation
from imgcls.ui.you.classroom import exporting, reach

PROBLEM, ENLARGED, SAYING, TEXT = "class-problem", "class-enlarged", "class-saying", "class-say-text"
NO_NETWORK = N_(
    "This computer is not connected to a network, so no one else can join. Connect it, then reload this page."
)
STYLE = (
    "<style>.class-join{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:center}"
    ".class-join img{width:min(17rem,100%);border-radius:.5rem}"
    ".class-join b{display:block;font:700 clamp(3rem,9vw,6.5rem)/1.1 monospace;letter-spacing:.08em}"
    ".class-join span{font-size:1.35rem;overflow-wrap:anywhere}"
    ".class-join.is-small{gap:.75rem;padding-inline-end:1rem}"
    ".class-join.is-small img{width:4.5rem;border-radius:.25rem}"
    ".class-join.is-small b{font-size:2rem}.class-join.is-small span{font-size:.875rem}</style>"
)


def show(room: Room) -> None:
    """Code, address and buttons. The QR code is large until someone has joined, on all tabs: they stay where they are.

    For those who come later it is beside the buttons; a class scans it on the join screen.
    """
    is_reachable_only_here = reach.warn()
    base = "" if is_reachable_only_here else join_link.address(st.context.url or "")
    if not base and not is_reachable_only_here:
        st.warning(_(NO_NETWORK), icon=":material/wifi_off:")
    is_small = not st.session_state.get(ENLARGED, not rooms.members(room))
    if not is_small:  # the buttons are below it, in one row
        _how_to_join(room, base, is_small=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="class-head"):
        if is_small:
            _how_to_join(room, base, is_small=True)
        if base:
            # not a dialog, which would close whenever somebody joins
            label = _("Enlarge the QR code") if is_small else _("Shrink the QR code")
            st.button(label, icon=":material/qr_code_2:", key="class-enlarge", on_click=_enlarge, args=(is_small,))
        st.link_button(
            _("Join screen"),
            links.on_server("room", room.code, "invite"),
            icon=":material/cast:",
            help=_("For a projector: address, code and QR code as large as the screen, and how many have joined."),
        )
        with st.popover(_("Message"), icon=":material/campaign:", key=SAYING, on_change="rerun"):
            _say(room)
        st.button(_("Pause all"), icon=":material/pause:", on_click=attempt, args=(work.pause_all, room))
        if room.is_paused:
            st.button(_("Resume all"), icon=":material/play_arrow:", on_click=attempt, args=(work.resume_all, room))
        with st.popover(_("Rename") if room.name else _("Name"), icon=":material/edit:", key="class-name"):
            _name(room)
        exporting.show(room)
        if st.button(_("Close the class"), icon=":material/door_front:"):
            exporting.forget_in_dialog()
            _close(room)
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(plain(problem), icon=":material/error:")
    if room.is_paused:
        word = _("All paused")
        st.markdown(f":violet-badge[:material/pause_circle: {word}]", width="content")
    _said(room)


def _enlarge(is_large: bool) -> None:
    st.session_state[ENLARGED] = is_large


def attempt(act, room: Room) -> None:
    """A callback: the page is then drawn again, with what was wrong."""
    try:
        act(room)
    except UserError as error:
        st.session_state[PROBLEM] = str(error)


def _how_to_join(room: Room, base: str, *, is_small: bool) -> None:
    kind = "class-join is-small" if is_small else "class-join"
    width: Literal["content", "stretch"] = "content" if is_small else "stretch"
    if not base:
        st.html(f"{STYLE}<div class='{kind}'><b>{room.code}</b></div>", width=width)
        return
    path = links.on_server("class").strip("/")
    link = join_link.link(base, path, room.code)
    alt, scan, enter = _("QR code of {link}").format(link=link), _("Scan the code, or open"), _("and enter")
    address = f"<strong>{html.escape(base)}/{html.escape(path)}</strong>"
    words = (
        f"<b>{room.code}</b><span>{address}</span>"
        if is_small
        else f"<span>{html.escape(scan)}</span><br><span>{address}</span><br><span>{html.escape(enter)}</span>"
        f"<b>{room.code}</b>"
    )
    image = f"<img src='{html.escape(join_link.qr_code(link))}' alt='{html.escape(alt)}'>"
    st.html(f"{STYLE}<div class='{kind}'>{image}<div>{words}</div></div>", width=width)


def _say(room: Room) -> None:
    with st.form("class-say", border=False, clear_on_submit=True):
        st.text_input(
            _("Message to all"),
            key=TEXT,
            max_chars=rooms.MESSAGE_LENGTH,
            width=420,
            help=_(
                "Shown on every page of the class until it is dismissed or replaced, or the assignment it came with is "
                "closed. A page that it asks to open (“Open the Class page”) does not repeat that."
            ),
        )
        st.form_submit_button(_("Send"), icon=":material/send:", on_click=_send, args=(room,))


def _send(room: Room) -> None:
    """A callback, which may close the box."""
    if text := st.session_state.get(TEXT, "").strip():
        st.session_state[SAYING] = False
        attempt(lambda room: rooms.announce(room, text), room)


def _said(room: Room) -> None:
    """The message that the class sees at the moment."""
    if not room.message:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="class-said-now"):
        word = _("Sent")
        st.markdown(f":green-badge[:material/check: {word}] {plain(room.message)}", width="content")
        st.button(
            _("Remove the message"),
            icon=":material/close:",
            type="tertiary",
            on_click=attempt,
            args=(_silence, room),
        )


def _silence(room: Room) -> None:
    rooms.announce(room, "")


def _close(room: Room) -> None:
    text = _(
        "The members can no longer train, and the code works again only if you open the class again. They still "
        "see the runs. Runs in progress continue."
    )
    confirmation.ask(
        _("Close the class?"),
        text,
        _("Close the class"),
        attempt,
        rooms.close,
        room,
        key="class-close",
        beside=lambda: exporting.show(room, key=exporting.IN_DIALOG),
        below=exporting.tell_in_dialog,
    )


def _name(room: Room) -> None:
    with st.form("class-name-form", border=False):
        name = st.text_input(
            _("Name of the class"),
            room.name,
            max_chars=rooms.CLASS_NAME_LENGTH,
            placeholder=_("Optional, such as 9b, Tuesday"),
            width=320,
            help=_("Shown on the Class page and on screens, and part of the name of the export."),
        )
        if st.form_submit_button(_("Save"), icon=":material/check:"):
            with errors.shown():
                earlier.give_name(room, name)
                st.rerun()
