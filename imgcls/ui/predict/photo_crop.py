"""Which part of a photo is asked about: the crop, shown and movable, and parts that are covered by hand."""

import html
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from imgcls.images import loading, square
from imgcls.images.ink import border
from imgcls.images.loading import LoadedImage, Prepared
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.cache import activations
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components import drawable_canvas, media
from imgcls.ui.components.media import Box
from imgcls.ui.predict import prediction
from imgcls.ui.widgets import gallery

SHOWN = 420
"""Pixels of the longer side of a photo on the page."""
AT_LEAST = 800
"""Pixels of the shorter side to which a larger photo is reduced when it is opened."""
COVER = 280
"""Pixels of the longer side of a photo that is painted over: a finger has to reach all of it on a narrow phone."""
BRUSH = 24


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture that somebody brought: a digest of its bytes, these, and what it is called.

    Caches know it by its digest: the bytes of a visitor's picture are in none of them.
    """

    digest: str
    data: bytes
    name: str


def show(photo: Photo, card: ModelCard, *, is_live: bool = False) -> LoadedImage:
    """The photo with its tools; gives the part that is asked about.

    Raises:
        PictureError: it is no picture that can be read.
    """
    if is_live:
        return loading.open_image(photo.data, photo.name)
    part = image = _opened(photo.digest, photo)
    box = None
    with st.container(horizontal=True):
        is_cut = _is_cut(card)
        wants = st.toggle(
            "Choose the part", is_cut, key=f"cut-{is_cut}", help="A square that you can move: only it is asked about."
        )
        covers = st.toggle(
            "Cover a part", key="cover", help="Paint over what the model shall not see, and look what changes."
        )
    if wants:
        height, width = image.pixels.shape[:2]
        start = _middle(width, height)
        url = _url(photo.digest, photo)
        box = media.square(f"square-{photo.digest[:16]}", url, width, height, start, f"The picture {photo.name}")
        if box != start or not is_cut:
            part = LoadedImage(_cut(image.pixels, box), (*image.notes, "The part that you chose was used."))
    elif not covers:
        st.html(
            f'<img src="{_url(photo.digest, photo)}" style="max-width:100%;border-radius:6px" '
            f'alt="The uploaded picture {html.escape(photo.name)}">'
        )
    if covers:
        part = _covered(photo, part, box)
    return part


def prepared(image: LoadedImage, card: ModelCard) -> Prepared:
    """The picture for a model with these card. Raises PictureError."""
    return loading.prepare_photo(image, card.shape, ink=card.is_ink, fit=card.fit)


def untouched(part: LoadedImage, card: ModelCard) -> np.ndarray:
    """The part in the pixels of a model with these card and nothing else done to it, uint8 (height, width, 1).

    It is what a page without care would ask about: grey, and as large as fits, each pixel the mean of its area.
    """
    height, width, _ = card.shape
    image = Image.fromarray(part.pixels).convert("L")
    scale = min(height / image.height, width / image.width)
    size = tuple(max(1, round(length * scale)) for length in image.size)
    small = np.asarray(image.resize(size, Image.Resampling.BOX))
    out = np.full((height, width, 1), np.median(border(small)), np.uint8)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    out[top : top + size[1], left : left + size[0], 0] = small
    return out


def answer(run: Run, photo: Photo, card: ModelCard) -> tuple[np.ndarray, str, str]:
    """What a model says to the whole photo: probabilities (classes,), a thumbnail as a URL, and what to say in place of
    the answer where it is in doubt, else nothing. Raises UserError."""
    stamp = (*run.stamp("model.tflite", "model.json"), *activations.stamp(run))
    return _answer(photo.digest, str(run.folder), stamp, photo)


# What is made of a visitor's pictures goes with his session: they are looked at and forgotten.


@st.cache_resource(max_entries=64, show_spinner=False, scope="session")
def _answer(digest: str, folder: str, stamp: tuple, _photo: Photo) -> tuple[np.ndarray, str, str]:
    image = _opened(digest, _photo)
    run = Run(Path(folder))
    card = run.card
    pixels = prepared(image, card).pixels
    found = cached.predictions(run, card, pixels[None])[0]
    rejection = None if card.is_multilabel else prediction.rejection_of(run, card, pixels)
    return found, gallery.data_url(square.thumbnail(image.pixels, 112)), rejection.title if rejection else ""


@st.cache_resource(max_entries=3, show_spinner="Reading the picture ...", scope="session")
def _opened(digest: str, _photo: Photo) -> LoadedImage:
    """Cached by content, never by sampling; not to be changed."""
    return loading.open_image(_photo.data, _photo.name, at_least=AT_LEAST)


@st.cache_resource(max_entries=3, show_spinner=False, scope="session")
def _url(digest: str, _photo: Photo) -> str:
    return gallery.data_url(square.thumbnail(_opened(digest, _photo).pixels, SHOWN))


def _is_cut(card: ModelCard) -> bool:
    """Whether a model of this kind gets the middle of a photo, so that what is lost should be seen."""
    if fit := card.fit:
        return fit == "crop"
    return card.shape[2] == 3 and not card.is_ink


def _middle(width: int, height: int) -> Box:
    short = min(width, height)
    return (width - short) / 2 / width, (height - short) / 2 / height, 1.0


def _cut(pixels: np.ndarray, box: Box) -> np.ndarray:
    """The square of a picture: its left and top as shares of width and height, its side of the shorter side."""
    height, width = pixels.shape[:2]
    side = max(loading.SMALLEST_SIDE, round(box[2] * min(height, width)))
    left, top = (
        min(round(fraction * length), length - side) for fraction, length in ((box[0], width), (box[1], height))
    )
    left, top = max(0, left), max(0, top)
    return pixels[top : top + side, left : left + side]


def _covered(photo: Photo, part: LoadedImage, box: Box | None) -> LoadedImage:
    """The part, which was cut out at `box`, with what is painted over it, in the middle colour of its border."""
    shown = square.thumbnail(part.pixels, COVER)
    height, width = shown.shape[:2]
    rim = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    colour = np.median(rim, axis=0).astype(np.uint8)
    number = st.session_state.setdefault("cover-number", 0)
    painted = drawable_canvas.field(
        f"cover-{photo.digest[:16]}-{box}-{number}",  # another part is another picture: the paint belongs to this one
        width,
        height,
        stroke_width=BRUSH,
        stroke_color="#{:02x}{:02x}{:02x}".format(*colour.tolist()),
        background_image=gallery.data_url(shown),  # the package would keep another kind of picture for all visitors
    )
    if st.button("Uncover", icon=":material/ink_eraser:", key="uncover"):
        st.session_state["cover-number"] = number + 1
        st.rerun(scope="fragment")
    if painted is None:
        st.caption("Paint over a part of the picture; the answer is to what is left.")
        return part
    mask = Image.fromarray(painted[..., 3]).resize((part.pixels.shape[1], part.pixels.shape[0]))
    whole = Image.fromarray(part.pixels)
    whole.paste(tuple(colour.tolist()), mask=mask)
    return LoadedImage(np.asarray(whole), (*part.notes, "The parts that you painted over were covered."))
