"""The controls of an import that decide how to hold out a test set, and what a split must not divide."""

from typing import Any

import streamlit as st

from imgcls.datasets.importing import Preview
from imgcls.datasets.importing.splits.holdout import FRACTION, FRACTIONS, Holdout
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting


def show(import_id: str, preview: Preview) -> dict[str, Any]:
    """The controls; returns the settings of `ImportSettings` that they choose."""
    has_test = any(test for _, _, test, _ in preview.counts)
    values: dict[str, Any] = {}
    place = st.container()
    with st.expander("Split", icon=":material/call_split:", key=f"split-{import_id}"):
        if not has_test:
            low, high = FRACTIONS
            values["test_fraction"] = st.slider(
                "Test fraction",
                low,
                high,
                FRACTION,
                0.05,
                key=f"fraction-{import_id}",
                help="The fraction of the images that is held out as the test set and never used for training.",
            )
            values["split_seed"] = st.number_input(
                "Seed",
                0,
                2**31 - 1,
                key=f"seed-{import_id}",
                help="A different seed holds out different images; the same seed always holds out the same ones.",
            )
            values["stratified"] = st.toggle(
                "Stratified",
                value=True,
                key=f"stratified-{import_id}",
                help="Each class has the same proportion in the training and test sets.",
            )
        if preview.groups:
            values["keep_groups"] = st.toggle(
                "Keep groups together",
                value=True,
                key=f"groups-{import_id}",
                help="The images of a group are in the same split, so that the model is tested on groups that it has "
                "never seen. Switch this off only if each class has a single group.",
            )
        values["link_duplicates"] = st.toggle(
            "Keep near duplicates together",
            key=f"near-{import_id}",
            help="Finds images that look alike, such as photos taken in a burst or frames of a video, and keeps them "
            "in the same split. Otherwise a model is tested on images much like those it has seen. Adds a few seconds.",
        )
    with place:
        if preview.groups:
            divide = "never" if values["keep_groups"] else "may"
            st.caption(
                f":material/group_work: {formatting.count(preview.groups, 'group')} of images, such as "
                f"{plain(preview.group_example)}. Splits {divide} divide a group; Evaluate shows the accuracy of each."
            )
        if not has_test:
            how = Holdout(values["test_fraction"], values["split_seed"], values["stratified"])
            has_units = values.get("keep_groups", False) or values["link_duplicates"]
            st.caption(how.sentence(is_multilabel=preview.is_multilabel, has_groups=has_units))
    return values
