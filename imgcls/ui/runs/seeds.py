"""Runs that were repeated with several seeds: their scores as dots with mean and interval, and a paired comparison."""

import contextlib

import streamlit as st

from imgcls import runs
from imgcls.charts import studies as figures
from imgcls.config import differences
from imgcls.errors import RunError
from imgcls.evaluation import repeated_seeds
from imgcls.evaluation.repeated_seeds import Group
from imgcls.runs import Run, store
from imgcls.runs.index import query
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import figure_download

MOST_GROUPS = 12
TEST = (
    "A paired t test in which seeds and test images are crossed random effects (Dorfman, Berbaum and Metz 1992; Hillis "
    "2007). Both settings are compared with the same seeds and on the same images, so what an easy image or a lucky "
    "split does to both cancels. A test over images alone, such as McNemar's, would take one lucky training for a "
    "better setting; a t test over the seeds' scores alone would ignore that other test images could have been drawn."
)


def show() -> None:
    """The section; nothing if no run was repeated."""
    groups = repeated_seeds.groups(_repeated())[:MOST_GROUPS]
    if not groups:
        return
    st.header(
        "Repeated seeds",
        anchor=False,
        help="Runs with the same settings and data that differ only in the seed, which decides initial weights, order, "
        "augmentation and validation split. Diamonds are means with 95% confidence intervals over seeds (Student's t).",
    )
    names = _names(groups)
    event = st.plotly_chart(
        figures.seed_groups(
            names,
            [group.accuracies for group in groups],
            [group.mean() for group in groups],
            [[run.id for run in group.runs] for group in groups],
        ),
        key="seed-groups",
        on_select="rerun",
        selection_mode="points",
        config=figure_download.savable("repeated-seeds"),
        alt="Test accuracy of each run by setting, with mean and 95% confidence interval.",
    )
    points = event.selection.points
    if points and (run_id := points[0].get("customdata")):
        links.go("train.py", run=run_id if isinstance(run_id, str) else run_id[0])
    for name, group in zip(names, groups, strict=True):
        mean = group.mean()
        st.caption(
            plain(
                f"{name}: {formatting.fraction(mean.value)} ({formatting.interval(mean)}) over {len(group.runs)} "
                f"seeds, standard deviation {100 * group.deviation:.2f} points."
            )
        )
    if len(groups) > 1:
        _compare(groups, names)


def warn(selected: list[Run]) -> None:
    """A warning if two selected runs differ by less than runs that differ only in the seed."""
    if len(selected) == 2 and (text := repeated_seeds.warning(selected[0], selected[1], _repeated())):
        st.warning(plain(text), icon=":material/casino:")


def _repeated() -> list[Run]:
    """The runs of the newest groups; reading every run would take seconds among thousands."""
    found = []
    for run_id in query.repeated(MOST_GROUPS):
        with contextlib.suppress(RunError):  # deleted meanwhile, or another visitor's
            found.append(runs.find(run_id))
    return found


def _names(groups: list[Group]) -> list[str]:
    """A name for each setting: model and dataset, and what distinguishes it from the others."""
    changed = differences([group.config for group in groups]) if len(groups) > 1 else {}
    names = []
    for index, group in enumerate(groups):
        own = [
            f"{setting.replace('_', ' ')} {values[index]:g}"
            if isinstance(values[index], float)
            else f"{setting.replace('_', ' ')} {values[index]}"
            for setting, values in changed.items()
            if setting not in ("data", "model") and values[index] != ""
        ]
        names.append(", ".join([store.default_label(group.config), *own[:3]]))
    return names


def _compare(groups: list[Group], names: list[str]) -> None:
    """Two settings, paired over seeds and images."""
    options = list(range(len(groups)))
    with st.container(horizontal=True):
        first = st.selectbox("Compare A", options, format_func=names.__getitem__, key="seeds-a")
        second = st.selectbox("with B", options, index=1, format_func=names.__getitem__, key="seeds-b")
    if first == second:
        st.caption("Choose two different settings.")
        return
    try:
        found = repeated_seeds.compare(groups[first], groups[second])
    except RunError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    st.markdown(f"**{plain(found.sentence('A', 'B'))}**", help=TEST)
