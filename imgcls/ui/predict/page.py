"""The Predict page: a choice of input modes, remembered in the URL, and the chosen one below it.

A mode is a function `show(run, card)`. Only the chosen one runs. Each is a fragment, so an answer does not redraw the
rest of the page.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.predict import batch, draw, drawing_game, human_vs_model, keys, photo


@dataclass(frozen=True)
class Mode:
    """One input mode. `needs_ink`: only for models of drawn things. `single_label`: not for multi-label models, because
    it counts correct predictions."""

    show: Callable[[Run, ModelCard], None]
    needs_ink: bool = False
    single_label: bool = False

    def suits(self, card: ModelCard) -> bool:
        return (card.is_ink or not self.needs_ink) and not (card.is_multilabel and self.single_label)


KEY, UNAVAILABLE = "mode", "mode-unavailable"
FOLLOWED = "mode-followed"
"""Session key: the mode in the URL that the control was last set to."""
MODES = {
    N_("Draw"): Mode(draw.show, needs_ink=True),
    N_("Upload"): Mode(photo.show),
    N_("Batch"): Mode(batch.show),
    N_("Drawing game"): Mode(drawing_game.show, needs_ink=True, single_label=True),
    N_("Human vs model"): Mode(human_vs_model.show, single_label=True),
}


def show(run: Run, card: ModelCard) -> None:
    """The choice of the mode, and the chosen one; `card` is that of the run."""
    names = [name for name, mode in MODES.items() if mode.suits(card)]
    name = names[0]
    if len(names) > 1:
        _replace_unsuitable(names)
        _follow_url(names)
        chosen = st.segmented_control(
            _("Input mode"),
            names,
            required=True,
            format_func=_,
            **fixed_controls.keyed(KEY),
            on_change=lambda: st.session_state.pop(UNAVAILABLE, None),
            label_visibility="collapsed",
        )
        name = chosen or name
        _write_url(name, names[0])
    MODES[name].show(run, card)
    keys.enable()


def _follow_url(names: list[str]) -> None:
    """Sets the control to the mode in the URL if that has changed.

    Streamlit's own binding would write the translated name, so a link would work in one language only.
    """
    requested, followed = st.query_params.get(KEY, ""), st.session_state.get(FOLLOWED, "")
    chosen = st.session_state.get(KEY)
    is_new = requested != followed and (requested or chosen == followed)  # else something set the control meanwhile
    if is_new or chosen is None:
        st.session_state[KEY] = requested if requested in names else names[0]
    st.session_state[FOLLOWED] = requested


def _write_url(name: str, default: str) -> None:
    """Writes the chosen mode into the URL, in which the default is left out."""
    if name != st.query_params.get(KEY, default):
        if name == default:
            del st.query_params[KEY]
        else:
            st.query_params[KEY] = name
    st.session_state[FOLLOWED] = "" if name == default else name


def _replace_unsuitable(names: list[str]) -> None:
    """If the chosen mode does not suit this model, another is used until a model is chosen that it suits again."""
    chosen, unavailable = st.session_state.get(KEY), st.session_state.get(UNAVAILABLE)
    if chosen is not None and chosen not in names:
        st.session_state[UNAVAILABLE], st.session_state[KEY] = chosen, names[0]
    elif unavailable in names:
        st.session_state[KEY] = st.session_state.pop(UNAVAILABLE)
