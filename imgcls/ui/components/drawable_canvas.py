"""The fallback canvas, streamlit-drawable-canvas, for browsers in which the default canvas does not work.

It predicts when the pen is lifted, and its strokes are not known, only its pixels.
"""

from typing import Any

import numpy as np
import streamlit as st

from imgcls.ui.components import messages

SIDE = 280
SWITCH = "other-canvas"


def switch() -> bool:
    """The switch between the two canvases, remembered in the URL; whether this one is chosen."""
    return st.toggle(
        "Use the fallback canvas",
        key=SWITCH,
        bind="query-params",
        help="For browsers where the default canvas does not work. It predicts when you lift the pen and cannot show "
        "stroke contributions.",
    )


def show() -> np.ndarray | None:
    """The canvas; what it shows, uint8 (280, 280, 4), or None while it is empty. Raises ImageError."""
    number = st.session_state.setdefault("canvas-number", 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=200):
            width = st.slider("Pen width (px)", 6, 40, 18, key="pen", help="The width of the strokes on the canvas.")
        if st.button("Clear", icon=":material/ink_eraser:", key="clear"):
            # A canvas with a new key is empty; the component's own toolbar is out of reach on a phone.
            st.session_state["canvas-number"] = number = number + 1
    with st.container(key="lifted-canvas", width=SIDE + 2):
        st.space("medium")
        return field(
            f"canvas-{number}",
            SIDE,
            SIDE,
            stroke_width=width,
            stroke_color="#FFFFFF",
            background_color="#000000",
        )


def field(key: str, width: int, height: int, **options: Any) -> np.ndarray | None:
    """A canvas of the package, with its other arguments as `options`, and what it shows, uint8 (height, width, 4).

    None while it is empty. The browser's message is decoded here and not by the package, which accepts anything.

    Raises:
        ImageError: the browser sent something that is not a drawing of this size.
    """
    from streamlit_drawable_canvas import st_canvas

    # Checked before, because the package trusts its message; and after, because a new session has no state before.
    messages.drawing(st.session_state.get(key), width, height)
    st_canvas(width=width, height=height, return_image_data=True, key=key, **options)
    return messages.drawing(st.session_state.get(key), width, height)
