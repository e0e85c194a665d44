"""Curves of several runs by epoch. Those that differ only in the seed are drawn as their mean with a band."""

from collections.abc import Sequence

import pyarrow as pa
import streamlit as st

from imgcls.charts.theme import literal
from imgcls.errors import UserError
from imgcls.evaluation import repeated_seeds
from imgcls.evaluation.metrics.mean_curve import MeanCurve
from imgcls.runs import Run
from imgcls.runs.annotations import own_metrics
from imgcls.runs.index import setting_names
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import compared_curves
from imgcls.ui.cache.compared_curves import Line, Look, Measure
from imgcls.ui.train import learning_curves
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import figure_download

MEANS, EVERY = CHOICES = "Mean per group", "Every run"
FIT, WHOLE = AXES = "Fit axis", "0–100%"
KEY, METRIC, SMOOTHING, AXIS = "runs-curves", "curves-metric", "curves-smoothing", "curves-axis"
"""The choices, in the session and in the URL."""
BUILT_IN = {
    "Validation loss and accuracy": compared_curves.VALIDATION,
    "Training loss and accuracy": (
        Measure("loss", "loss", "training loss (mean over the epoch)"),
        Measure("accuracy", "accuracy", "training accuracy (%)"),
    ),
    "Learning rate": (Measure("learning_rate", "rate", "learning rate"),),
}
"""Choice -> what is drawn, a chart each."""
BAND = (
    "Lines with a band are means of runs that differ only in the seed, over the epochs that all of them have reached. "
    "Band: mean ± standard deviation (SD); of two runs, minimum to maximum. Runs that lack the metric are left out."
)


def show(selected: list[Run]) -> None:
    """The curves of the selected runs. If some of them are repeated, the means of the groups can be shown instead."""
    chosen = with_curves(selected)
    groups = repeated_seeds.by_setting(chosen)
    if not groups:
        return
    st.header("Curves", anchor=False)
    with st.container(horizontal=True, vertical_alignment="top"):  # so that the labels are in line
        choice = EVERY
        if len(groups) < len(chosen):
            choice = st.segmented_control("Lines", CHOICES, default=MEANS, required=True, key=KEY, bind="query-params")
        measures = _measures(chosen)
        look = _look(any(one.quantity == "accuracy" for one in measures))
    draw(groups if choice == MEANS else [[run] for run in chosen], "compare", measures=measures, look=look)


def _measures(chosen: list[Run]) -> tuple[Measure, ...]:
    """What to draw; the metrics of the user's own code are offered below the others."""
    own = dict.fromkeys(name for run in chosen for name in own_metrics.read(run).series())
    metric = st.selectbox("Metric", [*BUILT_IN, *own], key=METRIC, bind="query-params", width=260)
    return BUILT_IN.get(metric) or (Measure(metric, "own", literal(metric), is_own=True),)


def _look(has_accuracy: bool) -> Look:
    axis = FIT
    if has_accuracy:
        axis = st.segmented_control(
            "Axis of the accuracy", AXES, default=FIT, required=True, key=AXIS, bind="query-params"
        )
    smoothing = st.slider(
        "Smoothing",
        0.0,
        0.98,
        0.0,
        0.02,
        key=SMOOTHING,
        bind="query-params",
        width=160,
        help="Weight of the previous values in the running mean. The table has the values without it.",
    )
    return Look(smoothing, axis == WHOLE)


def with_curves(runs: Sequence[Run]) -> list[Run]:
    """Those that have been trained for a while."""
    return [run for run in runs if (run.folder / "metrics.jsonl").exists()]


def draw(
    groups: list[list[Run]],
    key: str,
    names: Sequence[str] = (),
    *,
    measures: Sequence[Measure] = compared_curves.VALIDATION,
    look: Look = compared_curves.PLAIN,
) -> None:
    """A chart for each of the `measures` with a line for each group, and a table of the means if there are any.

    `names`: of the groups, if they have some.
    """
    lines = [
        Line(name, tuple(compared_curves.key_of(run) for run in group))
        for name, group in zip(names or _names(groups), groups, strict=True)
    ]
    number = formatting.count(sum(map(len, groups)), "run")
    are_means = len(groups) < sum(map(len, groups))
    what = f"{number} in {formatting.count(len(groups), 'group')}" if are_means else number
    with st.grid(2, min_column_width=learning_curves.SIDE_BY_SIDE):
        for measure in measures:
            name = own_metrics.key(measure.column) if measure.is_own else measure.quantity
            st.plotly_chart(
                compared_curves.comparison(tuple(lines), measure, look),
                key=f"{key}-{name}",
                config=figure_download.savable(f"runs-{name}"),
                alt=plain(f"{_title(measure)} of {what} by epoch."),
            )
    if are_means:
        st.caption(BAND)
        _table(groups, lines, measures)


def _title(measure: Measure) -> str:
    """Without the unit: "Validation loss"."""
    title = measure.column if measure.is_own else measure.title.partition(" (")[0]
    return title[:1].upper() + title[1:]


def _names(groups: list[list[Run]]) -> list[str]:
    """What the names of a group's runs have in common, if they have names of their own, or else its settings; a single
    run has its own name."""
    repeated = [group for group in groups if len(group) > 1]
    named = iter(setting_names.of_settings([group[0].config for group in repeated]))
    found = [group[0] for group in groups]
    labels = dict(zip((run.id for run in found), setting_names.distinct_labels(found), strict=True))
    by_setting = [next(named) if len(group) > 1 else labels[group[0].id] for group in groups]
    names = [setting_names.common_name(group) or other for group, other in zip(groups, by_setting, strict=True)]
    if len(set(names)) == len(names):
        return names
    named = iter(setting_names.of_groups(repeated))
    return [next(named) if len(group) > 1 else labels[group[0].id] for group in groups]


def _table(groups: list[list[Run]], lines: list[Line], measures: Sequence[Measure]) -> None:
    """The numbers of the figures, where the lines end."""
    curves = {measure: compared_curves.lines(tuple(lines), measure) for measure in measures}
    columns = {
        "Runs": [line.name for line in lines],
        "Seeds": [_seeds(group) for group in groups],
        "Epochs": pa.array([_last_epoch(curve) for curve in curves[measures[0]]], pa.int64()),
    }
    for measure in measures:
        columns[_title(measure)] = [_end(curve, measure.quantity) for curve in curves[measure]]
    titles = [_title(measure) for measure in measures]
    st.dataframe(
        pa.table(columns),
        hide_index=True,
        placeholder="–",
        column_config={
            "Runs": st.column_config.TextColumn(width="large"),
            "Epochs": st.column_config.NumberColumn(help="The last epoch that all runs of the group have reached."),
            **{title: st.column_config.TextColumn(help="In that epoch.") for title in titles},
        },
        alt=plain(f"{' and '.join(titles)} of each group in the last epoch that all of its runs have reached."),
    )


def _seeds(group: list[Run]) -> str | None:
    try:
        return ", ".join(str(seed) for seed in sorted(run.config.seed for run in group))
    except UserError:
        return None


def _last_epoch(curve: MeanCurve) -> int | None:
    return int(curve.x[-1]) if len(curve.x) else None


def _end(curve: MeanCurve, quantity: str) -> str | None:
    """'91.2% ± 0.4', '0.312 (0.300–0.324)' of two runs, '91.2%' of one, '91.2% (1 of 2 runs)' if others have none."""
    if not len(curve.x):
        return None
    text = curve.text(len(curve.x) - 1, is_percentage=quantity == "accuracy")
    return f"{text} ({curve.count})" if curve.runs < curve.among else text
