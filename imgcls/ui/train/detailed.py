"""The closed section "Settings" of the Train page, with all that a preset fills in.

A first run needs none of it: a dataset, a model, a preset and Start.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import streamlit as st

from imgcls.errors import UserError
from imgcls.languages import gettext as _
from imgcls.languages import ngettext
from imgcls.ui.app.assignments import fixed_controls, form
from imgcls.ui.app.lessons import standing, stored
from imgcls.ui.widgets import formatting, sections

KEY = "detailed"
OPENED, SHOWN_FOR = "detailed-opened", "detailed-shown-for"
"""Session keys: whether the visitor left the section open; the step or assignment that it was last shown for, or ""."""
OUTSIDE = {"start", "data", "model"}
"""Controls that are in sight while the section is closed."""


@contextmanager
def section() -> Iterator[None]:
    """The section. It is as the visitor left it, and opens for a step of a lesson, or an assignment, that is about what
    is in it."""
    occasion = _occasion()
    if KEY not in st.session_state or st.session_state.get(SHOWN_FOR) != occasion:
        st.session_state[KEY] = bool(occasion) or st.session_state.get(OPENED, False)
    st.session_state[SHOWN_FOR] = occasion
    with st.expander(_("Settings"), key=KEY, icon=":material/tune:", on_change="rerun") as expander:
        yield
    if not occasion:
        st.session_state[OPENED] = bool(expander.open)


def open_next() -> None:
    """Opens the section on the form that is opened next: for those who come to change something."""
    st.session_state.pop(KEY, None)
    st.session_state[OPENED] = True


def summarise(epochs: int, learning_rate: float, varied: Collection[str]) -> None:
    """Adds to the title what most people look for first; of one that is `varied` by a study, that it is."""
    text = ngettext("{n} epoch, learning rate {rate}", "{n} epochs, learning rate {rate}", epochs)
    if "epochs" in varied:
        text = _("epochs varied, learning rate {rate}")
    rate = _("varied") if "learning_rate" in varied else formatting.setting(learning_rate)
    sections.describe(KEY, text.format(n=epochs, rate=rate))


def _occasion() -> str:
    """What the visitor works on, if it needs the settings; "" otherwise."""
    if form.is_first():
        return "new assignment"
    assignment = fixed_controls.present()
    if assignment is not None:
        return f"assignment {assignment.code}"
    name = stored.progress().current
    if not name:
        return ""
    try:
        at, step = standing.step_of(name, stored.progress().of(name))
    except UserError:  # an older version had this lesson
        return ""
    return f"{name} {at}" if step.page == "train" and not OUTSIDE.issuperset(step.keys) else ""
