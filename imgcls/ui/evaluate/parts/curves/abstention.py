"""Abstention: the model answers only above a confidence threshold. What that gains, and which images it declines."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.charts import scores
from imgcls.evaluation.metrics import calibration
from imgcls.evaluation.metrics.confidence_intervals import Score, wilson
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.selection import Selection
from imgcls.ui.evaluate.parts.images import gallery
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static
from imgcls.ui.widgets.metric_row import Number

NAME = "abstain"
"""The URL parameter: the threshold in percent."""
CONTROL = "abstain-below"
DEFAULT_FRACTION = 0.1
"""By default the threshold declines this fraction of the images."""


def show(view: View) -> None:
    """The threshold, what it costs and gains, and the declined images."""
    key, filters = view.key, view.filters
    selection_state.set_control(CONTROL, _requested(key, filters))
    is_multilabel = isinstance(view.predictions, Decisions)
    below = st.slider(
        "Abstain below this confidence",
        0,
        100,
        key=CONTROL,
        format="%d%%",
        on_change=_follow,
        help="Below this confidence the model answers “I don't know”."
        + (" The confidence of an image is that of its least certain label." if is_multilabel else ""),
    )
    fraction, accuracy = _at(key, filters, below)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.plotly_chart(
            _figure(key, filters, below),
            key=f"answered-{view.run.id}",
            config=figure_download.savable("coverage"),
            alt="Accuracy on the answered images over the fraction of images answered.",
        )
    number = int(view.filtered.sum())
    declined = np.flatnonzero(view.filtered & (view.predictions.confidence < below / 100))
    with right:
        answered = number - len(declined)
        overall = wilson(int(view.predictions.is_right[view.filtered].sum()), number)
        name = "Exact match" if is_multilabel else "Accuracy"
        metric_row.show(
            [
                Number("Answered", formatting.fraction(fraction.value), f"{answered:,} of {number:,} images"),
                Number(
                    f"{name} on answered images",
                    formatting.fraction(accuracy.value) if answered else "–",
                    formatting.interval(accuracy) if answered else "",
                ),
                Number(f"{name} on all images", formatting.fraction(overall.value), formatting.interval(overall)),
            ]
        )
        st.caption(
            "A threshold chosen on these images looks slightly better than it is. Choose it on other images, such as "
            "the validation set."
        )
    st.header("Declined images", anchor=False, help="The model does not answer these.")
    if len(declined):
        correct = int(view.predictions.is_right[declined].sum())
        st.caption(f"{correct:,} of these {len(declined):,} predictions would have been correct.")
        order = declined[np.argsort(view.predictions.confidence[declined], kind="stable")]
        name = f"declined-{view.run.id}-{below}-{hash(view.selection)}"
        gallery.paged(view, order, name, "least confident first")
    else:
        st.caption("None: every image is answered.")


def _requested(key: Key, filters: Selection) -> int:
    text = st.query_params.get(NAME, "")
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 100:
        return int(text)
    return _default(key, filters)


@lru_cache(16)
def _default(key: Key, filters: Selection) -> int:
    return int(100 * np.quantile(_confidence(key, filters)[0], DEFAULT_FRACTION))


def _follow() -> None:
    selection_state.put(**{NAME: str(st.session_state[CONTROL])})


@lru_cache(128)
def _at(key: Key, filters: Selection, below: int) -> tuple[Score, Score]:
    confidence, is_right = _confidence(key, filters)
    return calibration.at_threshold(confidence, is_right, below / 100)


@lru_cache(8)
def _confidence(key: Key, filters: Selection) -> tuple[np.ndarray, np.ndarray]:
    predictions, kept = selection_state.predictions_of(key), selection_state.kept(key, filters)
    return predictions.confidence[kept], predictions.is_right[kept]


@lru_cache(32)
def _figure(key: Key, filters: Selection, below: int) -> StaticFigure:
    fraction, accuracy = _at(key, filters, below)
    line = calibration.abstention_curve(*_confidence(key, filters))
    return static(scores.accuracy_coverage(line, below / 100, float(fraction.value), float(accuracy.value)))
