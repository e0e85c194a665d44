"""Three presets above the form, each with the time and the accuracy that were measured for it."""

import math

import streamlit as st

from imgcls import languages
from imgcls.config import Config
from imgcls.datasets.recipes import presets
from imgcls.datasets.recipes.presets import PREFIX, Measured, Preset
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.params import Value
from imgcls.ui.app import links
from imgcls.ui.train import settings_form

ABOUT = N_("The first few seconds are preparation; a slow or busy machine takes longer.")
UNKNOWN = N_("Not measured on this dataset. The pre-flight check estimates the time on this machine.")
NAMES = (N_("Quick"), N_("Good"), N_("Best"))


def show(model: str, data: str, *, gives_scores: bool = True) -> None:
    """A card for each preset, to choose one of them: that whose settings are in the form has a tick and a frame.

    Without the accuracies while somebody has to predict them.
    """
    offered = presets.presets(model, data)
    if not offered:
        return
    with st.container(key="presets", gap="small"):
        with st.grid(len(offered), min_column_width=104, gap="small"):
            for preset in offered:
                _button(preset, model, gives_scores=gives_scores)
        if gives_scores:
            st.caption(f"{_source([preset.measured for preset in offered if preset.measured])} {_(ABOUT)}")


def _button(preset: Preset, model: str, *, gives_scores: bool) -> None:
    settings = controls(preset, model)
    is_applied = settings_form.shown_values(settings) == settings
    st.button(
        f"**{_(preset.name.capitalize())}**\n{_expected(preset.measured, gives_scores=gives_scores)}",
        key=f"preset-{preset.name}",
        type="primary" if is_applied else "secondary",  # the style sheet makes it a chosen card
        icon=":material/check_circle:" if is_applied else ":material/panorama_fish_eye:",
        on_click=settings_form.fill,
        args=(settings,),
        width="stretch",
    )


def offer_next(config: Config) -> None:
    """A button that opens the form with the preset after that of a run; nothing for a run with the best one."""
    settings = settings_form.form_of(config)
    offered = [(one, controls(one, config.model)) for one in presets.presets(config.model, config.data)]
    used = [at for at, (_, values) in enumerate(offered) if values.items() <= settings.items()]
    if not offered or used == [len(offered) - 1]:
        return
    preset, values = offered[used[0] + 1 if used else -1]
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


def _expected(measured: Measured | None, *, gives_scores: bool) -> str:
    if measured is None:
        return _("not measured")
    time = rough(measured.processor_seconds / measured.cores)
    if not gives_scores:
        return _("about {time}").format(time=time)
    return _("about {time}\n{accuracy} right").format(time=time, accuracy=languages.percent(measured.accuracy, 0))


def rough(seconds: float) -> str:
    """One or two digits, rounded up, as no training keeps all cores busy all the time: '25 s', '4 min', '1.2 h'."""
    if seconds <= 55:
        return f"{5 * math.ceil(seconds / 5)} s"
    return f"{math.ceil(seconds / 60)} min" if seconds < 3300 else f"{math.ceil(seconds / 360) / 10:.1f} h"


def _source(found: list[Measured]) -> str:
    """Where the figures come from."""
    if not found:
        return _(UNKNOWN)
    text = ngettext(
        "Training time and test accuracy, measured once on {n} core.",
        "Training time and test accuracy, measured once on {n} cores.",
        found[0].cores,
    )
    return text.format(n=found[0].cores)
