"""What the teacher tells the class, at the top of every page of its members. It also says that they are present."""

import contextlib
import re
from collections.abc import Iterable, Sequence

import streamlit as st

from imgcls import sharing
from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments.assignment import Assignment
from imgcls.jobs.together import activities
from imgcls.jobs.together.activities import Activity
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing import Mode, Role, people
from imgcls.sharing.classroom import presence, rooms
from imgcls.sharing.classroom.presence import Place
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import ticks
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.app.paths import PAGES
from imgcls.ui.components import canvas, drawable_canvas
from imgcls.ui.visitors import watching

TICK_SECONDS = 5.0
KNOWN = (
    *("run", "other", "study", "data", "lesson", "model"),
    *("view", "panel", "part", "explore", "suspects", "image", "epoch", "learned", "followed", "threshold", "yes-from"),
    *("class", "cell", "area", "predictions", "confidence", "merge", "off"),
)
"""The parameters of the address that say what somebody looks at and has selected; others may hold what they typed."""
ON_STAGE = N_("The class sees the page that you have open.")
PAUSED = N_("Your teacher has paused all training.")
NEWS = N_("There is something new to do in your class.")
CLOSED = N_("Your teacher has closed the class, so no run can be started. Runs in progress continue.")
DISMISSED = N_("You are no longer in this class, so you cannot start a run. Runs in progress continue.")
TASK_CLOSED = N_(
    "The assignment “{title}” is closed: no more runs can be started for it. Runs in progress still count."
)
OTHER_CLOSED = N_("The assignment “{title}” is closed.")
CLASS_PAGE, PREDICT, HOME = "class", "predict", "home"
DRAW = "Draw"
"""The mode of the page Predict in which its canvas is, see `ui.predict.page`."""
WERE_OPEN = "class-tasks-open"
"""Session key: the assignments that the visitor saw open."""
OPENS = re.compile(
    r"\b(open|go (back )?to|öffnet?|geht? (auf|zu)|abr(e|id)|(ve|id) a|ouvrez?|(va|allez) sur)\b", re.IGNORECASE
)
"""Words that ask to open a page, in the languages of the app."""
JOINS = r"(?:and|then|und|dann|y|luego|et|puis)\b"
CLAUSES = re.compile(rf"(?<=[.!?;,:…])\s+|\s+(?={JOINS})", re.IGNORECASE)
WAS_OPEN, SEEN = "class-was-open", "class-seen"
"""Session keys: the class that was open when the visitor last looked, and what there was to do in it."""


def show(title: str, path: str) -> None:
    """The notice on the page of this title and path, for who is or was in a class; nothing in other modes."""
    if sharing.mode() is Mode.CLASSROOM and (sharing.current().room or st.session_state.get(WAS_OPEN)):
        ticks.every(watching.apart(TICK_SECONDS), _show, title, path, path=path)


def _show(title: str, path: str) -> None:
    visitor = sharing.current()
    room = rooms.find(visitor.room)
    if room is None or not room.is_open:
        _ended(CLOSED if room else DISMISSED, path)
        return
    if rooms.manages(visitor, room):
        return
    st.session_state[WAS_OPEN] = room.id
    query = {name: text for name, text in st.query_params.to_dict().items() if name in KNOWN}
    presence.note(visitor.id, Place(title, path or HOME, query, *_canvas(path or HOME)))
    _message(room, (title, path))
    if room.is_paused:
        st.warning(_(PAUSED), icon=":material/pause_circle:")
    if room.on_stage == visitor.id:
        st.info(_(ON_STAGE), icon=":material/co_present:")
    found = assignments.of_room(room)
    _closed_tasks(room, path, found)
    _news(room, path, found)


def _canvas(path: str) -> tuple[bool, str]:
    """Whether the visitor looks at an empty canvas, and what the network reads on one that is not.

    What is in another mode of the page Predict, or on its fallback canvas, is not known.
    """
    drawn = st.session_state.get(canvas.STATE)
    is_other = "mode" in st.query_params or st.session_state.get("mode", DRAW) != DRAW
    is_other |= bool(st.session_state.get(drawable_canvas.SWITCH))
    if path not in presence.CANVASES or (path == PREDICT and is_other):
        return False, ""
    return (False, drawn.reads) if drawn is not None and drawn.drawing else (True, "")


