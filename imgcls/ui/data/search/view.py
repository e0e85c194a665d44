"""The view "Search" of the Data page: the query, an image of the dataset or one of the user's, and what is like it."""

import hashlib

import numpy as np
import streamlit as st

from imgcls.datasets import Dataset
from imgcls.images import loading, square
from imgcls.images.files import checks
from imgcls.images.files.pixel_scale import PixelScale
from imgcls.images.loading import LoadedImage
from imgcls.inference import preparing
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.components import media
from imgcls.ui.data.search import results
from imgcls.ui.widgets import gallery

ORIGINS = ("An image of this dataset", "Your own image")
UPLOAD_MB = 32
SHOWN = 420
"""Pixels of the longer side of an uploaded image on the page."""


def show(dataset: Dataset) -> None:
    """The choice of the query, and the most similar images."""
    st.caption(
        "Finds the images that are most similar in content: copies, series of one object, or images that belong to "
        "another class."
    )
    origin = st.segmented_control(
        "Search for images like",
        ORIGINS,
        default=ORIGINS[0],
        required=True,
        **fixed_controls.keyed("search-origin"),
    )
    itself, image = _chosen_image(dataset) if origin == ORIGINS[0] else (None, _uploaded_image(dataset))
    results.show(dataset, image, "data", itself=itself)


def _chosen_image(dataset: Dataset) -> tuple[int, np.ndarray]:
    """The position of an image of the dataset, and the image."""
    name, counts = dataset.facts.name, {"Training": len(dataset.y_train), "Test": len(dataset.y_test)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.segmented_control(
            "Split",
            [split for split, count in counts.items() if count],
            default="Training",
            required=True,
            key=f"search-split-{name}",
            label_visibility="collapsed",
        )
        row = st.number_input(
            f"Image # (0 to {counts[split] - 1:,})",
            0,
            counts[split] - 1,
            key=f"search-row-{name}-{split}",
            help="The number below each image on this page.",
            width=220,
        )
    is_training = split == "Training"
    file = dataset.records.name("train" if is_training else "test", row)
    image, label = (
        (dataset.x_train[row], dataset.y_train[row]) if is_training else (dataset.x_test[row], dataset.y_test[row])
    )
    named = dataset.facts.named(label)
    st.html(gallery.grid([gallery.Tile(np.asarray(image), f"The query: {named}", (f"#{row}", named), file=file)]))
    return int(row if is_training else counts["Training"] + row), np.asarray(image)


def _uploaded_image(dataset: Dataset) -> np.ndarray | None:
    """The uploaded image, or the square of it that the user chose, prepared like the images of the dataset."""
    file = st.file_uploader(
        "Image",
        type=checks.EXTENSIONS,
        key="search-upload",
        max_upload_size=UPLOAD_MB,
        help=f"{checks.FORMATS_TEXT}. It is compared and discarded, not stored.",
    )
    if file is None:
        return None
    data = file.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    part = image = _opened(digest, str(dataset.facts.pixels), file.name, data, dataset.facts.pixels)
    if st.toggle("Only a region", key="search-crop", help="Search for a square part of the image."):
        height, width = image.pixels.shape[:2]
        start = square.middle_box(width, height)
        url = gallery.data_url(square.thumbnail(image.pixels, SHOWN), is_cached=False)
        box = media.square(f"search-square-{digest[:16]}", url, width, height, start, f"The image {file.name}")
        part = LoadedImage(square.part(image.pixels, box), image.notes)
    else:
        thumbnail = square.thumbnail(image.pixels, SHOWN)
        st.image(thumbnail, alt=f"The uploaded image {file.name}", width=min(SHOWN, thumbnail.shape[1]))
    facts = dataset.facts
    return loading.prepare_photo(part, facts.shape, ink=facts.ink, fit=facts.fit).pixels


@st.cache_resource(max_entries=3, show_spinner="Reading the image …", scope="session")
def _opened(digest: str, scale: str, name: str, _data: bytes, _scale: PixelScale) -> LoadedImage:
    """The opened image, cached for this visitor alone; not to be changed."""
    return preparing.load(_data, name, _scale)
