"""A teacher's view: how to join, who is here, what everybody trains, and what concerns all of them."""

import html
import time
from collections.abc import Sequence

import streamlit as st

from imgcls.errors import UserError
from imgcls.jobs.classroom import work
from imgcls.jobs.classroom.work import MemberWork
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.sharing import Role, people
from imgcls.sharing.classroom import join_link, presence, rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.people import Person
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting
from imgcls.ui.you.assignments import lists
from imgcls.ui.you.classroom import exporting, ranking, reach, stage, titles, together

TICK_SECONDS = 5.0
MESSAGE, REMOVED, PROBLEM = "class-message", "class-remove", "class-problem"
MEMBERS = "class-members"
"""Session key: who was in the class when the whole page was last drawn."""
MODERATORS = "class-moderators"
STUCK = N_("Stuck: the latest run has failed, or there is no run yet although others have been training for minutes.")
NO_NETWORK = N_(
    "This computer is not connected to a network, so no one else can join. Connect it, then reload this page."
)
STYLE = (
    "<style>.class-join{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:center}"
    ".class-join img{width:min(22rem,100%);border-radius:.5rem}"
    ".class-join b{display:block;font:700 clamp(3rem,9vw,6.5rem)/1.1 monospace;letter-spacing:.08em}"
    ".class-join span{font-size:1.35rem;overflow-wrap:anywhere}</style>"
)


def show_start() -> None:
    """For a teacher without a room."""
    st.markdown(_("Open a class: pupils join with a code and their name, and you see what everyone trains."))
    reach.warn()
    if st.button(_("Open a class"), type="primary", icon=":material/door_open:"):
        with errors.shown():
            rooms.open_new()
            st.rerun()


def show_others() -> None:
    """For the owner of the server, who has no class: the classes of teachers, one of which they may look after."""
    others = {room.id: room for room in rooms.all_open()}
    if not others:
        return
    of_whom = _("{code} of {name}")
    names = {room.id: people.find(room.teacher).name or _("a teacher who has left") for room in others.values()}
    chosen = st.selectbox(
        _("Manage another class"),
        others,
        index=None,
        format_func=lambda room_id: of_whom.format(code=others[room_id].code, name=names[room_id]),
        placeholder=_("Choose a class"),
        width=420,
    )
    if chosen is not None:
        show(others[chosen])


def show(room: Room) -> None:
    """The teacher's room, open or closed."""
    if room.is_open:
        _how_to_join(room)
    else:
        text = _("Class {code} is closed: no one can join or train.").format(code=f"**{room.code}**")
        st.info(text, icon=":material/door_front:")
        exporting.show(room)
        show_start()
    st.session_state[MEMBERS] = _ids(room)
    st.fragment(run_every=TICK_SECONDS if room.is_open else None)(_people)(room)
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(plain(problem), icon=":material/error:")
    if room.is_open:
        together.show(room)
        st.header(_("Run the class"), anchor=False)
        _controls(room)
        stage.show(room)
    lists.show(room)
    ranking.show(room)
    if room.is_open:
        with st.container(horizontal=True, vertical_alignment="center"):
            exporting.show(room)
            # away from what is pressed during a lesson
            if st.button(_("Close the class"), icon=":material/door_front:"):
                _close(room)


def _how_to_join(room: Room) -> None:
    is_only_here = reach.warn()
    base = "" if is_only_here else join_link.address(st.context.url or "")
    if not base:
        if not is_only_here:
            st.warning(_(NO_NETWORK), icon=":material/wifi_off:")
        st.html(f"{STYLE}<div class='class-join'><b>{room.code}</b></div>")
        return
    path = links.on_server("class").strip("/")
    link = join_link.link(base, path, room.code)
    alt, scan, enter = _("QR code of {link}").format(link=link), _("Scan the code, or open"), _("and enter")
    st.html(
        f"{STYLE}<div class='class-join'><img src='{html.escape(join_link.qr_code(link))}' "
        f"alt='{html.escape(alt)}'><div><span>{html.escape(scan)}</span><br>"
        f"<span><strong>{html.escape(base)}/{html.escape(path)}</strong></span><br><span>{html.escape(enter)}</span>"
        f"<b>{room.code}</b></div></div>"
    )


def _ids(room: Room) -> list[tuple[str, str]]:
    return [(person.id, person.name) for person in rooms.members(room)]


def _people(room: Room) -> None:
    """Runs every few seconds. If somebody has joined or left, the lists of names below change, too."""
    if st.session_state.get(MEMBERS) != _ids(room):
        st.rerun()
    found = work.of_members(room)
    present = sum(presence.is_present(entry.member.id) for entry in found)
    stuck = sum(entry.is_stuck for entry in found)
    title = ngettext(
        "{n} member, {present} present, {stuck} stuck", "{n} members, {present} present, {stuck} stuck", len(found)
    )
    st.header(title.format(n=len(found), present=present, stuck=stuck), anchor=False, help=_(STUCK))
    if not found:
        st.caption(_("No one has joined yet."))
        return
    st.dataframe(
        {
            _("Name"): [entry.member.name for entry in found],
            _("Last seen"): [_seen(entry) for entry in found],
            _("Status"): [_status(entry) for entry in found],
            _("Latest run"): [_run(entry) for entry in found],
            _("Epoch"): [_epoch(entry) for entry in found],
            _("Validation accuracy"): [
                formatting.fraction(entry.latest.val_accuracy if entry.latest else None) for entry in found
            ],
            _("Runs"): [entry.attempts for entry in found],
        },
        hide_index=True,
        height=formatting.table_height(len(found)),
        column_config={
            _("Name"): st.column_config.TextColumn(width="medium"),
            _("Latest run"): st.column_config.TextColumn(width="large"),
        },
        alt=_("The members of the class and their latest runs."),
    )