def _message(room: Room, titles: Iterable[str]) -> None:
    """What the teacher has said, until the visitor dismisses it, or is where it asks to go."""
    visitor = sharing.current().id
    text = remaining(rooms.message_for(room, visitor), titles)
    if not text:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="class-said"):
        st.info(_("**Message to the class:** {text}").format(text=plain(text)), icon=":material/campaign:")
        st.button(
            _("Dismiss"),
            icon=":material/close:",
            type="tertiary",
            key="class-dismiss",
            on_click=_dismiss,
            args=(visitor, room.said),
        )


def _dismiss(visitor: str, said: float) -> None:
    """A callback. If it cannot be written, the message stays."""
    with contextlib.suppress(UserError):
        people.dismiss(visitor, said)


def remaining(text: str, titles: Iterable[str]) -> str:
    """A message without what asks to open the page with one of these titles: whoever reads it there has done that."""
    names = "|".join(re.escape(title) for title in titles if title)
    clauses = CLAUSES.split(text)
    left = [one for one in clauses if not (OPENS.search(one) and re.search(rf"\b({names})\b", one, re.IGNORECASE))]
    if len(left) == len(clauses):
        return text
    rest = re.sub(rf"^{JOINS}\s*", "", " ".join(left), flags=re.IGNORECASE)
    return rest[:1].upper() + rest[1:]


def _closed_tasks(room: Room, path: str, found: Sequence[Assignment]) -> None:
    """Says which assignments have ended since the visitor saw them open; the page Class shows it."""
    for one in found:
        present = fixed_controls.present()
        if present is not None and present.is_open and not one.is_open and present.code == one.code:
            st.session_state[fixed_controls.PRESENT] = one
            st.rerun()  # its controls and Start say that it has ended
    known, before = st.session_state.get(WERE_OPEN, (room.id, frozenset()))
    if known != room.id or path == CLASS_PAGE:
        before = frozenset()
    st.session_state[WERE_OPEN] = room.id, before | {one.code for one in found if one.is_open}
    for one in found:
        if one.code in before and not one.is_open:
            text = TASK_CLOSED if one.page == "train" else OTHER_CLOSED
            st.info(_(text).format(title=plain(one.title)), icon=":material/lock:")
            if one.page == "train":
                st.page_link(PAGES / "class.py", label=_("See the leaderboard"), icon=":material/leaderboard:")


def _ended(text: str, path: str) -> None:
    """Says that the class was closed or left while a page was open; the page Class says so itself."""
    if st.session_state.get(WAS_OPEN):
        if path == CLASS_PAGE:
            del st.session_state[WAS_OPEN]
            st.rerun()
        st.info(_(text), icon=":material/door_front:")


def _news(room: Room, path: str, found: Sequence[Assignment]) -> None:
    """What the teacher has begun since the visitor last looked: the page Class shows it at once, others link to it."""
    activity = activities.find(room)
    present = {one.code for one in found if one.is_open}
    present |= {activity.id} if activity is not None and activity.is_open else set()
    if sharing.current().role is Role.MODERATOR:
        present.add(Role.MODERATOR)
    if path == CLASS_PAGE and activity is not None:
        present |= _model(activity)
    known, seen = st.session_state.get(SEEN, (room.id, None))
    if known != room.id:
        seen = None
    if path == CLASS_PAGE or seen is None:
        st.session_state[SEEN] = room.id, present
        if path == CLASS_PAGE and seen not in (None, present):
            st.rerun()
    elif present - seen:
        st.page_link(PAGES / "class.py", label=_(NEWS), icon=":material/new_releases:")


def _model(activity: Activity) -> set[str]:
    """The model of the class once it is trained: the page Class then offers to try it."""
    from imgcls.jobs.together import collection  # only this page needs it: it brings what reads predictions

    run = collection.trained(activity)
    return set() if run is None else {run.id}
