"""Three presets above the form, each with the time and the accuracy that were measured for it."""

import contextlib
import math
from collections.abc import Collection

import streamlit as st

from imgcls import languages
from imgcls.config import Config
from imgcls.datasets.recipes import expected, presets
from imgcls.datasets.recipes.presets import PREFIX, Preset
from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments import attempts
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.params import Value
from imgcls.ui.app import links
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.train import settings_form

ABOUT = N_("The first few seconds are preparation; a slow or busy machine takes longer.")
ESTIMATED = N_("Training time, estimated from other datasets; not measured on this one.")
UNKNOWN = N_("Not measured on this dataset. The pre-flight check estimates the time on this machine.")
CHOSEN = "preset-chosen"
"""Session key: the preset chosen last. With some settings fixed, several may be the same."""
NAMES = (N_("Quick"), N_("Good"), N_("Best"))


def show(model: str, data: str, *, gives_scores: bool = True) -> None:
    """A card for each preset, to choose one of them: that whose settings are in the form has a tick and a frame.

    Without the accuracies while somebody has to predict them.
    """
    offered = presets.presets(model, data)
    if not offered:
        return
    settings = {one.name: controls(one, model) for one in offered}
    fixed = [name for name in settings[offered[0].name] if fixed_controls.is_fixed(name)]
    gives_scores = gives_scores and not fixed  # measured with other settings
    estimated = _estimates(model, data, offered)
    chosen = _chosen({name: _without(values, fixed) for name, values in settings.items()})
    with st.container(key="presets", gap="small"):
        outer = contextlib.nullcontext() if gives_scores else st.container(key="presets-short")
        with outer, st.grid(len(offered), min_column_width=104, gap="small"):
            for one in offered:
                epochs, guess = int(settings_form.value_of("epochs")), estimated[one.name]
                text = _expected(one, guess, epochs, fixed, gives_scores=gives_scores)
                _button(one.name, _without(settings[one.name], fixed), text, is_applied=one.name == chosen)
        if fixed:
            except_ = _("A preset sets everything except what is fixed: {controls}.")
            st.caption(except_.format(controls=plain(", ".join(map(attempts.label_of, fixed)))))
        elif gives_scores:
            st.caption(f"{_source(offered, any(estimated.values()))} {_(ABOUT)}")


def _without(settings: dict[str, Value], fixed: Collection[str]) -> dict[str, Value]:
    return {name: value for name, value in settings.items() if name not in fixed}


def _chosen(settings: dict[str, dict[str, Value]]) -> str:
    """The preset whose settings are in the form, of several the one chosen last; "" if none."""
    found = [name for name, values in settings.items() if settings_form.shown_values(values) == values]
    last = st.session_state.get(CHOSEN, "")
    return last if last in found else next(iter(found), "")


def _choose(name: str, settings: dict[str, Value]) -> None:
    """A callback: fills in the form."""
    st.session_state[CHOSEN] = name
    settings_form.fill(settings)


def _button(name: str, settings: dict[str, Value], expected: str, *, is_applied: bool) -> None:
    st.button(
        f"**{_(name.capitalize())}**\n{expected}",
        key=f"preset-{name}",
        type="primary" if is_applied else "secondary",  # the style sheet makes it a chosen card
        icon=":material/check_circle:" if is_applied else ":material/panorama_fish_eye:",
        on_click=_choose,
        args=(name, settings),
        width="stretch",
    )


def next_of(config: Config) -> tuple[Preset, dict[str, Value]] | None:
    """The preset after that of a run, and its controls; None for a run with the best one, or whose dataset is gone."""
    try:
        settings = settings_form.form_of(config)
    except UserError:
        return None
    offered = [(one, controls(one, config.model)) for one in presets.presets(config.model, config.data)]
    used = [at for at, (_, values) in enumerate(offered) if values.items() <= settings.items()]
    if not offered or used == [len(offered) - 1]:
        return None
    return offered[used[0] + 1 if used else -1]


def offer_next(config: Config, preset: Preset, values: dict[str, Value]) -> None:
    """A button that opens the form with this preset, for a run with these settings."""
    settings = settings_form.form_of(config)
    if st.button(
        f"Open the preset “{preset.name.capitalize()}”",
        icon=":material/upgrade:",
        key="coach-larger",
        help="The form with these settings, to check and start. This run stays as it is.",
    ):
        links.train(**settings | values)


def controls(preset: Preset, model: str) -> dict[str, Value]:
    """The value of each control of the form that the preset sets."""
    return {
        f"{model}.{name.removeprefix(PREFIX)}" if name.startswith(PREFIX) else name: value
        for name, value in preset.settings.items()
    }


def _estimates(model: str, data: str, offered: tuple[Preset, ...]) -> dict[str, float | None]:
    """The estimated seconds of each preset that was not measured; none is below that of a preset before it."""
    found: dict[str, float | None] = {}
    least = 0.0
    for one in offered:
        guess = None if one.measured else expected.seconds(model, data, one.name)
        found[one.name] = None if guess is None else max(least, guess)
        if one.measured:
            least = one.measured.processor_seconds / one.measured.cores
        least = max(least, found[one.name] or 0.0)
    return found


def _expected(
    preset: Preset, estimated: float | None, epochs: int, fixed: Collection[str], *, gives_scores: bool
) -> str:
    """How long it takes, with a fixed number of epochs in proportion to them, and how good it gets; where that was not
    measured, the `estimated` seconds."""
    measured = preset.measured
    seconds = measured.processor_seconds / measured.cores if measured else estimated
    if seconds is None:
        return _("not measured")
    share = epochs / int(preset.settings["epochs"]) if "epochs" in fixed else 1
    time = rough(share * seconds).replace(" ", "\N{NO-BREAK SPACE}")
    if measured is None:
        return _("about {time}\nestimate").format(time=time)
    if not gives_scores:
        return _("about {time}").format(time=time)
    return _("about {time}\n{accuracy} right").format(time=time, accuracy=languages.percent(measured.accuracy, 0))


def rough(seconds: float) -> str:
    """One or two digits, rounded up, as no training keeps all cores busy all the time: '25 s', '4 min', '1.2 h'."""
    if seconds <= 55:
        return f"{5 * math.ceil(seconds / 5)} s"
    return f"{math.ceil(seconds / 60)} min" if seconds < 3300 else f"{math.ceil(seconds / 360) / 10:.1f} h"


def _source(offered: tuple[Preset, ...], are_estimates: bool) -> str:
    """Where the figures come from."""
    found = [preset.measured for preset in offered if preset.measured]
    if not found:
        return _(ESTIMATED) if are_estimates else _(UNKNOWN)
    text = ngettext(
        "Training time and test accuracy, measured once on {n} core.",
        "Training time and test accuracy, measured once on {n} cores.",
        found[0].cores,
    )
    return text.format(n=found[0].cores)