def _seen(entry: MemberWork) -> str:
    since = presence.seconds_since(entry.member.id)
    if presence.is_present(entry.member.id):
        return _("here")
    return "–" if since is None else formatting.age(time.time() - since)


def _status(entry: MemberWork) -> str:
    word = _("No run yet") if entry.latest is None else formatting.word(entry.latest.state)
    return f"⚠ {word}" if entry.is_stuck else word


def _run(entry: MemberWork) -> str:
    return f"{entry.latest.name} ({titles.of(entry.latest)})" if entry.latest else "–"


def _epoch(entry: MemberWork) -> str:
    if entry.latest is None or not entry.latest.epochs:
        return "–"
    return _("{done} of {total}").format(done=entry.latest.epoch, total=entry.latest.epochs)


def _say(room: Room) -> None:
    """The message to all, and the one that the class sees at the moment."""
    with (
        st.form("class-say", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        text = st.text_input(
            _("Message to all"),
            max_chars=rooms.MESSAGE_LENGTH,
            help=_(
                "Shown on every page of the class until it is dismissed or replaced, or the assignment it came with is "
                "closed. A page that it asks to open (“Open the Class page”) does not repeat that."
            ),
        )
        if st.form_submit_button(_("Send"), icon=":material/campaign:") and text.strip():
            with errors.shown():
                rooms.announce(room, text)
                st.rerun()
    if room.message:
        with st.container(horizontal=True, vertical_alignment="center", key="class-said-now"):
            word = _("Sent")
            st.markdown(f":green-badge[:material/check: {word}] {plain(room.message)}", width="content")
            st.button(
                _("Remove the message"),
                icon=":material/close:",
                type="tertiary",
                on_click=_try,
                args=(_silence, room),
            )


def _silence(room: Room) -> None:
    rooms.announce(room, "")


def _controls(room: Room) -> None:
    _say(room)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Pause all"), icon=":material/pause:", on_click=_try, args=(work.pause_all, room))
        if room.is_paused:
            st.button(_("Resume all"), icon=":material/play_arrow:", on_click=_try, args=(work.resume_all, room))
            word = _("All paused")
            st.markdown(f":violet-badge[:material/pause_circle: {word}]", width="content")
    members = rooms.members(room)
    names = {person.id: person.name for person in members}
    if members:
        _moderators(room, members)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox(
                _("Remove a member"),
                names,
                index=None,
                format_func=lambda visitor_id: names.get(visitor_id, ""),
                placeholder=_("Choose a name"),
                key=REMOVED,
                width=320,
            )
            st.button(_("Remove"), disabled=chosen is None, on_click=_remove, args=(room, chosen))


def _moderators(room: Room, members: Sequence[Person]) -> None:
    """Who may approve and hide what the class sends, while the teacher is on stage."""
    names = {person.id: person.name for person in members}
    st.session_state[MODERATORS] = [person.id for person in members if person.role is Role.MODERATOR]
    st.multiselect(
        _("Moderators"),
        names,
        format_func=lambda visitor_id: names.get(visitor_id, ""),
        placeholder=_("Nobody"),
        key=MODERATORS,
        on_change=_appoint,
        args=(room, list(st.session_state[MODERATORS])),
        width=420,
        help=_(
            "They approve and hide drawings and names on their own device: their Class page has the button “Moderate”. "
            "They may do nothing else of yours, and only until they leave or the class is closed."
        ),
    )


def _appoint(room: Room, before: list[str]) -> None:
    """A callback, after somebody was chosen or is no longer."""
    chosen = st.session_state[MODERATORS]
    for visitor_id in {*before} ^ {*chosen}:
        _try(lambda room, who=visitor_id: rooms.appoint(room, who, is_moderator=who in chosen), room)


def _try(act, room: Room) -> None:
    """A callback: the page is then drawn again."""
    try:
        act(room)
    except UserError as error:
        st.session_state[PROBLEM] = str(error)


def _remove(room: Room, visitor_id: str) -> None:
    _try(lambda room: rooms.remove(room, visitor_id), room)
    st.session_state[REMOVED] = None


def _close(room: Room) -> None:
    st.dialog(_("Close the class?"))(_confirm_closing)(room)


def _confirm_closing(room: Room) -> None:
    st.markdown(
        _(
            "The code stops working, and the members can no longer train. They still see the runs. Runs in progress "
            "continue."
        )
    )
    if st.button(_("Close the class"), type="primary", key="class-close", on_click=_try, args=(rooms.close, room)):
        st.rerun()
