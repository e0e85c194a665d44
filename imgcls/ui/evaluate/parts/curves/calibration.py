"""Can the probabilities be trusted? A reliability diagram, and a temperature fitted on validation images.

Multi-label: each label decision counts on its own, over all labels or for one of them.
"""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.charts import scores
from imgcls.errors import UserError
from imgcls.evaluation.metrics import calibration, classification
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.predictions import Predictions, validation_set
from imgcls.evaluation.predictions.class_merging import ClassMerging
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.selection import Selection
from imgcls.runs import Run
from imgcls.runs.predictions import validation_predictions
from imgcls.ui.app import errors
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static
from imgcls.ui.widgets.metric_row import Number

SINGLE = (
    "Reliability diagram: predictions are binned by confidence. In a calibrated model, 80% of the predictions made "
    "with 80% confidence are correct (dotted line). Points below the line mean overconfidence."
)
MULTI = (
    "Reliability diagram: label decisions are binned by probability. In a calibrated model, 80% of the images for "
    "which a label has a probability of 80% have that label (dotted line). Points below the line mean that the "
    "probability is too high."
)
ECE = "The mean difference between probability and observed frequency: 5% means that the confidence is 5 points off."


def show(view: View) -> None:
    """The diagram, the error before and after scaling, and the fitted temperature."""
    key, filters = view.key, view.filters
    temperature = _fitted(view.run)
    heats = (1.0,) if temperature is None else (1.0, float(temperature.value))
    is_multilabel = isinstance(view.predictions, Decisions)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("**Reliability**", help=MULTI if is_multilabel else SINGLE)
        st.caption("Good: the points lie on the dotted line, so 80% confidence means that 80% are correct.")
        label = _choose_label(view) if is_multilabel else None
        st.plotly_chart(
            _figure(key, filters, heats, label),
            key=f"reliability-{view.run.id}",
            config=figure_download.savable("reliability"),
            alt="Observed frequency over predicted probability.",
        )
    with right:
        is_scaled = temperature is not None
        spelled_out = "Expected calibration error (ECE)"
        numbers = _numbers(spelled_out, " before scaling" if is_scaled else "", *_measured(key, filters, 1.0, label))
        if is_scaled:
            numbers += _numbers("ECE", " after scaling", *_measured(key, filters, heats[-1], label))
        metric_row.show(numbers)
        if temperature is None:
            _offer(view.run)
        else:
            st.markdown(_sentence(temperature))
            kept = "Predictions at threshold 0.5" if is_multilabel else "Predictions"
            st.caption(
                f"Fitted on {formatting.count(_count(view.run), 'validation image')}, evaluated here on test images. "
                f"{kept} and accuracy do not change, only the probabilities."
            )


def _choose_label(view: View) -> int | None:
    names = view.names
    return st.selectbox(
        "Label",
        [None, *range(len(names))],
        format_func=lambda label: "All labels" if label is None else names[label],
        key=f"reliability-of-{view.run.id}",
    )


def _numbers(name: str, when: str, error: Score, loss: Score) -> list[Number]:
    return [
        Number(f"{name}{when}", formatting.fraction(error.value, 2), formatting.interval(error), ECE),
        Number(
            f"Cross-entropy{when}",
            f"{loss.value:.3f}",
            formatting.interval(loss, as_fraction=False),
            "How surprised the model is by the true classes, in nats, the unit of natural logarithms; lower is better. "
            "A well-fitted temperature lowers it.",
        ),
    ]


def _sentence(temperature: Score) -> str:
    value = f"Temperature **{temperature.value:.2f}** ({temperature.low:.2f} to {temperature.high:.2f}): "
    if temperature.low > 1:
        return value + "the model is overconfident; temperature scaling softens its probabilities."
    if temperature.high < 1:
        return value + "the model is underconfident; temperature scaling sharpens its probabilities."
    return value + "the model is well calibrated as it is."


def _offer(run: Run) -> None:
    st.info(
        "This run has no predictions for its validation images, so no temperature can be fitted. It must not be fitted "
        "on test images.",
        icon=":material/info:",
    )
    if st.button(
        "Predict validation images",
        icon=":material/thermostat:",
        help=f"Runs the model on at most {validation_predictions.MOST:,} validation images. Takes a few seconds.",
    ):
        with errors.shown():
            with st.spinner("Predicting the validation images …"):
                validation_set.make(run)
            st.rerun()


def _fitted(run: Run) -> Score | None:
    """The temperature, or None if there are no validation predictions. A damaged file is reported on the page."""
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
    assert found is not None  # the stamp says that the file exists
    if run.card.is_multilabel:
        return calibration.temperature(_two_classes(found.probabilities), found.labels.ravel().astype(int))
    return calibration.temperature(found.probabilities, found.labels)


def _count(run: Run) -> int:
    return _counted(run, run.stamp(validation_predictions.NAME))


@lru_cache(32)
def _counted(run: Run, stamp: tuple) -> int:
    found = validation_predictions.read(run)
    return 0 if found is None else len(found.labels)


def _two_classes(probabilities: np.ndarray) -> np.ndarray:
    """Label decisions as a problem of two classes, "no" and "yes": (n, labels) -> (n × labels, 2).

    A temperature of these divides the logit of each label, as log p - log(1 - p) is that logit.
    """
    flat = probabilities.ravel()
    return np.stack([1 - flat, flat], 1)


@lru_cache(16)
def _outcomes(
    key: Key, filters: Selection, heat: float, label: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, whether they came true, and losses of the filtered images, at a temperature.

    Classes are merged after the temperature is applied.
    """
    kept, predictions = selection_state.kept(key, filters), selection_state.predictions_of(key)
    if isinstance(predictions, Decisions):
        columns = slice(None) if label is None else slice(label, label + 1)
        probabilities = predictions.probabilities[kept][:, columns]
        truth = predictions.labels[kept][:, columns].ravel()
        pairs = _two_classes(probabilities)
        pairs = pairs if heat == 1.0 else calibration.scaled(pairs, heat)
        return pairs[:, 1], truth, classification.losses(pairs, truth.astype(int))
    if heat != 1.0:
        whole = selection_state.predictions_of(key._replace(merging=ClassMerging()))
        scaled = Predictions(whole.names, calibration.scaled(whole.probabilities, heat), whole.labels, whole.indices)
        predictions = scaled.after(key.merging, selection_state.groups_of(key.run))
    return (
        predictions.confidence[kept],
        predictions.is_right[kept],
        classification.losses(predictions.probabilities[kept], predictions.labels[kept]),
    )


@lru_cache(16)
def _measured(key: Key, filters: Selection, heat: float, label: int | None) -> tuple[Score, Score]:
    probability, came_true, losses = _outcomes(key, filters, heat, label)
    return calibration.reliability(probability, came_true).error, classification.mean_interval(losses)


@lru_cache(16)
def _figure(key: Key, filters: Selection, heats: tuple[float, ...], label: int | None) -> StaticFigure:
    lines = [calibration.reliability(*_outcomes(key, filters, heat, label)[:2]) for heat in heats]
    if key.threshold is None:
        return static(scores.reliability(*lines))
    return static(
        scores.reliability(*lines, x="Predicted probability, %", y="Images with the label, %", noun="label decision")
    )
