"""Can its probabilities be taken at their word? The reliability diagram, and a temperature fitted on validation."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.charts import scores
from imgcls.errors import UserError
from imgcls.evaluation import validation_predictions as making
from imgcls.evaluation.class_merging import Surgery
from imgcls.evaluation.metrics import calibration, classification
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.runs import Run, validation_predictions
from imgcls.ui.app import errors
from imgcls.ui.evaluate.parts import selection_state
from imgcls.ui.evaluate.parts.selection_state import Looked
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.metric_row import Number
from imgcls.ui.widgets.metric_row import show as show_numbers
from imgcls.ui.widgets.static_figure import StaticFigure, static

EXPLAINED = (
    "Answers are sorted by how sure the model was. Of those that it was 80% sure of, 80% should be right: then its "
    "point lies on the dotted line. Below the line it was too sure of itself."
)
ERROR = "Expected calibration error: how far, on average, the share of right answers is from what the model said."


def show(looked: Looked) -> None:
    """The diagram, the error before and after, and where the temperature comes from."""
    key, selected = looked.key, looked.selection.narrowed
    temperature = _fitted(looked.run)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("**Reliability**", help=EXPLAINED)
        st.plotly_chart(
            _figure(key, selected, None if temperature is None else temperature.value),
            key=f"reliability-{looked.run.id}",
            config={"displayModeBar": False},
            alt="Share of right answers over how sure the model was.",
        )
    with right:
        before = _measured(key, selected, 1.0)
        shown = _numbers("before", *before)
        if temperature is not None:
            shown += _numbers("after", *_measured(key, selected, temperature.value))
        show_numbers(shown)
        if temperature is None:
            _offer(looked.run)
        else:
            st.markdown(_sentence(temperature))
            st.caption(
                f"Fitted on {formatting.count(_count(looked.run), 'validation picture')}, judged here on test pictures. "
                "Answers and accuracy stay as they are: only how sure they sound changes."
            )


def _numbers(when: str, error: Score, loss: Score) -> list[Number]:
    return [
        Number(f"ECE {when}", f"{100 * error.value:.2f}%", formatting.interval(error), ERROR),
        Number(
            f"Cross-entropy {when}",
            f"{loss.value:.3f}",
            formatting.interval(loss, as_fraction=False),
            "In nats; smaller is better. A temperature that suits the model lowers it.",
        ),
    ]


def _sentence(temperature: Score) -> str:
    said = f"Temperature **{temperature.value:.2f}** ({temperature.low:.2f} to {temperature.high:.2f}): "
    if temperature.low > 1:
        return said + "the model was too sure of itself, and is made less so."
    if temperature.high < 1:
        return said + "the model was not sure enough, and is made surer."
    return said + "the model's certainty is about right as it is."


def _offer(run: Run) -> None:
    st.info(
        "This run kept no answers to validation pictures, so no temperature can be fitted. The test pictures must "
        "not choose it.",
        icon=":material/info:",
    )
    if st.button(
        "Answer validation pictures",
        icon=":material/thermostat:",
        help=f"Asks the model about at most {validation_predictions.MOST:,} of them, which takes seconds.",
    ):
        with errors.shown():
            with st.spinner("Asking the model ..."):
                making.make(run)
            st.rerun()


def _fitted(run: Run) -> Score | None:
    """The temperature, or None where there are no validation answers. A damaged file says so on the page."""
    stamp = run.stamp(validation_predictions.NAME, "model.json")
    if not stamp[0]:
        return None
    try:
        return _temperature(run, stamp)
    except UserError as error:
        errors.show(error)
        return None


@lru_cache(32)
def _temperature(run: Run, stamp: tuple) -> Score:
    found = validation_predictions.read(run)
    return calibration.temperature(found.probabilities, found.labels)


def _count(run: Run) -> int:
    return _counted(run, run.stamp(validation_predictions.NAME))


@lru_cache(32)
def _counted(run: Run, stamp: tuple) -> int:
    return len(validation_predictions.read(run).labels)


@lru_cache(16)
def _predictions(key: tuple, selected, temperature: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Certainty, whether right, and the losses of what is left, at a temperature. Surgery comes after it."""
    run, stamp, names, _ = key
    left = selection_state.kept(key, selected)
    predictions = selection_state.predictions_of(key)
    if temperature != 1.0:
        whole = selection_state.predictions_of((run, stamp, names, Surgery()))
        heated = type(whole)(
            whole.names, calibration.scaled(whole.probabilities, temperature), whole.labels, whole.indices
        )
        predictions = heated.after(key[3], selection_state.groups_of(run))
    is_right = predictions.predicted[left] == predictions.labels[left]
    return (
        predictions.confidence[left],
        is_right,
        classification.losses(predictions.probabilities[left], predictions.labels[left]),
    )


@lru_cache(16)
def _measured(key: tuple, selected, temperature: float) -> tuple[Score, Score]:
    confidence, is_right, losses = _predictions(key, selected, temperature)
    return calibration.reliability(confidence, is_right).error, classification.mean_interval(losses)


@lru_cache(16)
def _figure(key: tuple, selected, temperature: float | None) -> StaticFigure:
    bins = [
        calibration.reliability(*_predictions(key, selected, heat)[:2])
        for heat in ([1.0] if temperature is None else [1.0, temperature])
    ]
    return static(scores.reliability(*bins))
