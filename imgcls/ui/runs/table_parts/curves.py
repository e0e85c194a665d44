"""Validation curves of several runs. Those that differ only in the seed are drawn as their mean with a band."""

from collections.abc import Sequence

import pyarrow as pa
import streamlit as st

from imgcls.errors import UserError
from imgcls.evaluation import repeated_seeds
from imgcls.evaluation.metrics.mean_curve import MeanCurve
from imgcls.runs import Run
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.cache.curves import Line
from imgcls.ui.train import learning_curves
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import figure_download

MEANS, EVERY = CHOICES = "Mean per group", "Every run"
KEY = "runs-curves"
"""The choice, in the session and in the URL."""
QUANTITIES = ("loss", "accuracy")
BAND = (
    "Lines with a band are means of runs that differ only in the seed, over the epochs that all of them have reached. "
    "Band: mean ± standard deviation (SD); of two runs, minimum to maximum."
)


def show(selected: list[Run]) -> None:
    """The curves of the selected runs. If some of them are repeated, the means of the groups can be shown instead."""
    chosen = with_curves(selected)
    groups = repeated_seeds.by_setting(chosen)
    if not groups:
        return
    choice = EVERY
    if len(groups) < len(chosen):
        choice = st.segmented_control(
            "Curves", CHOICES, default=MEANS, required=True, key=KEY, bind="query-params", label_visibility="collapsed"
        )
    draw(groups if choice == MEANS else [[run] for run in chosen], "compare")


def with_curves(runs: Sequence[Run]) -> list[Run]:
    """Those that have been trained for a while."""
    return [run for run in runs if (run.folder / "metrics.jsonl").exists()]


def draw(groups: list[list[Run]], key: str, names: Sequence[str] = ()) -> None:
    """A line for each group, and a table of the means if there are any. `names`: of the groups, if they have some."""
    lines = [
        Line(name, tuple(cached_curves.key_of(run) for run in group))
        for name, group in zip(names or _names(groups), groups, strict=True)
    ]
    number = formatting.count(sum(map(len, groups)), "run")
    are_means = len(groups) < sum(map(len, groups))
    what = f"{number} in {formatting.count(len(groups), 'group')}" if are_means else number
    with st.grid(2, min_column_width=learning_curves.SIDE_BY_SIDE):
        for quantity in QUANTITIES:
            st.plotly_chart(
                cached_curves.comparison(tuple(lines), quantity),
                key=f"{key}-{quantity}",
                config=figure_download.savable(f"runs-{quantity}"),
                alt=f"Validation {quantity} of {what} by epoch.",
            )
    if are_means:
        st.caption(BAND)
        _table(groups, lines)


def _names(groups: list[list[Run]]) -> list[str]:
    """The settings of a group; a single run has its own name."""
    named = iter(repeated_seeds.setting_names([group[0].config for group in groups if len(group) > 1]))
    return [next(named) if len(group) > 1 else group[0].label for group in groups]


def _table(groups: list[list[Run]], lines: list[Line]) -> None:
    """The numbers of the figures, where the lines end."""
    curves = {quantity: cached_curves.lines(tuple(lines), quantity) for quantity in QUANTITIES}
    columns = {
        "Runs": [line.name for line in lines],
        "Seeds": [_seeds(group) for group in groups],
        "Epochs": pa.array([_last_epoch(curve) for curve in curves["loss"]], pa.int64()),
    }
    for quantity in QUANTITIES:
        columns[f"Validation {quantity}"] = [_end(curve, quantity) for curve in curves[quantity]]
    st.dataframe(
        pa.table(columns),
        hide_index=True,
        placeholder="–",
        column_config={
            "Runs": st.column_config.TextColumn(width="large"),
            "Epochs": st.column_config.NumberColumn(help="The last epoch that all runs of the group have reached."),
            **{f"Validation {one}": st.column_config.TextColumn(help="In that epoch.") for one in QUANTITIES},
        },
        alt="Validation loss and accuracy of each group in the last epoch that all of its runs have reached.",
    )


def _seeds(group: list[Run]) -> str | None:
    try:
        return ", ".join(str(seed) for seed in sorted(run.config.seed for run in group))
    except UserError:
        return None


def _last_epoch(curve: MeanCurve) -> int | None:
    return int(curve.x[-1]) if len(curve.x) else None


def _end(curve: MeanCurve, quantity: str) -> str | None:
    """'91.2% ± 0.4', '0.312 (0.300–0.324)' of two runs, '91.2%' of one."""
    if not len(curve.x):
        return None
    return curve.text(len(curve.x) - 1, is_percentage=quantity == "accuracy")
