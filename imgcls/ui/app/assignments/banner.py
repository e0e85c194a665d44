"""The assignment that the address of a page names (`?assignment=KTMPAB`): its text above the page, its fixed controls.

Fixed controls, and what is fixed of the address, are set again whenever the script runs, so a page never works with
other values; hidden ones are not shown. For a training run, `jobs.begin` checks the settings once more: nothing here
has to be believed.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from imgcls import sharing
from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, drafts, goals
from imgcls.jobs.classroom.assignments.assignment import Assignment, Setting
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing import Mode
from imgcls.ui.app.assignments import fixed_controls, instructions
from imgcls.ui.app.assignments.fixed_controls import KEY, PRESENT
from imgcls.ui.app.errors import plain
from imgcls.ui.app.paths import PAGES

BEGUN, SET_BACK = "assignment-begun", "assignment-set-back"
CLOSED = N_("This assignment is closed, so no run can be started for it.")
FIXED = "Fixed by the assignment."


def show(page: str) -> None:
    """The banner of the page with this title, if its address names an assignment; also sets the controls."""
    st.session_state[PRESENT] = None
    code = st.query_params.get(KEY, "")
    if not code or sharing.mode() is not Mode.CLASSROOM:
        return
    try:
        found = drafts.own() if code == drafts.CODE else assignments.find(code)
    except UserError as error:
        st.warning(plain(str(error)), icon=":material/search_off:")
        return
    if found.page == page.lower() and not (found.page == "train" and "run" in st.query_params):
        st.session_state[PRESENT] = found
        _set_controls(found)
        _banner(found)


def _set_controls(found: Assignment) -> None:
    """All controls when the visitor opens the assignment, later only those that are fixed."""
    is_new = st.session_state.get(BEGUN) != found.code
    st.session_state[BEGUN] = found.code
    fixed, given = found.fixed_state, st.query_params.to_dict()
    due = {name: value for name, value in found.state.items() if name in fixed or (is_new and name not in given)}
    for name, value in due.items():
        if st.session_state.get(name) != value:
            st.session_state[name] = value
    if found.page == "train":
        if is_new:
            _set_address(dict.fromkeys(due))
    elif is_new:
        _set_address({name: value for name, value in due.items() if name not in fixed_controls.NOT_IN_ADDRESS})
    else:  # the other controls write the address themselves
        _set_address({name: value for name, value in due.items() if name not in fixed_controls.CONTROLS[found.page]})


def _set_address(values: Mapping[str, Setting | None]) -> None:
    """A parameter of the address would win over the session, and is all that a page without the control reads."""
    before = st.query_params.to_dict()
    for name, value in values.items():
        with suppress(StreamlitAPIException):  # of a control of the page, which follows the session
            if value is None:
                st.query_params.pop(name, None)
            elif before.get(name) != str(value):
                st.query_params[name] = str(value)
    # Once only: a page may replace a value that is no longer there, such as a run that was deleted.
    if st.query_params.to_dict() == before:
        st.session_state[SET_BACK] = False
    elif not st.session_state.get(SET_BACK):
        st.session_state[SET_BACK] = True
        st.rerun()  # controls are filled from the address with which a run of the script begins


def _banner(found: Assignment) -> None:
    own = attempts.of(found, sharing.current().id)
    with st.container(border=True, key="assignment-banner", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**:material/assignment: {plain(found.title)}**", width="content")
            if not found.is_open and found.page == "train":
                st.page_link(PAGES / "class.py", label=_("See the leaderboard"), icon=":material/leaderboard:")
            else:
                st.page_link(PAGES / "class.py", label=_("Class page"), icon=":material/co_present:")
        if found.instructions:
            st.markdown(instructions.markdown(found.instructions))
        if goal := goals.text_of(found.goal):
            st.markdown(_("**Goal:** {goal}").format(goal=plain(goal)))
        shown = [name for name in found.fixed if name not in found.hidden]
        if shown:
            why = f" {plain(found.why)}" if found.why else ""
            controls = plain(", ".join(map(attempts.label_of, shown)))
            st.caption(_("Fixed: {controls}.").format(controls=controls) + why)
        if not found.is_open:
            st.info(_(CLOSED), icon=":material/lock:")
        elif found.page == "train" and found.attempts:
            st.caption(_("{used} of {count} attempts used.").format(used=len(own), count=found.attempts))
    _style(found)


def _style(found: Assignment) -> None:
    """Hides the hidden controls. What follows a fixed part of the address looks and feels disabled."""
    hidden = (f".{name},:has(>.{name}:only-child){{display:none!important}}" for name in _classes(found.hidden))
    rules = "".join(hidden)  # the second selector: the cell of a grid, which would stay as a gap
    if found.page != "train":
        shown = set(found.fixed) - set(found.hidden) - set(fixed_controls.CONTROLS[found.page])
        rules += "".join(f".{name}{{pointer-events:none;opacity:.6}}" for name in _classes(shown))
    if rules:
        st.html(f"<style>{rules}</style>")


def _classes(names: Iterable[str]) -> list[str]:
    """The classes that Streamlit gives to the controls of these names."""
    keys = (key for name in sorted(names) for key in (name, *fixed_controls.WIDGETS.get(name, ())))
    return ["st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip()) for key in keys]
