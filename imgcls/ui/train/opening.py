"""The form opens with the preset "Quick" where it was measured: Start then trains a run of known length.

Only settings that nobody chose are filled in. What a link, another page, a lesson or an assignment sets stays as it is,
and so does what was changed by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from imgcls import models
from imgcls.config import PARAMS
from imgcls.datasets.recipes import presets
from imgcls.errors import UserError
from imgcls.params import Value
from imgcls.ui.app.assignments import fixed_controls, form
from imgcls.ui.app.lessons import standing, stored
from imgcls.ui.train import settings_form
from imgcls.ui.train.presets import controls

FIRST = "quick"
OPENED = "train-opened"
"""Session key of `Opened`."""
PLAIN, PARAMETER = "plain", "preset"
"""`?preset=plain` in the URL: every setting is at its default because somebody chose it, as in a run trained again."""
CHOSEN = {"data", "model"}
"""Settings that may be set before a preset is: it belongs to them."""


@dataclass(frozen=True)
class Opened:
    """The dataset and the model that the form was opened for, and the controls that were filled in for them."""

    subject: tuple[str, str]
    filled: Mapping[str, Value] = field(default_factory=dict)
    is_open: bool = True
    """False if the settings came from another page."""


def receive(values: Mapping[str, Value]) -> None:
    """Fills in what another page passed to the form."""
    settings_form.fill(values)
    if not values.keys() <= CHOSEN:
        st.session_state[OPENED] = Opened(("", ""), is_open=False)


def fill(model: str, data: str) -> None:
    """Fills in the preset if no setting was chosen yet. Call it before the controls of the settings."""
    before: Opened | None = st.session_state.get(OPENED)
    if before is None and st.query_params.get(PARAMETER) == PLAIN:
        before = st.session_state[OPENED] = Opened((model, data), is_open=False)
    if before is None or (before.is_open and before.subject != (model, data)):
        filled = {} if before is None else before.filled
        if _is_untouched(filled, model) and not _is_task():
            values = _first(model, data)
            settings_form.fill({name: settings_form.param_of(name).default for name in filled} | values)
            filled = values
        st.session_state[OPENED] = Opened((model, data), filled)
    first = _first(model, data)
    if first and _is_untouched({}, model) and not _is_untouched(first, model):
        st.query_params[PARAMETER] = PLAIN  # otherwise the preset would be filled in after a reload
    elif PARAMETER in st.query_params:
        del st.query_params[PARAMETER]


def _first(model: str, data: str) -> dict[str, Value]:
    """The controls of the preset; none if it was not measured for this dataset."""
    found = [one for one in presets.presets(model, data) if one.name == FIRST and one.measured]
    return controls(found[0], model) if found else {}


def _is_untouched(filled: Mapping[str, Value], model: str) -> bool:
    """Whether every other setting is at its default, and these have the values that were filled in."""
    names = [param.name for param in PARAMS if param.name not in CHOSEN | {"model_settings"}]
    names += [f"{model}.{param.name}" for param in models.params(model)]
    usual = {name: settings_form.param_of(name).default for name in (*names, *filled)}
    return settings_form.shown_values(usual) == usual | dict(filled)


def _is_task() -> bool:
    """Whether the visitor is here for an assignment or a step of a lesson, which name the settings themselves."""
    if fixed_controls.present() is not None or form.is_first():
        return True
    name = stored.progress().current
    if not name:
        return False
    try:
        return standing.step_of(name, stored.progress().of(name))[1].page == "train"
    except UserError:  # an older version had this lesson
        return False
