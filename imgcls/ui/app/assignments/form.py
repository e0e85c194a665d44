"""For a teacher with an open class: makes an assignment of the present state of a page."""

from collections.abc import Mapping

import streamlit as st

from imgcls import sharing
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts
from imgcls.jobs.classroom.assignments.assignment import ALWAYS_FIXED, Goal, Setting
from imgcls.sharing import Mode
from imgcls.sharing.classroom import rooms
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain, shown

WHAT = (
    "Your class gets a link that opens this page as it is now. Fixed controls keep their value; hidden ones are fixed "
    "as well, but not shown. When a run begins, the server checks both."
)
OF_OTHERS = (
    " On this page, its main controls and what is part of its URL can be fixed, such as the run, the section and the "
    "filters. Everything else can be changed."
)
MADE = "assignment-made"


def offer(page: str, state: Mapping[str, Setting] | None = None) -> None:
    """The closed section at the end of a page; nothing for who has no open class.

    Args:
        state: The controls of the page; by default, those of `fixed_controls`.
    """
    if sharing.mode() is not Mode.CLASSROOM:
        return
    visitor = sharing.current()
    room = rooms.find(visitor.room)
    if room is None or not room.is_open or not rooms.manages(visitor, room):
        return
    with st.expander(
        "Make an assignment of this page", icon=":material/assignment_add:", key="make-assignment", on_change="rerun"
    ) as section:
        if section.open:
            _form(room, page, fixed_controls.state_of(page) if state is None else dict(state))
    if made := st.session_state.pop(MADE, ""):
        st.success(plain(made), icon=":material/assignment_turned_in:")


def _form(room, page: str, state: dict[str, Setting]) -> None:
    is_training = page == "train"
    with st.form("assignment-form", border=False):
        st.caption(WHAT if is_training else WHAT.partition(" When")[0] + OF_OTHERS)
        title = st.text_input("Title", max_chars=assignments.TITLE_LENGTH, key="assignment-title")
        instructions = st.text_area("Instructions", max_chars=assignments.TEXT_LENGTH, key="assignment-instructions")
        names = list(state)
        preset = [name for name in (ALWAYS_FIXED, "model") if is_training and name in state]
        fixed = st.multiselect(
            "Fixed controls",
            names,
            default=preset,
            format_func=lambda name: _titled(name, state),
            key="assignment-fixed",
            help="The dataset is always fixed: scores on different datasets cannot be compared."
            if is_training
            else None,
        )
        hidden = st.multiselect(
            "Hidden controls", names, format_func=lambda name: _titled(name, state), key="assignment-hidden"
        )
        why = st.text_input("Why these are fixed", max_chars=200, key="assignment-why", help="Your class reads it.")
        values = _training_values() if is_training else {}
        if st.form_submit_button("Assign to the class", type="primary", icon=":material/send:"):
            with shown():
                made = assignments.make(
                    room,
                    page,
                    title,
                    state,
                    instructions=instructions,
                    fixed=tuple(fixed),
                    hidden=tuple(hidden),
                    why=why,
                    **values,
                )
                st.session_state[MADE] = f"“{made.title}” is in the list of your class, with the code {made.code}."
                st.rerun()


def _training_values() -> dict:
    """Goal, attempts, and whether a prediction is asked for."""
    with st.grid(min_column_width=190, gap="medium", vertical_alignment="bottom"):
        accuracy = st.number_input("Goal: validation accuracy, %", 0.0, 100.0, 0.0, 1.0, help="0: no goal.")
        parameters = st.number_input("Goal: fewer parameters than", 0, 10**9, 0, 1_000, help="0: no goal.")
        seconds = st.number_input("Goal: at most this many seconds", 0, 10**6, 0, 10, help="0: no goal.")
        most = st.number_input("Attempts per person", 0, assignments.MOST_ATTEMPTS, 0, help="0: unlimited.")
    asks = st.toggle(
        "Predict first",
        help="Before the first attempt, everyone predicts the accuracy and the two classes that will be confused most "
        "often. Afterwards the class sees all predictions.",
    )
    goal = Goal(accuracy / 100 or None, parameters or None, float(seconds) or None)
    return {"goal": goal, "attempts": most, "asks_guess": asks}


def _titled(name: str, state: Mapping[str, Setting]) -> str:
    return f"{attempts.label_of(name)}: {state[name]}"
