"""The score of a run under one corruption of one strength, in words: what the small curves only show."""

import streamlit as st

from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS
from imgcls.evaluation.robustness.evaluate import Robustness
from imgcls.ui.widgets import formatting


def show(found: Robustness, name: str, strength: int) -> None:
    """One sentence, beside the score on the original images. Lessons mark it."""
    score = wilson(int(found.right(name)[strength - 1].sum()), len(found.indices))
    metric = "exact match" if found.is_multilabel else "accuracy"
    with st.container(key="robustness-score"):
        st.markdown(
            f"**{formatting.fraction(score.value)}** {metric} at strength {strength} "
            f"({CORRUPTIONS[name].amount(strength)}), {formatting.interval(score)}. On the original images: "
            f"{formatting.fraction(float(found.clean_right.mean()))}."
        )
