"""A map of the images: similar images are close together. Selecting points shows their images."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from imgcls.charts import dataset_analysis
from imgcls.charts.theme import class_colour
from imgcls.datasets import Dataset, Edits
from imgcls.datasets.analysis import cache
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import editing
from imgcls.ui.widgets import formatting, gallery, pager
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static

KINDS = ("PCA", "t-SNE")
AXES = {"PCA": ("first principal component", "second principal component"), "t-SNE": ("", "")}
EXPLAINED = {
    "PCA": "Principal components: the plane with the most variance. Distances in it are meaningful, but most of the "
    "variance lies outside it.",
    "t-SNE": "Similar images stay close together (van der Maaten and Hinton 2008). Cluster sizes and distances "
    "between clusters are not meaningful.",
}
PER_PAGE = 24
THUMBNAIL = 32
"""Pixels of the side of a thumbnail, or somewhat more."""
TICK_SECONDS = 0.5


def show(dataset: Dataset, edits: Edits, found: dict[str, np.ndarray]) -> None:
    """The map, and the images of the selected points."""
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = st.segmented_control(
            "Map", KINDS, default="PCA", required=True, label_visibility="collapsed", **fixed_controls.keyed("map-kind")
        )
        has_thumbnails = st.toggle("Thumbnails", value=True, key="map-thumbnails")
    st.caption(f"{len(found['map_rows']):,} random training images. {EXPLAINED[kind]}")
    if kind == "t-SNE" and not _tsne_is_ready(dataset, len(found["map_rows"])):
        return
    name = dataset.facts.name
    stamps = cache.stamp("survey", dataset), cache.stamp("tsne", dataset)
    event = st.plotly_chart(
        _figure(name, dataset.fingerprint, kind, *stamps, has_thumbnails=has_thumbnails),
        key=f"map-{name}-{kind}",
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        config=figure_download.explorable("dataset-map"),
        alt=f"Map of {len(found['map_rows'])} training images, with a colour and marker per class or set of labels.",
    )
    rows = selected(event)
    if not rows:
        st.caption("Click a point, or draw a box or a lasso around several, to see the images.")
        return
    st.markdown(f"**{formatting.count(len(rows), 'image')}** selected")
    on_page = pager.page_of(rows, PER_PAGE, f"map-page-{name}-{kind}-{hash(tuple(rows))}")
    editing.images(dataset, edits, [[row] for row in on_page], "map")


def selected(event: Any) -> list[int]:
    """The rows of the selected images, each once, ascending."""
    points = event.selection.points if event else []
    rows = set()
    for point in points:
        data = point.get("customdata")
        values = list(data.values()) if isinstance(data, dict) else data
        if values:
            rows.add(int(values[0]))
    return sorted(rows)


@lru_cache(8)
def _figure(
    name: str, fingerprint: str, kind: str, survey: float, tsne: float, *, has_thumbnails: bool
) -> StaticFigure:
    dataset = predictions.dataset(name)
    found = cache.results("survey", dataset)
    points = found["map_points"][:, :2] if kind == "PCA" else cache.results("tsne", dataset)["places"]
    labels = dataset.y_train[found["map_rows"]]
    names: Sequence[str] = dataset.facts.classes
    if dataset.facts.is_multilabel:
        labels, names = dataset_analysis.label_sets(labels, names)
    figure = dataset_analysis.image_map(points, found["map_rows"], labels, names, AXES[kind])
    if has_thumbnails:
        at = dataset_analysis.thumbnail_places(points)
        urls = [_thumbnail(dataset.x_train[found["map_rows"][one]], class_colour(int(labels[one]))) for one in at]
        dataset_analysis.add_thumbnails(figure, points[at], urls)
        dataset.release_memory()
    return static(figure)


def _thumbnail(pixels: np.ndarray, colour: str) -> str:
    """An image in a frame of the colour of its class, as a data URL."""
    step = max(1, max(pixels.shape[:2]) // THUMBNAIL)
    inside = pixels[::step, ::step]
    inside = np.broadcast_to(inside, (*inside.shape[:2], 3))
    framed = np.empty((inside.shape[0] + 4, inside.shape[1] + 4, 3), np.uint8)
    framed[:] = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
    framed[2:-2, 2:-2] = inside
    return gallery.data_url(framed, is_cached=False)


def _tsne_is_ready(dataset: Dataset, count: int) -> bool:
    """Whether the t-SNE map is computed; if not, shows the button, the progress, or why it failed."""
    state = cache.state("tsne", dataset)
    if state.state == "ready":
        return True
    if state.state == "running":
        _watch(dataset)
        return False
    if state.state == "failed":
        st.warning(plain(f"The t-SNE map could not be computed. {state.text}"), icon=":material/warning:")
    st.button(
        "Compute t-SNE" if state.state == "idle" else "Try again",
        key="tsne",
        icon=":material/scatter_plot:",
        type="primary",
        on_click=_start,
        args=(dataset,),
        help=f"Computes a t-SNE map of {formatting.count(count, 'image')} (about 30 s).",
    )
    return False


def _start(dataset: Dataset) -> None:
    cache.cancel("tsne", dataset)
    cache.start("tsne", dataset)


@st.fragment(run_every=TICK_SECONDS)
def _watch(dataset: Dataset) -> None:
    state = cache.state("tsne", dataset)
    if state.state != "running":
        st.rerun()
    st.progress(state.fraction, text=plain(f"{state.text} …"))
    if st.button("Cancel", key="cancel-tsne"):
        cache.cancel("tsne", dataset)
        st.rerun()
