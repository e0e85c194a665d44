"""All training images of a dataset, the first thing on the Data page: classes as filters, pages, and a selection."""

import re
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import datasets, languages
from imgcls.datasets import Dataset, DatasetInfo, Edits
from imgcls.errors import DatasetError
from imgcls.languages import gettext as _
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import editing
from imgcls.ui.widgets import pager

PER_PAGE = 36
MOST_CHIPS = 20
LONGEST_GIST = 120


def show(dataset: Dataset) -> None:
    """The sizes of the dataset, the classes, and a page of images in a random order that stays the same."""
    facts, stamp = dataset.facts, datasets.dataset_stamp(dataset.facts.name)
    training, test = (languages.number(len(labels)) for labels in (dataset.y_train, dataset.y_test))
    counts = _("**{training}** training and **{test}** test images.").format(training=training, test=test)
    st.caption(f"{counts} {plain(_gist(facts.text))}".rstrip())
    label = _choose_class(facts)
    rows = _order(facts.name, stamp, label)
    if not len(rows):
        st.info(_("No training images of this class."), icon=":material/search_off:")
        return
    with st.container(key="sample-images"):
        place = st.empty()  # a container without an element would have no room yet, and the pager would move
    below = st.container()
    shown = pager.page_of(rows, PER_PAGE, f"sample-page-{facts.name}-{label}").tolist()
    try:
        edits, can_be_edited = datasets.edits_of(dataset), True
    except DatasetError:  # which the analysis reports
        edits, can_be_edited = Edits(dataset.fingerprint), False
    key = editing.key_of(dataset, shown, "sample") if can_be_edited else ""
    place.html(editing.tiles(dataset, edits, tuple((row,) for row in shown), key, are_numbered=False))
    if can_be_edited:
        with below:
            editing.actions(dataset, edits, shown, key, are_quiet=True)


def _gist(text: str) -> str:
    """What the images are, as one short sentence, from a description whose rest stands below them; "" without one.

    On a phone, that rest is several screens further down.
    """
    first = re.split(r"[:.;](?:\s|$)", text.strip(), maxsplit=1)[0]
    return f"{first}." if first and len(first) <= LONGEST_GIST else ""


def _choose_class(facts: DatasetInfo) -> int | None:
    """The index of a class, or None for all: chips if they fit, else a select box."""
    what, key = _("Label") if facts.is_multilabel else _("Class"), f"sample-class-{facts.name}"
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
        placeholder=_("All classes"),
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
