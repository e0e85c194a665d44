"""Merging or excluding classes, with all scores recomputed from the stored probabilities."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.charts import scores
from imgcls.evaluation.metrics.classification import Report
from imgcls.evaluation.predictions import class_merging
from imgcls.evaluation.predictions.class_merging import GROUPS, ClassMerging
from imgcls.evaluation.selection import Selection
from imgcls.ui.app.errors import plain
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static


def show(view: View) -> None:
    """A collapsed section with its controls and, if classes were merged or excluded, each class before and after."""
    is_changed = view.merging != ClassMerging()
    with st.expander(
        "Merge or exclude classes", key="merging", icon=":material/merge:", on_change="rerun", expanded=is_changed
    ) as section:
        if not section.open:
            return
        st.caption(
            "How would the scores change if classes were merged or removed? Computed from the stored probabilities, "
            "without retraining."
        )
        _controls(view)
        if is_changed:
            _before_and_after(view)


def _controls(view: View) -> None:
    names = view.key.names
    merging, groups = view.merging, selection_state.groups_of(view.run)

    def name_of(one: int) -> str:
        return names[one] if one < len(names) else ""

    if groups:
        selection_state.set_control("merging-groups", merging.by_groups)
        st.toggle(
            f"The {len(groups[0])} groups of the dataset",
            key="merging-groups",
            on_change=_follow_groups,
        )
    if merging.by_groups:
        return
    merged = {one for group in merging.merged for one in group}
    free = [one for one in range(len(names)) if one not in merging.off and one not in merged]
    chosen = st.multiselect(
        "Merge classes",
        free,
        format_func=name_of,
        key=f"merging-merge-{hash(merging)}",
        placeholder="Two or more",
        help="Their probabilities are added; predicting any class of the group counts as correct.",
    )
    with st.container(horizontal=True):
        st.button(
            "Merge",
            icon=":material/merge:",
            disabled=len(chosen) < 2,
            on_click=write,
            args=(replace(merging, merged=(*merging.merged, tuple(sorted(chosen)))),),
        )
        for group in merging.merged:
            others = tuple(other for other in merging.merged if other != group)
            st.button(
                plain(" + ".join(names[one] for one in group)),
                key=f"split-{'.'.join(map(str, group))}",
                icon=":material/call_split:",
                help="Split again.",
                on_click=write,
                args=(replace(merging, merged=others),),
            )
    selection_state.set_control("merging-off", list(merging.off))
    st.multiselect(
        "Exclude classes",
        range(len(names)),
        format_func=name_of,
        key="merging-off",
        on_change=_follow_excluded,
        args=(merging, len(names)),
        placeholder="None",
        help="Removes these classes from the images and from the predictions. At least two classes remain.",
    )


def _follow_groups() -> None:
    selection_state.clear("class", "cell", "area", "off")
    selection_state.put(merge=GROUPS if st.session_state["merging-groups"] else "")


def _follow_excluded(merging: ClassMerging, num_classes: int) -> None:
    wanted = replace(merging, off=tuple(sorted(st.session_state["merging-off"])))
    if wanted.left(num_classes) >= 2:
        write(wanted)


def write(wanted: ClassMerging) -> None:
    """Writes it into the URL and removes filters that name a class by its number, which has changed."""
    selection_state.clear("class", "cell", "area")
    selection_state.put(**{name: wanted.query().get(name, "") for name in class_merging.NAMES})


def _before_and_after(view: View) -> None:
    after = selection_state.report_of(view.key, view.filters)
    before = selection_state.report_of(view.key._replace(merging=ClassMerging()), Selection())
    if not isinstance(after, Report) or not isinstance(before, Report):
        return
    st.markdown(
        f"Accuracy **{formatting.fraction(before.accuracy.value)}** before ({formatting.interval(before.accuracy)}), "
        f"**{formatting.fraction(after.accuracy.value)}** now ({formatting.interval(after.accuracy)}), with "
        f"{len(view.names)} classes instead of {len(view.key.names)}."
    )
    st.plotly_chart(
        _figure(view.key, view.filters),
        key=f"merging-f1-{view.run.id}",
        config=figure_download.savable("merged-classes"),
        alt="F1 of each class now, with its interval, and before.",
    )
    st.caption("F1 of each class with its 95% confidence interval; the vertical mark is the same class before.")


@lru_cache(8)
def _figure(key: Key, filters: Selection) -> StaticFigure:
    now = selection_state.report_of(key, filters)
    whole = selection_state.report_of(key._replace(merging=ClassMerging()), Selection())
    assert isinstance(now, Report) and isinstance(whole, Report)
    _, plan = key.merging.plan(key.names, selection_state.groups_of(key.run))
    score, old_values = now.classes.f1, np.asarray(whole.classes.f1.value)
    value, low, high = (np.asarray(part) for part in (score.value, score.low, score.high))
    before = np.full(len(value), np.nan)
    for new in range(len(before)):
        old = np.flatnonzero(plan == new)
        if len(old) == 1:
            before[new] = old_values[old[0]]
    return static(scores.class_bars(value, low, high, selection_state.predictions_of(key).names, before))
