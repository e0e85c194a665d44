"""The Predict page: a choice of input modes, remembered in the URL, and the chosen one below it.

A mode is a function `show(run, card)`. Only the chosen one runs. Each is a fragment, so an answer does not redraw the
rest of the page.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from imgcls.runs import Run
from imgcls.runs.results import ModelCard
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
MODES = {
    "Draw": Mode(draw.show, needs_ink=True),
    "Upload": Mode(photo.show),
    "Batch": Mode(batch.show),
    "Drawing game": Mode(drawing_game.show, needs_ink=True, single_label=True),
    "Human vs model": Mode(human_vs_model.show, single_label=True),
}


def show(run: Run, card: ModelCard) -> None:
    """The choice of the mode, and the chosen one; `card` is that of the run."""
    names = [name for name, mode in MODES.items() if mode.suits(card)]
    name = names[0]
    if len(names) > 1:
        _replace_unsuitable(names)
        name = st.segmented_control(
            "Input mode",
            names,
            default=name,
            required=True,
            key=KEY,
            on_change=lambda: st.session_state.pop(UNAVAILABLE, None),
            bind="query-params",
            label_visibility="collapsed",
        )
    MODES[name].show(run, card)
    keys.enable()


def _replace_unsuitable(names: list[str]) -> None:
    """If the chosen mode does not suit this model, another is used until a model is chosen that it suits again."""
    chosen, unavailable = st.session_state.get(KEY), st.session_state.get(UNAVAILABLE)
    if chosen is not None and chosen not in names:
        st.session_state[UNAVAILABLE], st.session_state[KEY] = chosen, names[0]
    elif unavailable in names:
        st.session_state[KEY] = st.session_state.pop(UNAVAILABLE)
