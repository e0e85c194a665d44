"""All training images of a dataset, the first thing on the Data page: classes as filters, and pages."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.datasets import Dataset, DatasetInfo
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.widgets import gallery, pager

PER_PAGE = 36
MOST_CHIPS = 20


def show(dataset: Dataset) -> None:
    """The sizes of the dataset, the classes, and a page of images in a random order that stays the same."""
    facts, stamp = dataset.facts, datasets.dataset_stamp(dataset.facts.name)
    st.caption(f"**{len(dataset.y_train):,}** training and **{len(dataset.y_test):,}** test images.")
    label = _choose_class(facts)
    rows = _order(facts.name, stamp, label)
    if not len(rows):
        st.info("No training images of this class.", icon=":material/search_off:")
        return
    with st.container(key="sample-images"):
        place = st.empty()  # a container without an element would have no room yet, and the pager would move
    shown = pager.page_of(rows, PER_PAGE, f"sample-page-{facts.name}-{label}")
    place.html(_tiles(facts.name, stamp, tuple(shown.tolist())))


def _choose_class(facts: DatasetInfo) -> int | None:
    """The index of a class, or None for all: chips if they fit, else a select box."""
    what, key = "Label" if facts.is_multilabel else "Class", f"sample-class-{facts.name}"
    classes = range(facts.num_classes)
    if facts.num_classes <= MOST_CHIPS:
        return st.pills(
            what, classes, format_func=lambda one: plain(facts.classes[one]), key=key, label_visibility="collapsed"
        )
    return st.selectbox(
        what,
        classes,
        index=None,
        format_func=lambda one: facts.classes[one],
        key=key,
        placeholder="All classes",
        label_visibility="collapsed",
        width=320,
    )


@lru_cache(32)
def _order(name: str, stamp: tuple, label: int | None) -> np.ndarray:
    """The rows of the training images of a class, or of all, shuffled: neighbours in a file are often alike."""
    dataset = predictions.dataset(name)
    rows = np.arange(len(dataset.y_train))
    if label is not None:
        labels = np.asarray(dataset.y_train)
        rows = np.flatnonzero(labels[:, label] > 0 if dataset.facts.is_multilabel else labels == label)
    return np.random.default_rng(0).permutation(rows)


@lru_cache(64)
def _tiles(name: str, stamp: tuple, rows: tuple[int, ...]) -> str:
    dataset = predictions.dataset(name)
    named = [(row, dataset.facts.named(dataset.y_train[row]), dataset.records.name("train", row)) for row in rows]
    html = gallery.grid(
        gallery.Tile(dataset.x_train[row], f"training image #{row}: {text}", (text,), file=file)
        for row, text, file in named
    )
    dataset.release_memory()
    return html
