"""A map of the pictures: those that look alike lie close together. Points that are selected show their pictures."""

from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from imgcls.charts import dataset_analysis
from imgcls.datasets import Dataset, Edits
from imgcls.datasets.analysis import cache
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import editing
from imgcls.ui.widgets import formatting, pager
from imgcls.ui.widgets.static_figure import Still, still

KINDS = ("PCA", "t-SNE")
AXES = {"PCA": ("first principal component", "second principal component"), "t-SNE": ("", "")}
EXPLAINED = {
    "PCA": "Principal components: the plane in which the pictures differ most. Distances in it are real, but most "
    "differences lie outside of it.",
    "t-SNE": "Neighbours stay neighbours (van der Maaten and Hinton 2008). Sizes of groups and distances between them "
    "mean nothing.",
}
PER_PAGE = 24
TICK_SECONDS = 0.5


def show(dataset: Dataset, edits: Edits, found: dict[str, np.ndarray]) -> None:
    """The map, and the pictures of the points that are selected in it."""
    kind = st.segmented_control(
        "Map", KINDS, default="PCA", required=True, key="map-kind", label_visibility="collapsed"
    )
    st.caption(f"{len(found['map_rows']):,} training pictures, drawn by chance. {EXPLAINED[kind]}")
    if kind == "t-SNE" and not _tsne_is_ready(dataset, len(found["map_rows"])):
        return
    name = dataset.facts.name
    event = st.plotly_chart(
        _figure(name, dataset.fingerprint, kind, cache.stamp("survey", dataset), cache.stamp("tsne", dataset)),
        key=f"map-{name}-{kind}",
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "modeBarButtonsToRemove": ["toImage", "autoScale2d"]},
        alt=f"Map of {len(found['map_rows'])} training pictures, a colour and a sign for each class or set of labels.",
    )
    rows = selected(event)
    if not rows:
        st.caption("Draw a line around some points, or click one, to see their pictures.")
        return
    st.markdown(f"**{formatting.count(len(rows), 'picture')}** selected")
    on_page = pager.page_of(rows, PER_PAGE, f"map-page-{name}-{kind}-{hash(tuple(rows))}")
    editing.images(dataset, edits, [[row] for row in on_page], "map")


def selected(event: Any) -> list[int]:
    """The numbers of the pictures that a selection holds, each once, ascending."""
    points = event.selection.points if event else []
    rows = set()
    for point in points:
        data = point.get("customdata")
        values = list(data.values()) if isinstance(data, dict) else data
        if values:
            rows.add(int(values[0]))
    return sorted(rows)


@lru_cache(8)
def _figure(name: str, fingerprint: str, kind: str, survey: float, tsne: float) -> Still:
    dataset = predictions.dataset(name)
    found = cache.results("survey", dataset)
    points = found["map_points"][:, :2] if kind == "PCA" else cache.results("tsne", dataset)["places"]
    labels, names = dataset.y_train[found["map_rows"]], dataset.facts.classes
    if dataset.facts.is_multilabel:
        labels, names = dataset_analysis.label_sets(labels, names)
    return still(dataset_analysis.image_map(points, found["map_rows"], labels, names, AXES[kind]))


def _tsne_is_ready(dataset: Dataset, count: int) -> bool:
    """Whether the map of t-SNE is there; if not, the button that makes it, its progress, or why it failed."""
    seen = cache.state("tsne", dataset)
    if seen.state == "ready":
        return True
    if seen.state == "running":
        _watch(dataset)
        return False
    if seen.state == "failed":
        st.warning(plain(f"The map was not made. {seen.text}"), icon=":material/warning:")
    st.button(
        "Make this map" if seen.state == "idle" else "Try again",
        key="tsne",
        icon=":material/scatter_plot:",
        type="primary",
        on_click=_start,
        args=(dataset,),
        help=f"It moves {count:,} points until neighbours lie together: half a minute on an ordinary machine.",
    )
    return False


def _start(dataset: Dataset) -> None:
    cache.cancel("tsne", dataset)
    cache.start("tsne", dataset)


@st.fragment(run_every=TICK_SECONDS)
def _watch(dataset: Dataset) -> None:
    seen = cache.state("tsne", dataset)
    if seen.state != "running":
        st.rerun()
    st.progress(seen.fraction, text=plain(f"{seen.text} ..."))
    if st.button("Cancel", key="cancel-tsne"):
        cache.cancel("tsne", dataset)
        st.rerun()
