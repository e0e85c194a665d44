"""Class surgery: classes merged or switched off, with all scores counted anew from the stored probabilities."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.charts import scores
from imgcls.evaluation import class_merging
from imgcls.evaluation.class_merging import GROUPS, Surgery
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.ui.app.errors import plain
from imgcls.ui.evaluate.parts import selection_state
from imgcls.ui.evaluate.parts.selection_state import Looked
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.static_figure import StaticFigure, static


def show(looked: Looked) -> None:
    """A closed section with its controls and, where anything was operated on, each class before and after."""
    operated = looked.surgery != Surgery()
    with st.expander(
        "Class surgery", key="surgery", icon=":material/cut:", on_change="rerun", expanded=operated
    ) as section:
        if not section.open:
            return
        st.caption(
            "What would the scores be if some classes were one, or were not there? Counted from the stored "
            "probabilities; nothing is trained."
        )
        _controls(looked)
        if operated:
            _before_and_after(looked)


def _controls(looked: Looked) -> None:
    names = looked.key[2]
    asked, groups = looked.surgery, selection_state.groups_of(looked.run)
    if groups:
        selection_state.shown("surgery-groups", asked.by_groups)
        st.toggle(
            f"The {len(groups[0])} groups of the data set",
            key="surgery-groups",
            on_change=_follow_groups,
        )
    if asked.by_groups:
        return
    free = [one for one in range(len(names)) if one not in asked.off and not any(one in of for of in asked.merged)]
    chosen = st.multiselect(
        "Merge classes",
        free,
        format_func=lambda one: plain(names[one]) if one < len(names) else "",
        key=f"surgery-merge-{hash(asked)}",
        placeholder="Two or more",
        help="Their probabilities are added up; an answer within the group is right.",
    )
    with st.container(horizontal=True):
        st.button(
            "Merge",
            icon=":material/merge:",
            disabled=len(chosen) < 2,
            on_click=write,
            args=(replace(asked, merged=(*asked.merged, tuple(sorted(chosen)))),),
        )
        for group in asked.merged:
            rest = replace(asked, merged=tuple(other for other in asked.merged if other != group))
            st.button(
                plain(" + ".join(names[one] for one in group)),
                key=f"part-{'.'.join(map(str, group))}",
                icon=":material/call_split:",
                help="Part them again.",
                on_click=write,
                args=(rest,),
            )
    selection_state.shown("surgery-off", list(asked.off))
    st.multiselect(
        "Switch classes off",
        range(len(names)),
        format_func=lambda one: plain(names[one]) if one < len(names) else "",
        key="surgery-off",
        on_change=_follow_off,
        args=(asked, len(names)),
        placeholder="None",
        help="Pictures of these are left out, and so are the answers. Two classes stay in any case.",
    )


def _follow_groups() -> None:
    selection_state.clear("class", "cell", "area", "off")
    selection_state.put(merge=GROUPS if st.session_state["surgery-groups"] else "")


def _follow_off(asked: Surgery, num_classes: int) -> None:
    off = tuple(sorted(st.session_state["surgery-off"]))
    wanted = replace(asked, off=off)
    if wanted.left(num_classes) >= 2:
        write(wanted)


def write(wanted: Surgery) -> None:
    """Writes it into the URL; what names a class by its number means another one now, and is lifted."""
    selection_state.clear("class", "cell", "area")
    selection_state.put(**{name: wanted.query().get(name, "") for name in class_merging.NAMES})


def _before_and_after(looked: Looked) -> None:
    key, selected = looked.key, looked.selection.narrowed
    after, before = selection_state.report_of(key, selected), looked.tested.report
    if after is None:
        return
    st.markdown(
        f"Accuracy **{formatting.fraction(before.accuracy.value)}** before ({formatting.interval(before.accuracy)}), "
        f"**{formatting.fraction(after.accuracy.value)}** now ({formatting.interval(after.accuracy)}), "
        f"of {len(looked.names)} classes instead of {len(key[2])}."
    )
    st.plotly_chart(
        _figure(key, selected),
        key=f"surgery-f1-{looked.run.id}",
        config={"displayModeBar": False},
        alt="F1 of each class now, with its interval, and before.",
    )
    st.caption("F1 of each class with its interval; the upright mark is the same class before.")


@lru_cache(8)
def _figure(key: tuple, selected) -> StaticFigure:
    run, _, names, asked = key
    now: Score = selection_state.report_of(key, selected).classes.f1
    _, plan = asked.plan(names, selection_state.groups_of(run))
    whole = selection_state.report_of((*key[:3], Surgery()), type(selected)()).classes.f1.value
    before = np.full(len(now.value), np.nan)
    for new in range(len(before)):
        old = np.flatnonzero(plan == new)
        if len(old) == 1:
            before[new] = whole[old[0]]
    new_names = selection_state.predictions_of(key).names
    return static(scores.class_bars(now.value, now.low, now.high, new_names, before))
