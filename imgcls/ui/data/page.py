"""The Data page: a dataset with samples and analysis, or the import of the user's own images."""

import streamlit as st

from imgcls import datasets
from imgcls.datasets import DatasetInfo
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import analysis, custom, dataset_select, summary
from imgcls.ui.data.importing import wizard
from imgcls.ui.widgets import pager
from imgcls.ui.widgets.figures import class_counts

SAMPLE_PAGES = 20


def show() -> None:
    """The import that the URL names, or the chosen dataset."""
    if "new" in st.query_params:
        wizard.show()
    else:
        _dataset()


def _dataset() -> None:
    """The chosen dataset: description, size, sample images and analysis."""
    st.title("Data")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        facts = dataset_select.choose()
        wizard.show_button()
    left, right = st.columns([3, 4], gap="large")
    with left:
        _description(facts)
    if not datasets.is_ready(facts.name):
        with right:
            summary.get(facts)
        return

    dataset = predictions.dataset(facts.name)
    with left:
        st.caption(f"**{len(dataset.y_train):,}** training and **{len(dataset.y_test):,}** test images.")
        if st.button("Train a model on this dataset", type="primary", icon=":material/model_training:"):
            links.train(data=facts.name)
    with right:
        page = pager.page_number(SAMPLE_PAGES, "sample-page")
        st.html(summary.samples(facts.name, datasets.dataset_stamp(facts.name), page))
    with left:
        counts = predictions.class_counts(facts.name, dataset.fingerprint)
        st.html(class_counts.bars(counts, facts.classes))
        analysis.imbalance(dataset, counts["training"])
    with errors.shown():
        analysis.show(dataset)


def _description(facts: DatasetInfo) -> None:
    st.markdown(plain(facts.text))
    summary.one_line(facts)
    if facts.coarse:
        with st.expander("Groups of classes", icon=":material/account_tree:", key="coarse"):
            for number, group in enumerate(facts.coarse):
                members = [name for name, of in zip(facts.classes, facts.coarse_of, strict=True) if of == number]
                st.caption(f"**{plain(group)}**: {plain(', '.join(members))}")
    for name, reason in facts.avoid.items():
        st.caption(f":material/info: {name.capitalize()}: {plain(reason)}")
    if facts.source == "own":
        custom.show(facts.name)
