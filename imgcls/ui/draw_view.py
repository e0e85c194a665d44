"""A digit drawn by hand, asked about."""

import streamlit as st

from imgcls import images
from imgcls.images import Prepared
from imgcls.runs import Run
from imgcls.ui import answer_view, errors

CANVAS_SIDE = 280


@st.fragment
def show(run: Run, facts: dict) -> None:
    """The canvas at the left, the answer at the right. A stroke redraws only this part of the page."""
    left, right = st.columns([5, 6], gap="large")
    prepared = None
    with left, errors.shown():
        prepared = _drawing(tuple(facts["shape"]))
    with right, errors.shown():
        if prepared is None:
            answer_view.waiting("Draw a digit.", facts)
        else:
            answer_view.show(run, facts, prepared)


def _drawing(shape: tuple) -> Prepared | None:
    """The canvas; None while nothing is drawn."""
    from streamlit_drawable_canvas import st_canvas

    number = st.session_state.setdefault("canvas-number", 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=200):
            width = st.slider("Pen width (px)", 6, 40, 18, key="pen", help="The width of the stroke on the canvas.")
        if st.button("Clear", icon=":material/ink_eraser:", key="clear"):
            # A new key is a new, empty canvas; the component's own toolbar is out of reach on a phone.
            st.session_state["canvas-number"] = number = number + 1
    with st.container(key="canvas", width=CANVAS_SIDE + 2):
        st.space("medium")
        result = st_canvas(
            stroke_width=width,
            stroke_color="#FFFFFF",
            background_color="#000000",
            width=CANVAS_SIDE,
            height=CANVAS_SIDE,
            return_image_data=True,
            key=f"canvas-{number}",
        )
    st.caption("Draw one digit, large, with mouse, finger or pen. The answer comes when you lift it.")
    canvas = result.image_data
    if canvas is None or not (result.json_data or {}).get("objects"):
        return None
    return images.prepare_drawing(canvas, shape)
