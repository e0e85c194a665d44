"""The dial "I don't know": the model answers only when it is sure enough. What is gained, and what is declined."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.charts import scores
from imgcls.evaluation.metrics import calibration
from imgcls.ui.evaluate.parts import gallery, selection_state
from imgcls.ui.evaluate.parts.selection_state import Looked
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.metric_row import Number
from imgcls.ui.widgets.metric_row import show as show_numbers
from imgcls.ui.widgets.static_figure import StaticFigure, static

NAME = "decline"
USUAL_FRACTION = 0.1
"""Without a word in the URL the dial stands where this share of the pictures is declined."""


def show(looked: Looked) -> None:
    """The dial, what it costs and brings, and the pictures that are declined."""
    key, selected = looked.key, looked.selection.narrowed
    selection_state.shown("decline-below", _asked(key, selected))
    below = st.slider(
        "Answer only when at least so sure",
        0,
        100,
        key="decline-below",
        format="%d %%",
        on_change=_follow,
        help="Below this probability the model says that it does not know.",
    )
    fraction, right = _at(key, selected, below)
    left, rest = st.columns([3, 2], gap="large")
    with left:
        st.plotly_chart(
            _figure(key, selected, below),
            key=f"answered-{looked.run.id}",
            config={"displayModeBar": False},
            alt="Accuracy of the answers that are given, over the share that is answered.",
        )
    number = int(looked.left.sum())
    declined = np.flatnonzero(looked.left & (looked.predictions.confidence < below / 100))
    with rest:
        given = number - len(declined)
        shown = [
            Number("Answered", formatting.fraction(fraction.value), f"{given:,} of {number:,} pictures"),
            Number(
                "Right of these",
                formatting.fraction(right.value) if given else "–",
                formatting.interval(right) if given else "",
            ),
            Number(
                "Right of all",
                formatting.fraction(looked.report.accuracy.value),
                formatting.interval(looked.report.accuracy),
            ),
        ]
        show_numbers(shown)
        st.caption(
            "A threshold that is chosen by these pictures looks a little better than it is: choose it before, or by "
            "other pictures."
        )
    st.subheader("Declined", anchor=False, help="It does not answer these. How many would have been right?")
    if len(declined):
        would = int((looked.predictions.predicted[declined] == looked.predictions.labels[declined]).sum())
        st.caption(f"{would:,} of these {len(declined):,} answers would have been right.")
        order = declined[np.argsort(looked.predictions.confidence[declined], kind="stable")]
        gallery.pages(
            looked, order, f"declined-{looked.run.id}-{below}-{hash(looked.selection)}", "the least certain first"
        )
    else:
        st.caption("None: every picture is answered.")


def _asked(key: tuple, selected) -> int:
    text = st.query_params.get(NAME, "")
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 100:
        return int(text)
    return _usual(key, selected)


@lru_cache(16)
def _usual(key: tuple, selected) -> int:
    return int(100 * np.quantile(_of(key, selected)[0], USUAL_FRACTION))


def _follow() -> None:
    selection_state.put(**{NAME: str(st.session_state["decline-below"])})


@lru_cache(128)
def _at(key: tuple, selected, below: int):
    confidence, is_right = _of(key, selected)
    return calibration.at_threshold(confidence, is_right, below / 100)


@lru_cache(8)
def _of(key: tuple, selected) -> tuple[np.ndarray, np.ndarray]:
    predictions, left = selection_state.predictions_of(key), selection_state.kept(key, selected)
    return predictions.confidence[left], predictions.predicted[left] == predictions.labels[left]


@lru_cache(32)
def _figure(key: tuple, selected, below: int) -> StaticFigure:
    fraction, right = _at(key, selected, below)
    line = calibration.abstention_curve(*_of(key, selected))
    return static(scores.answered(line, below / 100, float(fraction.value), float(right.value)))
