"""A photo from a file, asked about."""

import hashlib

import numpy as np
import streamlit as st
from PIL import Image

from imgcls import images
from imgcls.errors import PictureError
from imgcls.images import Prepared
from imgcls.runs import Run
from imgcls.ui import answer_view, errors

SIDE = 280
TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp"]
UPLOAD_MB = 32


@st.fragment
def show(run: Run, facts: dict) -> None:
    """The upload at the left, the answer at the right."""
    left, right = st.columns([5, 6], gap="large")
    prepared = None
    with left, errors.shown():
        prepared = _upload(tuple(facts["shape"]), facts)
    with right, errors.shown():
        answer_view.show(run, facts, prepared, todo="Upload a photo.")


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
    st.image(shown, width=SIDE, alt=f"The uploaded picture {file.name}")
    return prepared


@st.cache_data(max_entries=16, show_spinner="Reading the picture ...")
def _prepared(digest: str, _data: bytes, _name: str, shape: tuple, ink: bool, fit: str) -> tuple[np.ndarray, Prepared]:
    """A thumbnail of a photo for the page, and what the model gets. Cached by content, never by sampling."""
    picture = images.open_picture(_data, _name, at_least=2 * SIDE)
    prepared = images.prepare_photo(picture, shape, ink=ink, fit=fit)
    thumbnail = Image.fromarray(picture.pixels)
    thumbnail.thumbnail((2 * SIDE, 2 * SIDE))
    notes = tuple(dict.fromkeys((*picture.notes, *prepared.notes)))
    return np.asarray(thumbnail), Prepared(prepared.pixels, notes)
