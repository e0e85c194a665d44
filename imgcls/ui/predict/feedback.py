""" "It was a 7": the drawing goes, with its class, into a data set of one's own."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from imgcls.datasets.importing import drawings
from imgcls.errors import UserError
from imgcls.runs.results import ModelCard
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting

MOST_PILLS = 12
KEPT, REFUSED = "teach-kept", "teach-refused"

STORED_DRAWING = ModelCard(classes=(), shape=drawings.SHAPE, is_ink=True)
"""The form in which "My drawings" stores a drawing, whatever model read it."""


def show(pixels: np.ndarray, names: Sequence[str]) -> None:
    """The question below an answer. `pixels`: the drawing in `drawings.SHAPE`; `names`: the model's classes."""
    digest = hash(pixels.tobytes())
    kept = st.session_state.get(KEPT)
    if kept is not None and kept[0] == digest:
        _kept(pixels, kept[1])
        return
    with st.popover(
        "It was something else, or keep it", icon=":material/school:", key="teach", on_change="rerun"
    ) as box:
        if not box.open:
            return
        st.caption("Say what you drew: the drawing is kept with that class in the data set “My drawings”.")
        if len(names) <= MOST_PILLS:
            st.pills(
                "It was",
                list(names),
                format_func=plain,
                key=f"teach-{digest}",
                on_change=_keep,
                args=(pixels, f"teach-{digest}", digest),
                wrap=True,
            )
        else:
            st.selectbox(
                "It was",
                list(names),
                index=None,
                key=f"teach-{digest}",
                on_change=_keep,
                args=(pixels, f"teach-{digest}", digest),
                placeholder="Type or choose a class",
            )
        st.text_input(
            "Or something that this model does not know",
            key=f"teach-new-{digest}",
            max_chars=drawings.MOST_LETTERS,
            placeholder="such as a heart",
            on_change=_keep,
            args=(pixels, f"teach-new-{digest}", digest),
        )
        if refused := st.session_state.pop(REFUSED, ""):
            st.error(plain(refused), icon=":material/error:")


def _keep(pixels: np.ndarray, key: str, digest: int) -> None:
    label = st.session_state.get(key)
    if not label:
        return
    try:
        drawings.add(pixels, label)
        st.session_state[KEPT] = (digest, label)
    except UserError as error:
        st.session_state[REFUSED] = str(error)


def _forget(pixels: np.ndarray, label: str) -> None:
    try:
        drawings.remove(pixels, label)
        st.session_state.pop(KEPT, None)
    except UserError as error:
        st.session_state[REFUSED] = str(error)


def _kept(pixels: np.ndarray, label: str) -> None:
    there = drawings.collection()
    st.success(
        f"Kept as “{plain(label)}”: My drawings has {formatting.count(there.total, 'drawing')} now. {there.missing}",
        icon=":material/check_circle:",
    )
    with st.container(horizontal=True):
        st.button("Take it back", icon=":material/undo:", key="teach-back", on_click=_forget, args=(pixels, label))
        if there.is_ready:
            train_button()
    if refused := st.session_state.pop(REFUSED, ""):
        st.error(plain(refused), icon=":material/error:")


def train_button() -> None:
    """The way to the form, with the drawings as its data."""
    if st.button("Train on my drawings", icon=":material/model_training:", key="teach-train"):
        links.train(data=drawings.NAME)
