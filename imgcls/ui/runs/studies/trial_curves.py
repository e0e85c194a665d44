"""The trials that train now, and the learning curves of all trials in one figure."""

import streamlit as st

from imgcls import models
from imgcls.charts import epoch_history
from imgcls.charts.epoch_history import TrialCurve
from imgcls.runs.run import UNDER_WAY
from imgcls.studies import Plan, Trial
from imgcls.ui.app import links
from imgcls.ui.runs.studies import trials_table
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import run_points

MOST_CURVES, MOST_EPOCHS, MOST_NAMED = 50, 200, 4
HELP = (
    "The validation score after each epoch; blue is good, and the star is the best so far. Trials that still train are "
    "dotted; those that ended before their last epoch are grey and dashed, as their scores are not comparable. Click a "
    "point to open its run."
)


def name_running(plan: Plan, trials: list[Trial]) -> None:
    """A line for each trial that trains now, which opens its run: its epoch and latest validation score."""
    running = [trial for trial in trials if trial.state in UNDER_WAY]
    for trial in running[:MOST_NAMED]:
        if st.button(
            _how_far(plan, trial), key=f"running-{trial.number}", type="tertiary", icon=":material/monitoring:"
        ):
            links.go("train.py", run=trial.run.id)
    if len(running) > MOST_NAMED:
        st.caption(f"{len(running) - MOST_NAMED:,} more trials are training.")


def _how_far(plan: Plan, trial: Trial) -> str:
    if not trial.curve:
        return f"Trial {trial.number} is training, no epoch has ended"
    epochs = int(trial.params.get("epochs", plan.base.epochs))
    epochs += models.more_epochs(plan.base.model, plan.base.model_settings)
    score = next((value for value in reversed(trial.curve) if value is not None), None)
    metric = "validation accuracy" if plan.is_higher_better else "validation loss"
    known = "" if score is None else f", {metric} {plan.written(score)}"
    return f"Trial {trial.number} is training: epoch {len(trial.curve)} of {epochs}{known}"


def show(plan: Plan, trials: list[Trial], winner: Trial | None, score: str) -> None:
    """The figure; nothing before the first epoch of the first trial. `score`: what the axis is called."""
    begun = [trial for trial in trials_table.ranked(trials, plan) if any(value is not None for value in trial.curve)]
    if not begun:
        return
    under_way = [trial for trial in begun if trial.is_open]
    shown = [*under_way, *[trial for trial in begun if not trial.is_open][: max(0, MOST_CURVES - len(under_way))]]
    factor = 100 if plan.metric == "val_accuracy" else 1
    st.header("Learning curves", anchor=False, help=HELP)
    curves = [
        TrialCurve(
            trial.run.id,
            trial.number,
            [None if value is None else factor * value for value in trial.curve[:MOST_EPOCHS]],
            trial.is_open,
            winner is not None and trial.number == winner.number,
            "" if trial.is_open or trial.is_complete else formatting.word(trial.state).lower(),
        )
        for trial in shown
    ]
    run_points.show(
        epoch_history.trials(
            [one for one in curves if any(value is not None for value in one.scores)],
            score,
            is_higher_better=plan.is_higher_better,
            is_dark=st.context.theme.type == "dark",
        ),
        key="trial-curves",
        file_name="study-learning-curves",
        alt="Validation score of each trial by epoch.",
    )
    if len(shown) < len(begun):
        st.caption(f"The best {len(shown):,} of {len(begun):,} trials.")
