"""The decision threshold of multi-label models: a control that Evaluate and Predict share."""

import streamlit as st

from imgcls.evaluation.metrics.multilabel import THRESHOLD, Threshold
from imgcls.runs.results import ModelCard
from imgcls.ui.app.assignments import fixed_controls

HELP = (
    "A label is predicted if its probability is at least this threshold. A lower threshold finds more labels, with "
    "more false positives. Those chosen on validation maximise the F1 of each label on the validation set; the test "
    "set is not used."
)
HALF, CHOSEN, CUSTOM = "0.5", "Chosen on validation", "Custom"


def chosen(card: ModelCard) -> Threshold:
    """The current value for this model, wherever the control is on the page: one number, or one for each label."""
    choice = st.session_state.get("threshold", _default(card))
    if choice == CUSTOM:
        return float(st.session_state.get("yes-from", THRESHOLD))
    return (card.thresholds or card.threshold) if choice == CHOSEN else THRESHOLD


def _default(card: ModelCard) -> str:
    return CHOSEN if card.thresholds else HALF


def choose(card: ModelCard) -> Threshold:
    """The control for this model, and its value."""
    tuned = ", per label" if card.thresholds else f": {card.threshold:g}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choice = st.segmented_control(
            "Threshold",
            [HALF, CHOSEN, CUSTOM],
            default=_default(card),
            required=True,
            **fixed_controls.keyed("threshold"),
            bind="query-params",
            help=HELP,
            format_func=lambda choice: f"{choice}{tuned}" if choice == CHOSEN else choice,
        )
        if choice == CUSTOM:
            with st.container(width=260):
                given = fixed_controls.keyed("yes-from")
                st.slider("Threshold value", 0.01, 0.99, THRESHOLD, 0.01, bind="query-params", help=HELP, **given)
    return chosen(card)
