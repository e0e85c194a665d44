"""What pages show about a dataset: its facts in one line, how to get it, and the sizes of its three parts."""

import html
import math
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
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

MOST_NAMED = 12
SPEED = 50
"""Of an ordinary connection in Mbit/s: how long a download takes on it gives an idea."""
PREPARED = "dataset-prepared"
"""Session key of the name of the dataset whose preparation the visitor watches."""


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
        are_grouped = dataset.records.units("train") is not None
        st.html(_bar(training, validation, len(dataset.y_test), are_grouped=are_grouped))
        if text := edits_text(len(dataset.edits.excluded), len(dataset.edits.relabelled)):
            st.caption(text.strip())
    if text := remark(dataset, config, validation):
        st.caption(f":material/info: {text}")
    return True


def _bar(training: int, validation: int, test: int, *, are_grouped: bool) -> str:
    """The three parts of a dataset as one bar, with what each is for."""
    how = _("checked after each epoch, groups kept together") if are_grouped else _("checked after each epoch")
    parts = (
        ("training", training, _("training"), _("it learns from these")),
        ("validation", validation, _("validation"), how),
        ("test", test, _("test"), _("never used to choose anything")),
    )
    bar = "".join(f'<i class="{kind}" style="flex-grow:{count}"></i>' for kind, count, *_texts in parts)
    rows = "".join(
        f'<div class="{kind}"><dt><b>{languages.number(count)}</b> {html.escape(name)}</dt>'
        f"<dd>{html.escape(purpose)}</dd></div>"
        for kind, count, name, purpose in parts
    )
    note = _("{validation} of the {total} training images are set aside for validation.")
    total = languages.number(training + validation)
    note = html.escape(note.format(validation=languages.number(validation), total=total))
    below = f'<p class="split-note">{note}</p>' if validation else ""
    return f'<div class="split"><div class="split-bar" aria-hidden="true">{bar}</div><dl>{rows}</dl>{below}</div>'


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


def state(facts: DatasetInfo) -> str:
    """Whether it is ready, and its size on disk or to download, in a few words."""
    stored = datasets.stored_bytes(facts.name)
    if stored is not None:
        return _("{size} · ✓ ready").format(size=formatting.size(stored))
    if facts.source == "bundled":
        return _("included, ready in seconds")
    if datasets.is_available(facts.name):
        return _("on this machine, to prepare")
    if facts.source == "own":
        return _("damaged")
    if facts.source == "file":
        return _("needs files")
    return _("{size} to download").format(size=formatting.size(facts.megabytes * 1e6))


def numbers(facts: DatasetInfo) -> None:
    """Its size, before it is ready."""
    height, width, channels = facts.shape
    of_images = map(languages.number, facts.counts)
    names = (_("Training images"), _("Test images"))
    metric_row.show(
        (
            *(Number(name, count) for name, count in zip(names, of_images, strict=True)),
            Number(_("Labels") if facts.is_multilabel else _("Classes"), languages.number(facts.num_classes)),
            Number(_("Pixels"), f"{height}×{width}", _("colour") if channels == 3 else _("greyscale")),
        )
    )


def get(facts: DatasetInfo) -> None:
    """What it takes to get a dataset and the button that starts it, its progress, or why it failed."""
    with st.container(key="get-dataset"):  # the style sheet keeps its height while the button becomes the progress
        _get(facts)


def _get(facts: DatasetInfo) -> None:
    state = datasets.fetch_state(facts.name)
    if state.state == "running":
        st.session_state[PREPARED] = facts.name
        _watch(facts.name)
        return
    if state.state == "failed":
        st.error(plain(state.text), icon=":material/cloud_off:")
    if facts.source in ("file", "own") and not datasets.is_available(facts.name):
        st.info(plain(datasets.how_to_get(facts)), icon=":material/folder_open:")
        return
    is_local = datasets.is_available(facts.name)
    if is_local:
        if facts.source == "bundled" and state.state == "idle":
            datasets.start_fetch(facts.name)  # takes only seconds, so it needs no button
            st.rerun()
        label, icon = _("Prepare"), ":material/play_arrow:"
        text = _(
            "It is on this machine already. Preparing it once checks its files and stores the images for the app "
            "({size} on disk). Most datasets take less than a minute."
        )
        text = text.format(size=formatting.size(sum(facts.counts) * math.prod(facts.shape)))
    else:
        size = formatting.size(facts.megabytes * 1e6)
        label, icon = _("Download {size}").format(size=size), ":material/download:"
        text = _(
            "It is downloaded once, checked, and stored for the app: about {time} at {speed} Mbit/s. You can leave "
            "this page meanwhile."
        )
        text = text.format(time=formatting.duration(8 * facts.megabytes / SPEED), speed=SPEED)
    st.markdown(text)
    if st.button(label, key=f"get-{facts.name}", icon=icon, type="primary", width="stretch"):
        datasets.start_fetch(facts.name)
        st.rerun()
    if not is_local:
        files = _(" and ").join(facts.files) or facts.file
        offline = _("Put {files} into the folder set by IMGCLS_DATA. The dataset is then prepared from there.")
        st.caption(_("No internet on this machine?"), help=plain(offline.format(files=files)))


def say_ready(facts: DatasetInfo) -> None:
    """A notice for a visitor who has waited for the dataset."""
    if st.session_state.pop(PREPARED, None) == facts.name:
        text = _("**{title}** is ready: {count} images to look at and train on.")
        text = text.format(title=plain(facts.title), count=languages.number(sum(facts.counts)))
        st.toast(text, icon=":material/celebration:")
