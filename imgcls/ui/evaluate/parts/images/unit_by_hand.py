"""The first convolution by hand: one feature map, the receptive field of a unit, and the sum behind its value."""

import numpy as np
import streamlit as st

from imgcls.languages import gettext as _
from imgcls.lessons import first_convolution
from imgcls.runs import Run
from imgcls.ui.components import unit_by_hand as component

MAP, STRONGEST = "by-hand-map", "by-hand-strongest"
"""Session keys: the filter that is chosen, and the one that is chosen at first. Lesson 4 reads them."""


def show(run: Run, pixels: np.ndarray) -> bool:
    """For a model input, uint8 (height, width, channels); False if the model has no convolution to spell out."""
    found = first_convolution.of_image(run, pixels)
    if found is None:
        return False
    st.header(
        _("A convolution by hand"),
        anchor=False,
        help=_("Every unit of a feature map multiplies the pixels that it sees by the same weights and adds them up."),
    )
    maps = found.outputs.shape[-1]
    with st.container(key="by-hand"):
        # One that responds to the image, or its map would be dark, and that looks for something with a name.
        first = found.most_like_an_edge()
        st.session_state[STRONGEST] = first + 1
        options = list(range(1, maps + 1))
        chosen = st.selectbox(_("Filter"), options, index=first, key=MAP, width=160) if maps > 1 else 1
        component.show(found, pixels, chosen - 1)
    return True
