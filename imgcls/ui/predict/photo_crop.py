"""The part of a photo that is classified: a movable crop without the regions that the user paints over."""

import html
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from imgcls import inference
from imgcls.errors import ImageError
from imgcls.images import square
from imgcls.images.files.pixel_scale import PixelScale
from imgcls.images.loading import LoadedImage
from imgcls.inference import Answer, preparing
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.cache import activations
from imgcls.ui.components import drawable_canvas, media
from imgcls.ui.components.media import Box
from imgcls.ui.widgets import gallery

SHOWN = 420
"""Pixels of the longer side of a photo on the page."""
COVER = 280
"""Pixels of the longer side of a photo to paint over: a finger has to reach all of it on a narrow phone."""
BRUSH = 24


@dataclass(frozen=True, eq=False)
class Photo:
    """An image of a visitor: a digest of its bytes, the bytes, and its name.

    Caches use the digest as their key: none of them stores the bytes of a visitor's image.
    """

    digest: str
    data: bytes
    name: str


def show(photo: Photo, card: ModelCard, *, is_live: bool = False) -> LoadedImage:
    """The photo with its tools; gives the part that is classified.

    Raises:
        ImageError: the image cannot be read.
    """
    if is_live:
        return preparing.load(photo.data, photo.name, card.pixels)
    part = image = _opened(photo.digest, str(card.pixels), photo, card.pixels)
    box = None
    with st.container(horizontal=True):
        is_cropped = _crops_by_default(card)
        crops = st.toggle(
            "Crop",
            is_cropped,
            key=f"cut-{is_cropped}",
            help="Move and resize the square: only its content is classified.",
        )
        covers = st.toggle(
            "Cover regions",
            **fixed_controls.keyed("cover"),
            help="Paint over regions to hide them from the model and see how the prediction changes.",
        )
    if crops:
        height, width = image.pixels.shape[:2]
        start = square.middle_box(width, height)
        url = _url(photo.digest, str(card.pixels), photo, card.pixels)
        box = media.square(f"square-{photo.digest[:16]}", url, width, height, start, f"The image {photo.name}")
        if box != start or not is_cropped:
            part = LoadedImage(square.part(image.pixels, box), (*image.notes, "Cropped to the square you chose."))
    elif not covers:
        url = _url(photo.digest, str(card.pixels), photo, card.pixels)
        st.html(
            f'<img src="{url}" style="max-width:100%;border-radius:6px" '
            f'alt="The uploaded image {html.escape(photo.name)}">'
        )
    if covers:
        part = _covered(photo, part, box)
    return part


def is_intact(photo: Photo, card: ModelCard) -> bool:
    """Whether the photo can be read."""
    try:
        _opened(photo.digest, str(card.pixels), photo, card.pixels)
    except ImageError:
        return False
    return True


def answer(run: Run, photo: Photo) -> tuple[Answer, str]:
    """The answer to the whole photo, and a thumbnail of it as a URL. Raises UserError."""
    stamp = (*run.stamp("model.tflite", "model.json"), *activations.stamp(run))
    return _answer(photo.digest, str(run.folder), stamp, photo)


# Everything derived from a visitor's images is cached for that session alone, and discarded with it.


@st.cache_resource(max_entries=64, show_spinner=False, scope="session")
def _answer(digest: str, folder: str, stamp: tuple, _photo: Photo) -> tuple[Answer, str]:
    run = Run(Path(folder))
    image = _opened(digest, str(run.card.pixels), _photo, run.card.pixels)
    return inference.answer(run, image), gallery.data_url(square.thumbnail(image.pixels, 112))


@st.cache_resource(max_entries=3, show_spinner="Reading the image …", scope="session")
def _opened(digest: str, scale: str, _photo: Photo, _scale: PixelScale) -> LoadedImage:
    """The opened image, cached by its content and the scale of the model; not to be changed."""
    return preparing.load(_photo.data, _photo.name, _scale)


@st.cache_resource(max_entries=3, show_spinner=False, scope="session")
def _url(digest: str, scale: str, _photo: Photo, _scale: PixelScale) -> str:
    return gallery.data_url(square.thumbnail(_opened(digest, scale, _photo, _scale).pixels, SHOWN))


def _crops_by_default(card: ModelCard) -> bool:
    """Whether the model gets the centre of a photo, so that the visitor should see what is lost."""
    if fit := card.fit:
        return fit == "crop"
    return card.shape[2] == 3 and not card.is_ink


def _covered(photo: Photo, part: LoadedImage, box: Box | None) -> LoadedImage:
    """The part, which was cropped to `box`, with the painted regions in the median colour of its border."""
    shown = square.thumbnail(part.pixels, COVER)
    height, width = shown.shape[:2]
    rim = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    colour = np.median(rim, axis=0).astype(np.uint8)
    number = st.session_state.setdefault("cover-number", 0)
    painted = drawable_canvas.field(
        f"cover-{photo.digest[:16]}-{box}-{number}",  # another crop is another image: the paint belongs to this one
        width,
        height,
        stroke_width=BRUSH,
        stroke_color="#{:02x}{:02x}{:02x}".format(*colour.tolist()),
        background_image=gallery.data_url(shown),  # given as an image, the package would keep it for all visitors
    )
    if st.button("Uncover", icon=":material/ink_eraser:", key="uncover"):
        st.session_state["cover-number"] = number + 1
        st.rerun(scope="fragment")
    if painted is None:
        st.caption("Paint over a region: only the rest is classified.")
        return part
    mask = Image.fromarray(painted[..., 3]).resize((part.pixels.shape[1], part.pixels.shape[0]))
    whole = Image.fromarray(part.pixels)
    whole.paste(tuple(colour.tolist()), mask=mask)
    return LoadedImage(np.asarray(whole), (*part.notes, "The regions that you painted over are hidden."))
