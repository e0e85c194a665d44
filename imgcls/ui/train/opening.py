"""The form opens with the preset "Quick" where it was measured: Start then trains a run of known length.

Only settings that nobody chose are filled in. What a link, another page, a lesson or an assignment sets stays as it is,
and so does what was changed by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from imgcls import models
from imgcls.config import PARAMS, choice_names
from imgcls.datasets.recipes import presets
from imgcls.errors import SettingError, UserError
from imgcls.params import Value
from imgcls.ui.app.assignments import fixed_controls, form
from imgcls.ui.app.lessons import standing, stored
from imgcls.ui.train import settings_form
from imgcls.ui.train.presets import controls

FIRST = "quick"
OPENED = "train-opened"
"""Session key of `Opened`."""
RESTORED = "train-restored"
"""Session key of the settings of an address that the visitor came back to, until the form has them."""
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


def restore() -> None:
    """Takes the settings from the address after Back, or "Train" on the page of a run. Call it before the form.

    In such a run of the script, Streamlit gives each control the value that the address has for it, at the moment when
    it is created and whatever was assigned to it. Presets, which are drawn before the controls, would show others, and
    "Quick" could not be filled in. So this run only notes what the address says, and the next one assigns it.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and context.is_history_navigation:
        names = [name for name in _all_settings() if name in st.query_params or st.session_state.get(name) is not None]
        st.session_state[RESTORED] = {name: _in_address(name) for name in names}
        st.rerun()
    values = st.session_state.pop(RESTORED, None)
    if values is None:
        return
    settings_form.fill(values)
    st.session_state.pop(OPENED, None)
    if any(value != settings_form.param_of(name).default for name, value in values.items() if name not in CHOSEN):
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


def _in_address(name: str) -> Value:
    """The value that the address has for a control; its default if that is none, or no possible one."""
    text, param = st.query_params.get(name), settings_form.param_of(name)
    if text is None:
        return param.default
    if name == "model":
        titles = {models.family(one).TITLE: one for one in models.names()}
        return titles.get(text, param.default)
    try:
        return param.parsed(text.replace(",", "") if name == "train_images" else choice_names.read(name, text))
    except SettingError:
        return param.default


def _all_settings() -> list[str]:
    """The names of all controls, whatever the model, but that of the dataset, which knows what is lost."""
    names = [param.name for param in PARAMS if param.name not in ("data", "model_settings")]
    return names + [f"{model}.{param.name}" for model in models.names() for param in models.params(model)]


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
