"""The figures of a study. A click on a point opens its run."""

from typing import Any

import pyarrow as pa
import streamlit as st

from imgcls.charts import studies as figures
from imgcls.charts.compared import parallel_coordinates
from imgcls.charts.studies import Point
from imgcls.languages import percentage
from imgcls.studies import Plan, Study, Trial, by_value, energy, more_trials, proposals
from imgcls.studies.space import Between, Listed
from imgcls.ui.runs.studies import brushing, trial_curves, words
from imgcls.ui.runs.table_columns import is_phone
from imgcls.ui.widgets.figures import figure_download, run_points

LEAST = 2
"""Trials with a score that a figure needs."""
MOST_SLICES, LEAST_DIFFERENCE = 12, 1e-3


def show(study: Study, plan: Plan, trials: list[Trial], winner: Trial | None) -> None:
    """All figures but the progress; with fewer than two scores only the learning curves."""
    used, points = energy.read(study.folder), _points(study, plan, trials, winner)
    score = "validation accuracy, %" if plan.metric == "val_accuracy" else "validation loss"
    better = plan.is_higher_better
    vary = {words.of(plan, name): domain for name, domain in plan.vary.items()}
    logarithmic = [name for name, domain in vary.items() if isinstance(domain, Between) and domain.is_log]
    ends = {name: (domain.low, domain.high) for name, domain in vary.items() if isinstance(domain, Between)}
    listed = [name for name, domain in vary.items() if isinstance(domain, Listed)]
    if len(points) < LEAST:
        trial_curves.show(plan, trials, winner, score)
        return
    left, right = st.columns(2, gap="large")
    with left:
        trial_curves.show(plan, trials, winner, score)
    with right:
        _importances(plan, trials)
    st.header(
        "Settings and score",
        anchor=False,
        help="One line per trial, from its settings to its score, in the colour of its score; the winner is thick. "
        "Click a point to open its run; drag a box over "
        "a part of an axis to see only the trials through it, here and in the table, and again to narrow them down.",
    )
    chosen = brushing.chosen(study)
    figure = parallel_coordinates.figure(
        points,
        logarithmic,
        score,
        is_higher_better=better,
        listed=listed,
        ends=ends,
        is_dark=st.context.theme.type == "dark",
        chosen=chosen,
    )
    alt = "Parallel coordinates: the settings and the score of each trial. The table of trials below has the same."
    about: dict[str, Any] = {"key": "parallel", "file_name": "study-parallel-coordinates", "alt": alt}
    if is_phone():  # there, dragging scrolls the page
        run_points.show(figure, **about)
    else:
        brushing.choose(study, run_points.show_brushed(figure, **about))
    if listed:
        st.caption("Lines that share a value of a list lie side by side in the grey bar of the value.")
    brushing.say(study, len(points))  # below, so that the figure stays under the pointer
    if len(points) > parallel_coordinates.MOST_LINES:
        st.caption(f"The best {parallel_coordinates.MOST_LINES:,} of {len(points):,} trials.")
    with st.grid(3, min_column_width=300):
        for name in list(vary)[:MOST_SLICES]:
            figure = figures.slices(
                points, name, score, is_log=name in logarithmic, is_listed=name in listed, ends=ends.get(name)
            )
            run_points.show(
                figure,
                key=f"slice-{name}",
                file_name=f"study-slice-{name.replace(' ', '-')}",
                alt=f"Score against {name}.",
            )
    costs = [("seconds", "training time, s"), ("parameters", "parameters")]
    if used.joules:
        costs.append(("watt_hours", f"energy, Wh ({used.source})"))
    costs = [cost for cost in costs if _varies([getattr(point, cost[0]) for point in points])]
    if not costs:
        return
    st.header("What does accuracy cost?" if better else "What does a lower loss cost?", anchor=False)
    with st.grid(2, min_column_width=340):
        for quantity, title in costs:
            figure = figures.pareto(points, quantity, title, score, is_higher_better=better)
            run_points.show(
                figure,
                key=f"pareto-{quantity}",
                file_name=f"study-pareto-{quantity}",
                alt=f"Score against {title}, with the Pareto front.",
            )


