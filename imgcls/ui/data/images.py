"""The training images of a dataset, the first thing on the Data page: classes as filters, pages, and a selection."""

import html
import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls import datasets, languages, runs
from imgcls.datasets import Dataset, DatasetInfo, Edits
from imgcls.errors import DatasetError, UserError
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import editing
from imgcls.ui.widgets import formatting, gallery, pager

PER_PAGE = 36
MOST_CHIPS = 20
LONGEST_GIST = 120
PREVIEWED = 12
"""Sample images of a dataset that is not prepared yet."""


def show(dataset: Dataset) -> None:
    """The sizes of the dataset, the classes, and a page of images in a random order that stays the same."""
    facts, stamp = dataset.facts, datasets.dataset_stamp(dataset.facts.name)
    training, test = (languages.number(len(labels)) for labels in (dataset.y_train, dataset.y_test))
    counts = _("**{training}** training and **{test}** test images, {size} on disk.")
    size = formatting.size(datasets.stored_bytes(facts.name) or 0)
    meaning = _(
        "A network learns from the training images. The test images are held back: they show how well it does on "
        "images that it has never seen."
    )
    text = f"{counts.format(training=training, test=test, size=size)} {plain(_gist(facts.text))}"
    with st.container(key="data-line"):
        st.caption(text.rstrip(), help=meaning)
    label = _choose_class(facts)
    rows = _order(facts.name, stamp, label)
    if not len(rows):
        st.info(_("No training images of this class."), icon=":material/search_off:")
        return
    with st.container(key="sample-images"):
        place = st.empty()  # a container without an element would have no room yet, and the pager would move
    below = st.container(key="sample-selection")
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


def preview(facts: DatasetInfo) -> None:
    """Samples of a dataset that is not prepared: test images that an included model keeps with its predictions, or
    those of a bundled dataset that has some of its images. Without any, its classes."""
    run = next((one for one in runs.all_runs() if one.is_example and one.config.data == facts.name), None)
    tiles: list[gallery.Tile] = []
    if run is not None:
        with suppress(UserError):  # a damaged run, which the pages about runs report
            tiles = _kept(str(run.folder), predictions.predictions_stamp(run))
    elif facts.samples_in:
        with suppress(UserError):  # it is not prepared either
            tiles = _of_dataset(facts.samples_in, predictions.dataset(facts.samples_in).fingerprint)
    if tiles:
        with st.container(key="sample-preview"):
            st.html(gallery.grid(tiles))
        return
    st.html(_classes(facts))
    text = _("Sample images appear here once the dataset is ready.")
    st.caption(f":material/photo_library: {text}")


def _classes(facts: DatasetInfo) -> str:
    """What the images look like, in words, and the names of all classes where images will be."""
    heading = _("What the images show: {count} classes")
    if facts.is_multilabel:
        heading = _("What the images show: {count} labels")
    heading = heading.format(count=languages.number(facts.num_classes))
    hues = (360 * place / facts.num_classes for place in range(facts.num_classes))
    names = "".join(
        f'<li style="--hue:{hue:.1f}">{html.escape(name)}</li>' for hue, name in zip(hues, facts.classes, strict=True)
    )
    few = " few" if facts.num_classes <= PREVIEWED else ""
    text = _("In colour, {height}×{width} pixels.") if facts.shape[2] == 3 else _("Grey, {height}×{width} pixels.")
    looks = html.escape(f"{text.format(height=facts.shape[0], width=facts.shape[1])} {facts.looks}")
    return f'<div class="class-names{few}"><strong>{html.escape(heading)}</strong><p>{looks}</p><ul>{names}</ul></div>'


@lru_cache(8)
def _of_dataset(name: str, fingerprint: str) -> list[gallery.Tile]:
    """Tiles of test images of a prepared dataset, one of each class first."""
    dataset = predictions.dataset(name)
    rows = [np.flatnonzero(dataset.y_test == label) for label in range(dataset.facts.num_classes)]
    order = [turn[number] for number in range(PREVIEWED) for turn in rows if number < len(turn)][:PREVIEWED]
    names = [dataset.facts.named(dataset.y_test[row]) for row in order]
    return [
        gallery.Tile(np.asarray(dataset.x_test[row]), _("test image, {name}").format(name=name), (name,))
        for row, name in zip(order, names, strict=True)
    ]


@lru_cache(8)
def _kept(folder: str, stamp: tuple) -> list[gallery.Tile]:
    """Tiles of test images, one of each class first, those that are recognised before others.

    Raises:
        UserError: the run cannot be read.
    """
    tested = predictions.single_label_predictions(Run(Path(folder)))
    rows = tested.row_of[tested.indices]
    usable = np.flatnonzero(rows >= 0)
    usable = usable[np.argsort(~tested.is_right[usable], kind="stable")]
    kept = [usable[tested.labels[usable] == label] for label in range(len(tested.names))]
    order = [turn[number] for number in range(PREVIEWED) for turn in kept if number < len(turn)][:PREVIEWED]
    names = [tested.names[int(tested.labels[at])] for at in order]
    return [
        gallery.Tile(tested.images[rows[at]], _("test image, {name}").format(name=name), (name,))
        for at, name in zip(order, names, strict=True)
    ]


def _gist(text: str) -> str:
    """What the images are, as one short sentence, from a description whose rest stands below them; "" without one.

    On a phone, that rest is several screens further down.
    """
    first = re.split(r"[:.;](?:\s|$)", text.strip(), maxsplit=1)[0]
    return f"{first}." if first and len(first) <= LONGEST_GIST else ""


def rest(text: str) -> str:
    """A description without what is above the images; what follows a colon there begins with a capital letter."""
    text, gist = text.strip(), _gist(text)
    left = text[len(gist) :].strip() if gist and text.startswith(gist[:-1]) else text
    return left[:1].upper() + left[1:]


def _choose_class(facts: DatasetInfo) -> int | None:
    """The index of a class, or None for all: chips if they fit, else a select box."""
    what = _("Show only images with the label") if facts.is_multilabel else _("Show only images of the class")
    key = f"sample-class-{facts.name}"
    classes = range(facts.num_classes)
    if facts.num_classes <= MOST_CHIPS:
        return st.pills(what, classes, format_func=lambda one: plain(facts.classes[one]), key=key)
    return st.selectbox(
        what,
        classes,
        index=None,
        format_func=lambda one: facts.classes[one],
        key=key,
        placeholder=_("All classes"),
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
