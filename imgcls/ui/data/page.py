"""The Data page: a dataset with samples and analysis, or the import of the user's own images."""

import numpy as np
import streamlit as st

from imgcls import datasets, languages
from imgcls.datasets import DatasetInfo
from imgcls.languages import gettext as _
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import analysis, custom, dataset_select, golden_set, images, summary
from imgcls.ui.data.importing import wizard
from imgcls.ui.widgets.figures import class_counts


def show() -> None:
    """The import that the URL names, or the chosen dataset."""
    if "new" in st.query_params:
        wizard.show()
    else:
        _dataset()


def _dataset() -> None:
    """The chosen dataset: its images, then what is known about it, then the analysis."""
    with st.container(horizontal=True, vertical_alignment="center", key="page-head"):
        st.title(_("Data"), width="content")
        facts = dataset_select.choose(is_compact=True)
        wizard.show_button()
        can_train = facts is not None and datasets.is_ready(facts.name)
        train = _("Train a model on this dataset")
        if facts and can_train and st.button(train, type="primary", icon=":material/model_training:"):
            links.train(data=facts.name)
    if facts is None:
        dataset_select.say_lost(is_compact=True)
        return
    if not can_train:
        with st.container(key="not-ready"):
            left, right = st.columns([5, 8], gap="large")
        with left:
            with st.container(border=True, key="get-card"):
                summary.numbers(facts)
                summary.get(facts)
            _description(facts, facts.text)
        with right:
            images.preview(facts)
        golden_set.show(facts.name)
        return

    summary.say_ready(facts)
    dataset = predictions.dataset(facts.name)
    images.show(dataset)
    with st.container(key="about-data"):
        left, right = st.columns([3, 4], gap="large")
    with left:
        _description(facts, images.rest(facts.text))
    with right:
        counts = predictions.class_counts(facts.name, dataset.fingerprint)
        _counts(facts, counts)
        analysis.imbalance(dataset, counts["training"])
    golden_set.show(facts.name)
    with errors.shown():
        analysis.show(dataset)


def _counts(facts: DatasetInfo, counts: dict[str, np.ndarray]) -> None:
    """The images per class: a sentence if there are as many of each, with the chart one click away."""
    bars = class_counts.bars(counts, facts.classes)
    training, test = (np.unique(numbers) for numbers in (counts["training"], counts["test"]))
    if len(training) > 1 or len(test) > 1 or facts.is_multilabel:
        st.html(bars)
        return
    text = _("**Balanced**: {training} training and {test} test images per class.")
    st.markdown(text.format(training=languages.number(int(training[0])), test=languages.number(int(test[0]))))
    with st.expander(_("Images per class as a chart"), icon=":material/bar_chart:", key="class-counts"):
        st.html(bars)


def _description(facts: DatasetInfo, text: str) -> None:
    if text:
        st.markdown(plain(text))
    summary.one_line(facts)
    if facts.coarse:
        with st.expander(_("Groups of classes"), icon=":material/account_tree:", key="coarse"):
            for number, group in enumerate(facts.coarse):
                members = [name for name, of in zip(facts.classes, facts.coarse_of, strict=True) if of == number]
                st.caption(f"**{plain(group)}**: {plain(', '.join(members))}")
    if facts.avoid:
        heading = _("If you augment, that is, also train on changed copies of the images:")
        st.caption(f"**{heading}**")
    for name, reason in facts.avoid.items():
        st.caption(f":material/info: {name.capitalize()}: {plain(reason)}")
    if facts.source == "own":
        custom.show(facts.name)