def progress(study: Study, plan: Plan, trials: list[Trial], winner: Trial | None) -> None:
    """The score of each trial, and the best so far; nothing before the first score."""
    points = _points(study, plan, trials, winner)
    if not points:
        return
    score = "validation accuracy, %" if plan.metric == "val_accuracy" else "validation loss"
    st.header("Progress", anchor=False, help="The star is the winner. Click a point to open its run.")
    run_points.show(
        figures.history(points, score, is_higher_better=plan.is_higher_better),
        key="history",
        file_name="study-history",
        alt="Score of each trial.",
    )


def _points(study: Study, plan: Plan, trials: list[Trial], winner: Trial | None) -> list[Point]:
    """The trials with a score."""
    watts = energy.read(study.folder).watts / plan.parallel
    return [
        _point(trial, plan, watts, is_winner=winner is not None and trial.number == winner.number)
        for trial in trials
        if trial.value is not None and set(trial.params) >= set(plan.vary)
    ]


def _varies(costs: list[float | None]) -> bool:
    """Whether trials differ in what they cost, by more than a thousandth; otherwise their axis says nothing."""
    known = [cost for cost in costs if cost is not None]
    return bool(known) and max(known) - min(known) > LEAST_DIFFERENCE * max(known)


def _importances(plan: Plan, trials: list[Trial]) -> None:
    st.header(
        "Importance of settings",
        anchor=False,
        help="How much each setting explains whether a trial is among the better ones (PED-ANOVA, Watanabe et al. "
        "2023). It says nothing about settings that were not varied. With few trials, chance decides which are among "
        "the better ones, so a table of the scores by value is shown instead. Trials that stopped early do not count.",
    )
    shares = proposals.importances(plan, trials)
    if shares:
        st.plotly_chart(
            figures.importances({words.of(plan, name): share for name, share in shares.items()}),
            key="importances",
            config=figure_download.savable("study-importances"),
            alt="Importance of each varied setting.",
        )
        return
    st.caption(_why_no_importances(plan, trials))
    rows = by_value.scores(plan, trials)
    is_accuracy = plan.metric == "val_accuracy"
    shown = (lambda score: percentage(score)) if is_accuracy else float
    unit = " (%)" if is_accuracy else ""
    number = st.column_config.NumberColumn(format="%.1f" if is_accuracy else "%.4f")
    st.dataframe(
        pa.table(
            {
                "Setting": [words.of(plan, row.setting) for row in rows],
                "Values": [row.values for row in rows],
                "Trials": [row.trials for row in rows],
                f"Mean{unit}": [shown(row.mean) for row in rows],
                f"Best{unit}": [shown(row.best) for row in rows],
            }
        ),
        hide_index=True,
        key="by-value",
        column_config={f"Mean{unit}": number, f"Best{unit}": number},
        alt="Mean and best validation score by the values of each setting.",
    )


def _why_no_importances(plan: Plan, trials: list[Trial]) -> str:
    """Why the table stands in for the importances, and what is missing."""
    instead = "Meanwhile, the scores by value:"
    if not proposals.is_installed():
        return f'Importances need the package optuna: pip install "imgcls[search]". {instead}'
    if missing := more_trials.missing_for_importances(plan, trials):
        return (
            f"Importances need {proposals.STARTUP_TRIALS} complete trials; {missing} more "
            f"{'is' if missing == 1 else 'are'} missing."
        )
    return f"All complete trials have the same score, so no setting explains a difference. {instead}"


def _point(trial: Trial, plan: Plan, watts: float, *, is_winner: bool) -> Point:
    """`watts`: the mean power of the study for each of its parallel trials, as single processes are not measured."""
    result = trial.result or {}
    seconds = result.get("seconds")
    value = trial.value or 0.0
    return Point(
        trial.run.id,
        trial.number,
        100 * value if plan.metric == "val_accuracy" else value,
        {words.of(plan, name): value for name, value in trial.params.items()},
        trial.state == "stopped",
        result.get("training_seconds"),
        result.get("parameters"),
        seconds * watts / 3600 if watts and seconds else None,
        is_winner,
        plan.written(value),
    )
