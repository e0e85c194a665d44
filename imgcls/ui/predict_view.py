"""The parts of the Predict page: the canvas, the upload, the answer, and the exact picture that the model was given."""

import hashlib

import numpy as np
import streamlit as st
from PIL import Image

from imgcls import images
from imgcls.errors import PictureError, UserError
from imgcls.images import Prepared
from imgcls.runs import Run
from imgcls.ui import bars, errors, gallery, label_bars, stored
from imgcls.ui.errors import plain

CANVAS_SIDE = 280
TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp"]
UPLOAD_MB = 32


@st.fragment
def ask(run: Run, facts: dict) -> None:
    """Takes a picture at the left and shows the answer at the right. A stroke redraws only this part of the page."""
    shape = tuple(facts["shape"])
    left, right = st.columns([5, 6], gap="large")
    prepared = None
    with left, errors.shown():
        # Without ink in its training pictures a drawing would be an unfair question.
        ways = ["Draw", "Upload"] if facts["ink"] else ["Upload"]
        way = ways[0]
        if len(ways) > 1:
            way = st.segmented_control("Input", ways, default=way, required=True, key="way")
        prepared = _drawing(shape) if way == "Draw" else _upload(shape, facts)
    with right, errors.shown():
        if prepared is None:
            _waiting(way, facts)
        else:
            _answer(run, facts, prepared)


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


def _upload(shape: tuple, facts: dict) -> Prepared | None:
    """An uploaded photo; None while there is none."""
    file = st.file_uploader(
        "Photo",
        type=TYPES,
        key="photo",
        max_upload_size=UPLOAD_MB,
        help="PNG, JPEG, WebP, GIF or BMP. It is looked at and forgotten, not stored.",
    )
    if file is None:
        return None
    data = file.getvalue()
    if len(data) > UPLOAD_MB * 1_000_000:
        raise PictureError(
            f"“{file.name}” has {len(data) / 1e6:.0f} MB; up to {UPLOAD_MB} MB are taken. Make it smaller."
        )
    shown, prepared = _prepared(
        hashlib.sha256(data).hexdigest(), data, file.name, shape, facts["ink"], str(facts.get("fit", ""))
    )
    st.image(shown, width=CANVAS_SIDE, alt=f"The uploaded picture {file.name}")
    return prepared


@st.cache_data(max_entries=16, show_spinner="Reading the picture ...")
def _prepared(digest: str, _data: bytes, _name: str, shape: tuple, ink: bool, fit: str) -> tuple[np.ndarray, Prepared]:
    """A thumbnail of a photo for the page, and what the model gets. Cached by content, never by sampling."""
    picture = images.open_picture(_data, _name, at_least=2 * CANVAS_SIDE)
    prepared = images.prepare_photo(picture, shape, ink=ink, fit=fit)
    thumbnail = Image.fromarray(picture.pixels)
    thumbnail.thumbnail((2 * CANVAS_SIDE, 2 * CANVAS_SIDE))
    notes = tuple(dict.fromkeys((*picture.notes, *prepared.notes)))
    return np.asarray(thumbnail), Prepared(prepared.pixels, notes)


def _waiting(way: str, facts: dict) -> None:
    """The empty state: what to do, and what the model knows."""
    names = facts["classes"]
    some = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    todo = "Draw a digit." if way == "Draw" else "Upload a photo."
    with st.container(border=True, height=300, vertical_alignment="center", horizontal_alignment="center"):
        st.markdown(f"#### {todo}", text_alignment="center")
        knows = "finds, several in a picture" if facts.get("several") else "tells apart"
        st.caption(f"This model {knows}: {plain(some)}.", text_alignment="center")


def _answer(run: Run, facts: dict, prepared: Prepared) -> None:
    """The answer, the probabilities, and what the model saw."""
    probabilities = stored.predictor(run).probabilities(prepared.pixels[None])[0]
    if probabilities.shape != (len(facts["classes"]),):
        raise UserError("This model has another number of classes than its description. Train it again.")
    answer, seen = st.columns([3, 2], gap="medium")
    with answer:
        if facts.get("several"):
            label_bars.show(probabilities, facts)
        else:
            bars.show(probabilities, facts["classes"])
    with seen:
        height, width, _ = facts["shape"]
        st.html(
            f'<img src="{gallery.data_url(prepared.pixels, min_side=196)}" style="width:196px;max-width:100%;'
            'image-rendering:pixelated;border-radius:6px" '
            f'alt="The picture as the model gets it, {height} by {width} pixels, enlarged">'
        )
        st.caption(f"What the model sees: {height} x {width} pixels, enlarged.")
        for note in prepared.notes:
            st.caption(plain(note))
