"""For a teacher with an open class: makes an assignment of the present state of a page."""

import contextlib
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from imgcls import datasets, models, sharing
from imgcls.config import PARAMS
from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, drafts
from imgcls.jobs.classroom.assignments.assignment import ALWAYS_FIXED, Assignment, Goal, Setting
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing import Mode, lesson_progress
from imgcls.sharing.classroom import rooms
from imgcls.ui.app import links
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.app.paths import PAGES
from imgcls.ui.components import reveal

WHAT = N_(
    "Your class gets a link that opens this page as it is now. Fixed controls keep their values; hidden ones are fixed "
    "as well, but not shown."
)
OF_OTHERS = N_(
    "On this page, you can fix the main controls and whatever is part of its URL, such as the run, the section and the "
    "filters. Everything else can be changed."
)
OF_TRAINING = N_(
    "The server checks both when a run starts. On the Class page, the class sees a leaderboard: by validation "
    "accuracy, and by test accuracy once you close the assignment."
)
FORMATS = N_(
    "`**bold**`, `*italics*`, lists (lines that begin with `-` or `1.`), links (an address, or `[text](https://…)`). "
    "Everything else stays plain text."
)
EXAMPLE = N_("- Train a **CNN** with 5 epochs.\n- Find two digits that it confuses.")
PREVIEW = N_(
    "As it opens on a pupil's phone. Start trains nothing here, and lists of runs may be longer, as you see more runs."
)
PHONE_WIDTH, PHONE_HEIGHT = 390, 500
"""In pixels. The height lets all of the dialog fit on a laptop."""
BOX, MADE, FIRST, AGAIN = "make-assignment", "assignment-made", "make-assignment-first", "assign-again"
"""Keys: whether the box is open, what was made in it, whether it is at the top of the page, and the code of the
assignment that it is filled in with."""
SUCCESS = "assignment-is-made"
PLACES = {param.name: place for place, param in enumerate(PARAMS)}
"""Settings in the order of the form; those of the model's family come after them."""
NOTHING = Assignment("", "", "", "")
"""What a box is filled in with that nothing is known about."""


def open_soon(again: str = "") -> None:
    """Let the box be open, at the top of the page of the assignment, which is shown next.

    Args:
        again: The code of the assignment that the box is filled in with.
    """
    st.session_state[BOX] = True
    st.session_state[FIRST] = time.time()
    st.session_state[AGAIN] = again


def as_usual() -> None:
    """Let the box be at the end of the page again."""
    st.session_state.pop(FIRST, None)
    st.session_state.pop(AGAIN, None)


def is_first() -> bool:
    """Whether the teacher came for the box, so that it is at the top of the page instead of its end."""
    return bool(st.session_state.get(FIRST))


def offer(page: str, state: Mapping[str, Setting] | None = None) -> None:
    """The closed section at the end of a page; nothing for who has no open class.

    Args:
        state: The controls of the page; by default, those of `fixed_controls`.
    """
    if sharing.mode() is not Mode.CLASSROOM or fixed_controls.is_preview():
        return
    visitor = sharing.current()
    room = rooms.find(visitor.room)
    if st.context.is_embedded or room is None or not room.is_open or not rooms.manages(visitor, room):
        return
    if made := st.session_state.pop(MADE, ""):
        st.session_state[BOX] = st.session_state[FIRST] = False
        st.session_state.pop(AGAIN, None)
        with st.container(key=SUCCESS):
            st.success(plain(made), icon=":material/assignment_turned_in:")
            st.page_link(
                PAGES / "class.py",
                label=_("Go to your class"),
                icon=":material/co_present:",
                query_params={"tab": "assignments"},
            )
        reveal.show(f".st-key-{SUCCESS}", f"{SUCCESS} {time.time()}")
    elif is_first() and not lesson_progress.read(visitor).current:  # a lesson scrolls itself
        reveal.show(f".st-key-{BOX}", f"{BOX} {st.session_state[FIRST]}")
    with st.expander(
        _("Turn this page into an assignment"), icon=":material/assignment_add:", key=BOX, on_change="rerun"
    ) as section:
        if section.open:
            _form(room, page, _source(page), fixed_controls.state_of(page) if state is None else dict(state))


def _source(page: str) -> Assignment:
    """What the box is filled in with: the assignment of the page, or the one that is assigned again."""
    found = fixed_controls.present()
    if found is None and (code := st.session_state.get(AGAIN)):
        with contextlib.suppress(UserError):  # deleted meanwhile
            found = assignments.find(code)
    return found if found is not None and found.page == page else NOTHING


