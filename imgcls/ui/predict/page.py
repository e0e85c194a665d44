"""The Predict page: the way of asking, chosen in the URL, and that way below it.

A way is a module with `show(run, card)`, loaded when it is first looked at. Only the chosen one is built; it is a
fragment of its own, so that an answer redraws nothing else. `answer_view.show` is the answer that they share.
"""

from dataclasses import dataclass
from importlib import import_module

import streamlit as st

from imgcls.runs import Run
from imgcls.runs.results import ModelCard


@dataclass(frozen=True)
class Way:
    """One way of asking. `for_ink`: only for models of drawn things, as another would be asked unfairly; `for_one`:
    only for models that give one answer a picture, as it counts what is right.
    """

    module: str
    for_ink: bool = False
    for_one: bool = False


KEY, LEFT = "way", "way-left"
WAYS = {
    "Draw": Way("draw", for_ink=True),
    "Upload": Way("photo"),
    "Batch": Way("batch", for_one=True),
    "Game": Way("drawing_game", for_ink=True, for_one=True),
    "You or the model": Way("human_vs_model", for_one=True),
}


def chosen(run: Run, card: ModelCard) -> None:
    """The choice of the way, and the way; `card` are those of `run.card`."""
    names = [name for name, way in WAYS.items() if _fits(way, card)]
    name = names[0]
    if len(names) > 1:
        _come_back(names)
        name = st.segmented_control(
            "Way of asking",
            names,
            default=name,
            required=True,
            key=KEY,
            on_change=lambda: st.session_state.pop(LEFT, None),
            bind="query-params",
            label_visibility="collapsed",
        )
    import_module(f"imgcls.ui.predict.{WAYS[name].module}").show(run, card)


def _come_back(names: list[str]) -> None:
    """A model that cannot be asked in the chosen way is asked in another; the next one that can, in the chosen one."""
    way, left = st.session_state.get(KEY), st.session_state.get(LEFT)
    if way is not None and way not in names:
        st.session_state[LEFT], st.session_state[KEY] = way, names[0]
    elif left in names:
        st.session_state[KEY] = st.session_state.pop(LEFT)


def _fits(way: Way, card: ModelCard) -> bool:
    return (card.is_ink or not way.for_ink) and not (card.is_multilabel and way.for_one)
