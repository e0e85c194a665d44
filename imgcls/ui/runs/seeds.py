"""Runs that were repeated with several seeds: their scores as dots with mean and interval, and a paired comparison."""

from collections.abc import Iterable

import pyarrow as pa
import streamlit as st

from imgcls import languages
from imgcls.charts.compared import run_scatter as figures
from imgcls.errors import RunError
from imgcls.evaluation import repeated_seeds
from imgcls.evaluation.metrics.percent import interval
from imgcls.evaluation.repeated_seeds import Group
from imgcls.runs import Run
from imgcls.runs.index import setting_names
from imgcls.ui.app.errors import plain
from imgcls.ui.runs.table_parts import curves
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import run_points

MOST_GROUPS = 12
LEAST_SEEDS = 2
"""Of each of two settings that are compared."""
TEST = (
    "A paired t test in which seeds and test images are crossed random effects (Dorfman, Berbaum and Metz 1992; "
    "Hillis 2007). Both settings are compared with the same seeds and on the same images, so the effects of an easy "
    "image or a lucky split on both cancel out. A test over images alone, such as McNemar's, would mistake one lucky "
    "run for a better setting; a t test over the seeds' scores alone would ignore that other test images could have "
    "been drawn."
)


def show(only: Iterable[str]) -> None:
    """The section; nothing if none of the runs with these IDs, those in the table, was repeated."""
    groups = _ordered(repeated_seeds.groups(repeated_seeds.newest(MOST_GROUPS, only))[:MOST_GROUPS])
    if not groups:
        return
    st.header(
        "Repeated seeds",
        anchor=False,
        help="Runs with the same settings and data that differ only in the seed, which decides initial weights, order, "
        "augmentation and validation split. Diamonds are means with 95% confidence intervals over seeds (Student's t). "
        "Follows the search and the filters above.",
    )
    names = setting_names.of_groups([group.runs for group in groups])
    run_points.show(
        figures.seed_groups(
            names,
            [group.accuracies for group in groups],
            [group.mean() for group in groups],
            [[run.id for run in group.runs] for group in groups],
        ),
        key="seed-groups",
        file_name="repeated-seeds",
        alt="Test accuracy of each run by setting, with mean and 95% confidence interval.",
    )
    _table(groups, names)
    with st.expander("Learning curves", icon=":material/show_chart:", key="seed-curves", on_change="rerun") as section:
        if section.open:
            _curves(groups, names)
    if len(groups) > 1:
        _compare(groups, names)


def _ordered(groups: list[Group]) -> list[Group]:
    """Those on the same dataset together, the best first, so that the two that are compared at first are worth it."""
    data = list(dict.fromkeys(group.config.data for group in groups))
    return sorted(groups, key=lambda group: (data.index(group.config.data), -group.mean().value))


def _table(groups: list[Group], names: list[str]) -> None:
    """The numbers of the figure."""
    means = [group.mean() for group in groups]
    st.dataframe(
        pa.table(
            {
                "Setting": names,
                "Seeds": [len(group.runs) for group in groups],
                "Mean test (%)": [languages.percentage(mean.value) for mean in means],
                "95% CI": [interval(mean.low, mean.high) for mean in means],
                "Standard deviation (points)": [100 * group.deviation for group in groups],
            }
        ),
        hide_index=True,
        column_config={
            "Mean test (%)": st.column_config.NumberColumn(format="%.1f"),
            "Standard deviation (points)": st.column_config.NumberColumn(format="%.2f"),
        },
        alt="Mean and standard deviation over seeds of each setting.",
    )


def _curves(groups: list[Group], names: list[str]) -> None:
    """The mean curves of the groups; nothing of imported runs, which have none."""
    found = [(name, curves.with_curves(group.runs)) for name, group in zip(names, groups, strict=True)]
    found = [(name, runs) for name, runs in found if runs]
    if found:
        curves.draw([runs for _, runs in found], "seed-curves", [name for name, _ in found])


def warn(selected: list[Run]) -> None:
    """A warning if two selected runs differ only in the seed, or by less than such runs."""
    if len(selected) == 2 and (
        found := repeated_seeds.caution(selected[0], selected[1], repeated_seeds.newest(MOST_GROUPS))
    ):
        st.warning(plain(found.sentence), icon=":material/casino:")


def _compare(groups: list[Group], names: list[str]) -> None:
    """Two settings, paired over seeds and images."""
    with st.container(horizontal=True):
        first = st.selectbox("Compare A", names, key="seeds-a", bind="query-params")
        second = st.selectbox("with B", names, index=1, key="seeds-b", bind="query-params")
    if first == second:
        st.caption("Choose two different settings.")
        return
    _say(*(groups[names.index(one)] for one in (first, second)))


def two_groups(selected: list[Run]) -> list[Group]:
    """The selected runs as two settings that were trained with several seeds each; empty if they are anything else."""
    if len(selected) < 2 * LEAST_SEEDS or not all(run.is_tested for run in selected):
        return []
    found = repeated_seeds.groups(selected, least=1)
    return found if len(found) == 2 and all(len(one.runs) >= LEAST_SEEDS for one in found) else []


@st.dialog("Which is better?", width="large")
def ask(groups: list[Group]) -> None:
    """Compares two settings that were trained with several seeds."""
    names = setting_names.of_groups([group.runs for group in groups])
    for letter, group, name in zip("AB", groups, names, strict=True):
        st.markdown(f"**{letter}**: {plain(name)}, {formatting.count(len(group.runs), 'seed')}")
    _say(*groups)
    _table(groups, names)


def _say(first: Group, second: Group) -> None:
    """Whether A or B is better, in a sentence."""
    try:
        found = repeated_seeds.compare(first, second)
    except RunError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    st.markdown(f"**{plain(formatting.with_minus(found.sentence('A', 'B')))}**", help=TEST)
