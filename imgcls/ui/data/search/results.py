"""The images of a dataset that are most similar to another image: with their index, edits and export."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.datasets import Dataset, Edits
from imgcls.datasets.editing import image_lists
from imgcls.errors import UserError
from imgcls.inference import visual_search
from imgcls.languages import gettext as _
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import editing, list_files
from imgcls.ui.widgets import formatting, task_panel

SHOWN = 30
EXPORTED = 500
"""The downloads have more images than the page."""
BUILT_AT_ONCE = 3_000
"""An index of up to this many images takes seconds, so it needs no button."""


def show(dataset: Dataset, image: np.ndarray | None, key: str, *, itself: int | None = None) -> None:
    """The images most similar to a uint8 image (height, width, channels), or what is missing to find them.

    Args:
        image: the query; None while there is none.
        key: distinguishes the controls of several searches.
        itself: the position of the query in the dataset, if it is part of it; it is not among the results.
    """
    edits = datasets.edits_of(dataset)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        features = _choose_features(dataset, key)
        label = _choose_class(dataset, key)
    if not _is_built(dataset, features) or image is None:
        return
    found = _search(dataset, edits, features, image, label, itself)
    if not len(found.positions):
        st.info("No image of this class.", icon=":material/search_off:")
        return
    shown, similarity = found.positions[:SHOWN].tolist(), found.similarity[:SHOWN].tolist()
    notes = [[f"similarity {value:.2f}"] for value in similarity]
    editing.images(dataset, edits, [[position] for position in shown], f"search-{key}", notes)
    st.caption(f"The downloads list the {len(found.positions):,} most similar images.")
    with st.container(horizontal=True):
        list_files.downloads(dataset, "similar images", partial(listed, dataset, edits, found))


def listed(dataset: Dataset, edits: Edits, found: visual_search.Found) -> Mapping[str, Sequence[Any]]:
    """The images found as a list whose edits can be applied again, with their cosine similarity."""
    similarity = {"similarity": np.round(found.similarity.astype(float), 4).tolist()}
    return image_lists.columns(dataset, edits, found.positions, similarity)


def _choose_features(dataset: Dataset, key: str) -> str:
    titles = visual_search.choices(dataset)
    return st.selectbox(
        "Compare by",
        list(titles),
        format_func=lambda name: titles.get(name, name),
        key=f"search-features-{key}-{dataset.facts.name}",
        help="The features of a pretrained network compare the content of images; those of one of your runs compare "
        "what it has learned to tell apart. Each needs an index, which is built once and kept.",
        width=320,
    )


def _choose_class(dataset: Dataset, key: str) -> int | None:
    names = dataset.facts.classes
    return st.selectbox(
        "Search in",
        [None, *range(len(names))],
        format_func=lambda label: "All classes" if label is None else names[label],
        key=f"search-class-{key}-{dataset.facts.name}",
        width=240,
    )


def _is_built(dataset: Dataset, features: str) -> bool:
    """Whether the index is ready; else its progress, why it failed, or the button that builds it."""
    state = visual_search.state(dataset, features)
    if state.state == "ready":
        return True
    count = len(dataset.y_train) + len(dataset.y_test)
    build = partial(visual_search.start, dataset, features)
    if state.state == "idle" and count <= BUILT_AT_ONCE:
        build()
        state = visual_search.state(dataset, features)
    if state.state == "ready":
        return True
    if state.state == "idle":
        st.caption(
            f"Searching needs an index of the {formatting.count(count, 'image')}. It is built once, in the background, "
            "and kept."
        )
        task_panel.button("Build the search index", build, primary=True)
        return False
    task_panel.show(visual_search.task_of(dataset, features), state, build, "The search index could not be built.")
    return False


def _search(
    dataset: Dataset, edits: Edits, features: str, image: np.ndarray, label: int | None, itself: int | None
) -> visual_search.Found:
    among = None
    if label is not None:
        labels = np.concatenate([edits.applied(dataset.y_train), dataset.y_test])
        among = np.flatnonzero(labels[:, label] > 0 if labels.ndim == 2 else labels == label)
    index = visual_search.open_index(dataset, features)
    found = index.search(visual_search.query_features(features, image), EXPORTED + 1, among=among)
    others = found.positions != (-1 if itself is None else itself)
    return visual_search.Found(found.positions[others][:EXPORTED], found.similarity[others][:EXPORTED])


def show_section(data: str, image: np.ndarray | None, key: str) -> None:
    """A closed section that searches the dataset `data` for images similar to a model input."""
    with st.expander(
        _("Similar images"), key=f"similar-{key}", icon=":material/image_search:", on_change="rerun"
    ) as section:
        if not section.open:
            return
        if image is None:
            st.caption(_("Draw or upload an image first."))
            return
        try:
            dataset = predictions.dataset(data)
        except UserError as error:
            st.caption(plain(str(error)))
            return
        show(dataset, image, key)
