"""Buttons that pin images to the golden set of a dataset."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from imgcls.errors import UserError
from imgcls.evaluation import golden
from imgcls.sharing import Action
from imgcls.ui.app.errors import plain
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting

HELP = (
    "Every later run on this dataset is checked with the pinned images, and reports how many it fixed or broke. "
    "Pinning has no effect on training."
)
DONE = "golden-pinned"
PINNED = "golden-pinned-images"
"""Session key: what each button has pinned in this visit."""


def button(data: str, chosen: Sequence[tuple[str, str]], pixels_of: Callable[[int], np.ndarray], *, key: str) -> None:
    """A button that pins images. Nothing where images cannot be pinned.

    Args:
        data: The name of the dataset.
        chosen: The class and the source of each image.
        pixels_of: The pixels of the image at a position of `chosen`; called when the button is pressed.
        key: Of the button.
    """
    if not golden.is_available() or not chosen or not data:
        return

    def pin() -> None:
        try:
            for position, (label, source) in enumerate(chosen):
                golden.pin(data, pixels_of(position), label, source)
            st.session_state.setdefault(PINNED, {})[key] = tuple(chosen)
            st.session_state[DONE] = key, f"Pinned {formatting.count(len(chosen), 'image')}.", ""
        except UserError as error:
            st.session_state[DONE] = key, "", str(error)

    is_pinned = _is_pinned(data, tuple(chosen), key)
    if len(chosen) == 1:
        label = "In the golden set" if is_pinned else "Pin to the golden set"
    else:
        mistakes = f"{len(chosen):,} mistakes"
        label = f"{mistakes} are in the golden set" if is_pinned else f"Pin {mistakes} to the golden set"
    st.button(
        label,
        icon=":material/check:" if is_pinned else ":material/keep:",
        key=key,
        on_click=pin,
        **rights.button(Action.SAVE_DRAWING, disabled=is_pinned, help=HELP),
    )
    done, text, problem = st.session_state.get(DONE, ("", "", ""))
    if done == key:
        del st.session_state[DONE]
        if problem:
            st.error(plain(problem), icon=":material/error:")
        else:
            st.toast(text, icon=":material/keep:")


def _is_pinned(data: str, chosen: tuple[tuple[str, str], ...], key: str) -> bool:
    """Whether these images were pinned with this button, and none of them was removed since."""
    if st.session_state.get(PINNED, {}).get(key) != chosen:
        return False
    sources = {image.source for image in golden.images(data)}
    return all(source[: golden.LONGEST] in sources for _, source in chosen)
