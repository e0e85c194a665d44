"""The score of a run under one corruption of one strength, in words: what the small curves only show."""

import streamlit as st

from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS
from imgcls.evaluation.robustness.evaluate import Robustness
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting

OFTEN, TIMES = 0.3, 2.0
"""A class attracts corrupted images if it is predicted for this fraction, and so many times as often as it occurs."""


def show(found: Robustness, names: tuple[str, ...], name: str, strength: int) -> None:
    """The score beside that on the original images, and whether one class attracts the others. Lessons mark it."""
    score = wilson(int(found.right(name)[strength - 1].sum()), len(found.indices))
    metric = "exact match" if found.is_multilabel else "accuracy"
    with st.container(key="robustness-score"):
        st.markdown(
            f"**{formatting.fraction(score.value)}** {metric} at strength {strength} "
            f"({CORRUPTIONS[name].amount(strength)}), {formatting.interval(score)}. On the original images: "
            f"{formatting.fraction(float(found.clean_right.mean()))}." + _attracted(found, names, name, strength)
        )


def _attracted(found: Robustness, names: tuple[str, ...], name: str, strength: int) -> str:
    """A sentence about the class as which most images are predicted: its own row rises under a corruption."""
    if found.is_multilabel:
        return ""
    label, predicted, true = found.favourite(name, strength)
    if predicted < OFTEN or predicted < TIMES * true:
        return ""
    return (
        f" With {name} like this, {formatting.fraction(predicted)} of all images are predicted as "
        f"**{plain(names[label])}**, whatever they show; {formatting.fraction(true)} belong to it. That alone keeps "
        "its own accuracy high."
    )