def _form(room, page: str, source: Assignment, state: dict[str, Setting]) -> None:
    is_training, ending = page == "train", f"-{source.code}" if source.code else ""
    with st.form("assignment-form", border=False, enter_to_submit=False):  # Enter after the title would assign it
        st.caption(f"{_(WHAT)} {_(OF_TRAINING if is_training else OF_OTHERS)}")
        title = st.text_input(
            _("Title"), source.title, max_chars=assignments.TITLE_LENGTH, key=f"assignment-title{ending}"
        )
        instructions = st.text_area(
            _("Instructions"),
            source.instructions,
            max_chars=assignments.TEXT_LENGTH,
            key=f"assignment-instructions{ending}",
            height="content",
            placeholder=_(EXAMPLE),
            help=_(FORMATS),
        )
        names = sorted(state, key=lambda name: PLACES.get(name, len(PLACES)))
        usual = (ALWAYS_FIXED, "model") if is_training else ()
        preset = [name for name in (source.fixed if source.code else usual) if name in state]
        with st.grid(min_column_width=320, gap="medium"):
            fixed = st.multiselect(
                _("Fixed controls"),
                names,
                default=preset,
                format_func=lambda name: _titled(name, state),
                key=f"assignment-fixed{ending}",
                wrap=True,
                help=_("The dataset is always fixed: scores on different datasets cannot be compared.")
                if is_training
                else None,
            )
            hidden = st.multiselect(
                _("Hidden controls"),
                names,
                default=[name for name in source.hidden if name in state],
                format_func=lambda name: _titled(name, state),
                key=f"assignment-hidden{ending}",
                wrap=True,
            )
        why = st.text_input(
            _("Why these are fixed"),
            source.why[:200],
            max_chars=200,
            key=f"assignment-why{ending}",
            help=_("Your class sees this."),
        )
        values = _training_values(source) if is_training else {}
        values |= {"instructions": instructions, "fixed": tuple(fixed), "hidden": tuple(hidden), "why": why}
        with st.container(horizontal=True, gap="small"):
            is_given = st.form_submit_button(_("Assign to the class"), type="primary", icon=":material/send:")
            is_previewed = st.form_submit_button(_("Preview as a pupil"), icon=":material/smartphone:")
        if is_previewed:
            with shown():
                drafts.keep(room, page, title, state, **values)
                st.dialog(_("Preview as a pupil"))(_preview)(page)
        if is_given:
            with shown():
                made = assignments.make(room, page, title, state, **values)
                added = _("“{title}” has been added to your class's list. Everyone finds it on the Class page.")
                st.session_state[MADE] = added.format(title=made.title)
                st.rerun()


def _preview(page: str) -> None:
    """The page itself, as wide as a phone."""
    address = f"{links.on_server(page)}?{urlencode({fixed_controls.KEY: drafts.CODE})}"
    with st.container(key="assignment-preview", horizontal_alignment="center"):
        st.iframe(address, width=PHONE_WIDTH, height=PHONE_HEIGHT)
        st.caption(_(PREVIEW))


def _training_values(source: Assignment) -> dict:
    """Goal, attempts, and whether a prediction is asked for."""
    no_goal, unlimited, goal = _("no goal"), _("unlimited"), source.goal
    share = None if goal.val_accuracy is None else min(100.0, round(100 * goal.val_accuracy, 6))
    limit, time_limit = _within(goal.parameters, 10**9), _within(goal.seconds, 10**6)
    heading = _("Goal")
    st.markdown(f"**{heading}**")
    with st.grid(min_column_width=190, gap="medium", vertical_alignment="bottom"):
        accuracy = st.number_input(
            _("Validation accuracy, % at least"), 0.0, 100.0, share, 1.0, format="%g", placeholder=no_goal
        )
        parameters = st.number_input(_("Fewer parameters than"), 0, 10**9, limit, 1_000, placeholder=no_goal)
        seconds = st.number_input(_("Training seconds at most"), 0, 10**6, time_limit, 10, placeholder=no_goal)
    most = st.number_input(
        _("Attempts per person"),
        1,
        assignments.MOST_ATTEMPTS,
        source.attempts or None,
        placeholder=unlimited,
        width=190,
    )
    asks = st.toggle(
        _("Predict first"),
        source.asks_guess,
        help=_(
            "Before the first attempt, everyone predicts the accuracy and the two classes that will be confused most "
            "often. Afterwards the class sees all predictions."
        ),
    )
    goal = Goal((accuracy or 0) / 100 or None, parameters or None, float(seconds or 0) or None)
    return {"goal": goal, "attempts": most or 0, "asks_guess": asks}


def _within(value: float | None, most: int) -> int | None:
    return None if value is None else max(0, min(int(value), most))


def _titled(name: str, state: Mapping[str, Setting]) -> str:
    value = state[name]
    if name == "model":
        value = models.title(str(value))
    elif name == "train_images" and not value:
        value = _("all")
    elif isinstance(value, bool):
        value = _("on") if value else _("off")
    elif name.endswith("_fraction"):
        value = f"{100 * float(value):g}%"
    elif isinstance(value, float):
        value = f"{value:g}"
    elif name == ALWAYS_FIXED:
        with contextlib.suppress(UserError):
            value = datasets.facts(str(value)).title
    return f"{attempts.label_of(name)}: {value}"
