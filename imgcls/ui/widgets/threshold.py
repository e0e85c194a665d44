"""From which probability on a label is said to be there: a control that Evaluate and Predict share."""

import streamlit as st

from imgcls.evaluation.metrics.multilabel import THRESHOLD
from imgcls.runs.results import ModelCard

HELP = (
    "A label is said to be on a picture from this probability on. A lower one finds more and is wrong more often. The "
    "one that was chosen on validation gives the best mean of the labels' F1 there; no test picture took part."
)
HALF, CHOSEN, OTHER = "0.5", "Chosen on validation", "Another"


def chosen(card: ModelCard) -> float:
    """The value that the control has for a model with these card, wherever it stands on the page."""
    way = st.session_state.get("threshold", HALF)
    if way == OTHER:
        return float(st.session_state.get("yes-from", THRESHOLD))
    return card.threshold if way == CHOSEN else THRESHOLD


def choose(card: ModelCard) -> float:
    """The control for a model with these card (model.json), and its value."""
    found = card.threshold
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.segmented_control(
            "Threshold",
            [HALF, CHOSEN, OTHER],
            default=HALF,
            required=True,
            key="threshold",
            bind="query-params",
            help=HELP,
            format_func=lambda way: f"{way}: {found:g}" if way == CHOSEN else way,
        )
        if way == OTHER:
            with st.container(width=260):
                st.slider("Yes from", 0.01, 0.99, THRESHOLD, 0.01, key="yes-from", bind="query-params", help=HELP)
    return chosen(card)
