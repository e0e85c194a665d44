""" "It was a 7": adds a drawing with its correct class to the dataset "My drawings"."""

import numpy as np
import streamlit as st

from imgcls.datasets.importing import drawings
from imgcls.errors import UserError
from imgcls.languages import gettext as _
from imgcls.runs.results import ModelCard
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting, golden_pin

MOST_PILLS = 12
SAVED, PROBLEM = "teach-kept", "teach-refused"

STORED_DRAWING = ModelCard(classes=(), shape=drawings.SHAPE, is_ink=True)
"""The form in which "My drawings" stores a drawing, whatever model classified it."""


def show(pixels: np.ndarray, card: ModelCard, seen: np.ndarray) -> None:
    """The correction below a prediction.

    Args:
        pixels: The drawing in `drawings.SHAPE`.
        card: That of the model.
        seen: What the model received, uint8 (height, width, channels).
    """
    classes = card.classes
    digest = hash(pixels.tobytes())
    saved = st.session_state.get(SAVED)
    if saved is not None and saved[0] == digest:
        _show_saved(pixels, saved[1], card, seen)
        return
    with st.popover(
        _("Correct the label or save the drawing"), icon=":material/school:", key="teach", on_change="rerun"
    ) as box:
        if not box.open:
            return
        st.caption(_("What did you draw? The drawing is added to the dataset “My drawings” with that class."))
        if len(classes) <= MOST_PILLS:
            st.pills(
                _("It was"),
                list(classes),
                format_func=plain,
                key=f"teach-{digest}",
                on_change=_save,
                args=(pixels, f"teach-{digest}", digest),
                wrap=True,
            )
        else:
            st.selectbox(
                _("It was"),
                list(classes),
                index=None,
                key=f"teach-{digest}",
                on_change=_save,
                args=(pixels, f"teach-{digest}", digest),
                placeholder=_("Type or choose a class"),
            )
        st.text_input(
            _("Or a class that this model does not have"),
            key=f"teach-new-{digest}",
            max_chars=drawings.MAX_LABEL_LENGTH,
            placeholder=_("for example: heart"),
            on_change=_save,
            args=(pixels, f"teach-new-{digest}", digest),
        )
        _show_problem()


def _save(pixels: np.ndarray, key: str, digest: int) -> None:
    label = st.session_state.get(key)
    if not label:
        return
    try:
        drawings.add(pixels, label)
        st.session_state[SAVED] = (digest, label)
    except UserError as error:
        st.session_state[PROBLEM] = str(error)


def _undo(pixels: np.ndarray, label: str) -> None:
    try:
        drawings.remove(pixels, label)
        st.session_state.pop(SAVED, None)
    except UserError as error:
        st.session_state[PROBLEM] = str(error)


def _show_saved(pixels: np.ndarray, label: str, card: ModelCard, seen: np.ndarray) -> None:
    collection = drawings.collection()
    st.success(
        f"Saved as “{plain(label)}”. “My drawings” now contains {formatting.count(collection.total, 'drawing')}. "
        f"{collection.missing}",
        icon=":material/check_circle:",
    )
    with st.container(horizontal=True):
        st.button(_("Undo save"), icon=":material/undo:", key="teach-back", on_click=_undo, args=(pixels, label))
        if label in card.classes and not card.is_multilabel:
            golden_pin.button(card.data, [(label, "a corrected drawing")], lambda _: seen, key="teach-pin")
        if collection.is_ready:
            train_button()
    _show_problem()


def _show_problem() -> None:
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(plain(problem), icon=":material/error:")


def train_button() -> None:
    """A button that opens the Train page with the drawings as its dataset."""
    if st.button(_("Train on my drawings"), icon=":material/model_training:", key="teach-train"):
        links.train(data=drawings.name())
