"""What a page shows about a data set: its facts in a line, how to get it, and the three parts as they will be."""

from contextlib import suppress
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.errors import DatasetError
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.widgets import gallery

SAMPLES = 25
MOST_NAMED = 12


def training_count(facts: DatasetInfo) -> int:
    """Training pictures of the set that are not thrown out, validation included; while not prepared, as published."""
    with suppress(DatasetError):  # a damaged list of changes, which is told beside Start
        return predictions.training_data(facts.name).training_count
    with suppress(DatasetError):
        return len(predictions.dataset(facts.name).y_train)
    return facts.counts[0]


def one_line(facts: DatasetInfo) -> None:
    """Size, classes and kind in one line."""
    height, width, channels = facts.shape
    names = ", ".join(facts.classes[:10]) + (", ..." if facts.num_classes > 10 else "")
    what = "labels, several a picture" if facts.is_multilabel else "classes"
    st.caption(
        f"{facts.num_classes} {what} ({plain(names)}) · {height} x {width} pixels, "
        f"{'colour' if channels == 3 else 'grey'}"
    )


@lru_cache(64)
def samples(name: str, fingerprint: str, page: int) -> str:
    """Some training pictures with their classes, as HTML; another page shows others."""
    dataset = predictions.dataset(name)
    count = len(dataset.y_train)
    chosen = np.random.default_rng(page).choice(count, min(SAMPLES, count), replace=False)
    named = [(i, dataset.facts.named(dataset.y_train[i])) for i in chosen]
    tiles = (gallery.Tile(dataset.x_train[i], f"training picture {i}, {name}", (name,)) for i, name in named)
    drawn = gallery.grid(tiles)
    dataset.release_memory()
    return drawn


def realised_counts(config: Config) -> bool:
    """Shows how many pictures each part will have; False, with the way to get them, while they are not there.

    Raises:
        DatasetError: the wish cannot be met, as with fewer pictures than classes.
    """
    facts = datasets.facts(config.data)
    if not datasets.is_ready(config.data):
        get(facts)
        return False
    dataset = predictions.training_data(config.data)
    if facts.is_multilabel:
        st.caption(_counts_of_labels(config.data, dataset.edits.version, *_asked(config)))
        return True
    training, validation = datasets.split_counts(
        dataset.y_train, config.train_images, config.validation_fraction, facts.num_classes
    )
    st.caption(
        f"**{int(np.sum(training)):,}** pictures to train, **{int(np.sum(validation)):,}** to validate (taken from the "
        f"training pictures, the same share of each class), **{len(dataset.y_test):,}** to test, which choose nothing."
        + changes(len(dataset.edits.excluded), len(dataset.edits.relabelled))
    )
    return True


def _asked(config: Config) -> tuple[int, float, int]:
    return config.train_images, config.validation_fraction, config.seed


@lru_cache(16)
def _counts_of_labels(name: str, state: str, images: int, validation_fraction: float, seed: int) -> str:
    """How many pictures each part will have where a picture may have several labels, and each label in them."""
    dataset = predictions.training_data(name)
    parts = datasets.split(dataset.y_train, images, validation_fraction, seed, dataset.facts.num_classes)
    training, validation = (dataset.facts.counted(dataset.y_train[rows]) for rows in parts)
    each = [
        f"{plain(label)} {learn:,} + {judge:,}"
        for label, learn, judge in zip(dataset.facts.classes, training, validation, strict=True)
    ]
    shown = ", ".join(each[:MOST_NAMED]) + (", ..." if len(each) > MOST_NAMED else "")
    return (
        f"**{len(parts[0]):,}** pictures to train, **{len(parts[1]):,}** to validate (about the same share of each "
        f"label: {shown}), **{len(dataset.y_test):,}** to test, which choose nothing. A picture may have several "
        "labels, so each is learnt on its own, with sigmoid outputs and binary cross-entropy; as accuracy "
        " counts a picture of which all labels are right." + changes(len(dataset.edits.excluded), 0)
    )


def changes(thrown_out: int, relabelled: int) -> str:
    """What a person changed in the data, as a sentence; empty where that is nothing."""
    done = [f"{thrown_out:,} thrown out"] * bool(thrown_out) + [f"{relabelled:,} given another class"] * bool(
        relabelled
    )
    return f" By hand: {' and '.join(done)}." if done else ""


@st.fragment(run_every=0.5)
def _watch(name: str) -> None:
    state = datasets.fetch_state(name)
    if state.state != "running":
        st.rerun()
    st.progress(min(max(state.fraction, 0.0), 1.0), text=plain(state.text))
    if datasets.facts(name).source != "bundled" and st.button("Cancel", key=f"cancel-{name}"):
        datasets.cancel_fetch(name)
        st.rerun()


def get(facts: DatasetInfo) -> None:
    """The button that prepares or fetches a data set, its progress, or why it failed."""
    state = datasets.fetch_state(facts.name)
    if state.state == "running":
        _watch(facts.name)
        return
    if state.state == "failed":
        st.error(plain(state.text), icon=":material/cloud_off:")
    if facts.source in ("file", "own") and not datasets.is_available(facts.name):
        st.info(plain(datasets.how_to_get(facts)), icon=":material/folder_open:")
        return
    if datasets.is_available(facts.name):
        if facts.source == "bundled" and state.state == "idle":
            datasets.start_fetch(facts.name)  # done in seconds: nobody needs to be asked
            st.rerun()
        label = "Prepare"
        st.info(f"{plain(facts.title)} is on this machine; it has to be prepared once.", icon=":material/download:")
    else:
        label = f"Fetch {facts.megabytes:g} MB"
        explained = (
            f"{facts.title} is not on this machine yet. Fetch it from the internet once ({facts.megabytes:g} MB), "
            f"or put {facts.file} into the folder named by IMGCLS_DATA."
        )
        st.info(plain(explained), icon=":material/download:")
    if st.button(label, key=f"get-{facts.name}", icon=":material/download:", type="primary"):
        datasets.start_fetch(facts.name)
        st.rerun()
