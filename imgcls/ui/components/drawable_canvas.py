"""The fallback canvas, streamlit-drawable-canvas, for browsers in which the default canvas does not work.

It predicts when the pen is lifted, and its strokes are not known, only its pixels. The browser forgets the drawing when
the visitor looks at another page, so the session remembers it and hands it back.
"""

from typing import Any

import numpy as np
import streamlit as st

from imgcls.ui.components import messages

SIDE = 280
SWITCH = "other-canvas"
LAST, INITIAL = "lifted-last", "lifted-initial"
"""Session keys of the last drawing (as the canvas describes it, and its pixels), and of the one that the canvas began
with."""


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
    state = st.session_state
    number = st.session_state.setdefault("canvas-number", 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=200):
            width = st.slider("Pen width (px)", 6, 40, 18, key="pen", help="The width of the strokes on the canvas.")
        if st.button("Clear", icon=":material/ink_eraser:", key="clear"):
            # A canvas with a new key is empty; the component's own toolbar is out of reach on a phone.
            st.session_state["canvas-number"] = number = number + 1
            state.pop(LAST, None)
    key = f"canvas-{number}"
    if state.get(key) is None:  # new, or back from another page; must not change while the canvas is there
        state[INITIAL] = state[LAST][0] if LAST in state else None
    with st.container(key="lifted-canvas", width=SIDE + 2):
        st.space("medium")
        pixels = field(
            key,
            SIDE,
            SIDE,
            stroke_width=width,
            stroke_color="#FFFFFF",
            background_color="#000000",
            initial_drawing=state.get(INITIAL),
        )
    raw = _described(state.get(key))
    if pixels is not None:
        state[LAST] = raw, pixels
    elif raw is not None and not raw.get("objects"):  # undone or erased
        state.pop(LAST, None)
    return state[LAST][1] if LAST in state else None


def _described(state: Any) -> dict[str, Any] | None:
    """The drawing as the canvas describes it; None before its first message."""
    message = state.get("drawing") if isinstance(state, dict) else None
    raw = message.get("raw") if isinstance(message, dict) else None
    return raw if isinstance(raw, dict) else None


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
