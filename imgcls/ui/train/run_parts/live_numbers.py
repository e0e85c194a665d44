"""The numbers of a run while it trains, and a sentence on the difference between its two accuracies."""

import math

import streamlit as st

from imgcls import languages
from imgcls.evaluation.metrics.percent import percentages
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs.metrics_log import ENDING, Curves
from imgcls.runs.run import Run
from imgcls.ui.app.assignments import attempt
from imgcls.ui.train.run_parts import beginning
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

ABOVE_TRAINING = N_(
    "Validation can be above training: training accuracy is the mean over an epoch in which the model was still "
    "improving, with dropout and augmentation on; validation is measured afterwards, without them."
)
BELOW_TRAINING = N_(
    "Validation is {points} points below training: the model knows its training images better than new ones. A gap "
    "that keeps growing is overfitting."
)


def show(run: Run, curves: Curves, state: str, is_stopping: bool) -> None:
    """The row of numbers. Both accuracies are of the last full epoch, once there is one."""
    last = curves.epochs[-1] if curves.epochs else {}
    newest = curves.batches[-1] if curves.batches else {}
    best = curves.best or {}
    is_training = state == "running" and not is_stopping and curves.phase not in ENDING
    left = curves.seconds_left if is_training else None
    is_last = curves.stage_end >= curves.total_epochs
    hint = "" if not is_training else _("if all epochs run") if is_last else _("known once fine-tuning starts")
    rate = languages.number(round(curves.images_per_second)) if curves.batches else "–"
    training, validation = _("Training accuracy"), _("Validation accuracy")
    if curves.plan.get("several"):
        training, validation = _("Training accuracy (all labels)"), _("Validation accuracy (all labels)")
    numbers = metric_row.markup(
        (
            Number(
                training,
                formatting.fraction((last or newest).get("accuracy")),
                _("mean of the last full epoch") if last else _("mean of recent batches"),
            ),
            Number(
                validation,
                formatting.fraction(last.get("val_accuracy")),
                beginning.since(run, curves),
                _(ABOVE_TRAINING),
            ),
            Number(_("Best epoch"), str(best.get("epoch", "–")), _("its weights are kept")),
            Number(*(attempt.goal_in_numbers(run) or (_("Images per second"), rate, _("while training")))),
            Number(_("Time left"), formatting.duration(left), hint),
        )
    )
    st.html(beginning.over(numbers, run, curves))


def gap(curves: Curves) -> str:
    """One line on why the two accuracies differ; before both are known, on what an epoch is."""
    if not curves.epochs:
        return _(beginning.EPOCH)
    last = curves.epochs[-1]
    training, validation = (_points(last.get(name)) for name in ("accuracy", "val_accuracy"))
    if training is None or validation is None:
        return ""
    if training <= validation:
        return _(ABOVE_TRAINING)
    return _(BELOW_TRAINING).format(points=f"{training - validation:.1f}")


def _points(share: float | None) -> float | None:
    """In percent as the row of numbers shows it, so that the difference is the one that a reader would compute."""
    return None if share is None or not math.isfinite(share) else round(float(percentages(share)), 1)
