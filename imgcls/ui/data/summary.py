"""What pages show about a dataset: its facts in one line, how to get it, and the sizes of its three parts."""

from contextlib import suppress
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import datasets, languages
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.datasets.splitting.training_split import Split, remark
from imgcls.errors import DatasetError
from imgcls.languages import gettext as _
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions

MOST_NAMED = 12


def training_count(facts: DatasetInfo) -> int:
    """Training images that are not excluded, including validation; if not prepared, as published."""
    with suppress(DatasetError):  # damaged edits, which are reported next to Start
        return predictions.training_data(facts.name).training_count
    with suppress(DatasetError):
        return len(predictions.dataset(facts.name).y_train)
    return facts.counts[0]


def one_line(facts: DatasetInfo) -> None:
    """Size, classes and kind in one line."""
    height, width, channels = facts.shape
    names = ", ".join(facts.classes[:10]) + (", …" if facts.num_classes > 10 else "")
    text = _("{count} classes ({names}) · {height}×{width} pixels, {colours}")
    if facts.is_multilabel:
        text = _("{count} labels ({names}) · {height}×{width} pixels, {colours} · multi-label")
    colours = _("colour") if channels == 3 else _("greyscale")
    st.caption(text.format(count=facts.num_classes, names=plain(names), height=height, width=width, colours=colours))


def realised_counts(config: Config) -> bool:
    """Shows the sizes of the three parts; False, with the way to get the dataset, if it is not ready.

    Raises:
        DatasetError: the settings cannot be met, for example with fewer images than classes.
    """
    facts = datasets.facts(config.data)
    if not datasets.is_ready(config.data):
        get(facts)
        return False
    dataset = predictions.training_data(config.data)
    # The trainer's own split: nothing else knows how groups divide the images.
    parts = _parts(config.data, dataset.edits.version, Split.of(config))
    training, validation = (len(rows) for rows in parts)
    if facts.is_multilabel:
        st.caption(_counts_of_labels(config.data, dataset.edits.version, Split.of(config)))
    else:
        how = _("the same fraction of each class")
        if dataset.records.units("train") is not None:
            how = _("from the training images, keeping groups together")
        text = _(
            "**{training}** training, **{validation}** validation ({how}) and **{test}** test images. The test set is "
            "never used to choose anything."
        )
        counts = (languages.number(count) for count in (training, validation, len(dataset.y_test)))
        st.caption(
            text.format(how=how, **dict(zip(("training", "validation", "test"), counts, strict=True)))
            + edits_text(len(dataset.edits.excluded), len(dataset.edits.relabelled))
        )
    if text := remark(dataset, config, validation):
        st.caption(f":material/info: {text}")
    return True


@lru_cache(16)
def _parts(name: str, state: str, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the training and validation images."""
    return datasets.training_split(predictions.training_data(name), split)


@lru_cache(16)
def _counts_of_labels(name: str, state: str, split: Split) -> str:
    """The sizes of the parts of a multi-label dataset, and of each label in them."""
    dataset, parts = predictions.training_data(name), _parts(name, state, split)
    training, validation = (dataset.facts.counted(dataset.y_train[rows]) for rows in parts)
    each = [
        f"{plain(label)} {train:,} + {valid:,}"
        for label, train, valid in zip(dataset.facts.classes, training, validation, strict=True)
    ]
    shown = ", ".join(each[:MOST_NAMED]) + (", …" if len(each) > MOST_NAMED else "")
    return (
        f"**{len(parts[0]):,}** training, **{len(parts[1]):,}** validation (the same fraction of each label; images "
        f"per label: {shown}) and **{len(dataset.y_test):,}** test images. The test set is never used to choose "
        "anything. The dataset is multi-label, so every label is learned separately, with sigmoid outputs and binary "
        "cross-entropy. Accuracy counts images with all labels correct." + edits_text(len(dataset.edits.excluded), 0)
    )


def edits_text(excluded: int, relabelled: int) -> str:
    """The edits of a dataset as a sentence; empty if there are none."""
    parts = []
    if excluded:
        parts.append(f"{excluded:,} excluded")
    if relabelled:
        parts.append(f"{relabelled:,} relabelled")
    return f" Your edits: {', '.join(parts)}." if parts else ""


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
    """The button that prepares or downloads a dataset, its progress, or why it failed."""
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
            datasets.start_fetch(facts.name)  # takes only seconds, so it needs no button
            st.rerun()
        label = "Prepare"
        st.info(
            f"{plain(facts.title)} is on this machine. It needs a one-time preparation: its files are read and "
            "checked, and the images are stored for the app. Most datasets take less than a minute.",
            icon=":material/download:",
        )
    else:
        label = f"Download {facts.megabytes:g} MB"
        explained = (
            f"{facts.title} is not on this machine yet. Download it once ({facts.megabytes:g} MB), or put "
            f"{' and '.join(facts.files) or facts.file} into the folder set by IMGCLS_DATA."
        )
        st.info(plain(explained), icon=":material/download:")
    if st.button(label, key=f"get-{facts.name}", icon=":material/download:", type="primary"):
        datasets.start_fetch(facts.name)
        st.rerun()
