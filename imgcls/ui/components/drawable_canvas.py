"""The other canvas, streamlit-drawable-canvas: it answers when the pen is lifted, and knows pixels in place of strokes.

It is there for browsers in which the usual canvas does not draw.
"""

from typing import Any

import numpy as np
import streamlit as st

from imgcls.ui.components import messages

SIDE = 280
SWITCH = "other-canvas"


def switch() -> bool:
    """The switch between the two, which stands in the URL; whether this one is wanted."""
    return st.toggle(
        "Use the other canvas",
        key=SWITCH,
        bind="query-params",
        help="Take it if the usual one does not draw in your browser. Its answer comes when the pen is lifted, and it "
        "knows no strokes, so there is no Why.",
    )


def show() -> np.ndarray | None:
    """The canvas; what it shows, uint8 (280, 280, 4), or None while nothing is drawn. Raises PictureError."""
    number = st.session_state.setdefault("canvas-number", 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=200):
            width = st.slider("Pen width (px)", 6, 40, 18, key="pen", help="The width of the stroke on the canvas.")
        if st.button("Clear", icon=":material/ink_eraser:", key="clear"):
            # A new key is a new, empty canvas; the component's own toolbar is out of reach on a phone.
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


def field(key: str, width: int, height: int, **wishes: Any) -> np.ndarray | None:
    """A canvas of the package, with its other arguments as `wishes`, and what it shows, uint8 (height, width, 4).

    None while nothing is drawn. What the browser sent is read here and not by the package, which decodes anything.

    Raises:
        PictureError: the browser sent something that is no drawing of this size.
    """
    from streamlit_drawable_canvas import st_canvas

    # Before, as the package expects its own message; and after, as a session that begins knows no state before.
    messages.drawing(st.session_state.get(key), width, height)
    st_canvas(width=width, height=height, return_image_data=True, key=key, **wishes)
    return messages.drawing(st.session_state.get(key), width, height)
