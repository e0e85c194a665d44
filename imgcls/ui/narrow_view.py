"""The controls that narrow what is looked at: right or wrong, classes, how sure the model was, tags."""

from functools import lru_cache, partial

import streamlit as st

from imgcls import answer_charts, tags
from imgcls.ui import linked
from imgcls.ui.errors import plain
from imgcls.ui.linked import Looked
from imgcls.ui.still import Still, still

ALL = "All"


def show(looked: Looked) -> None:
    """Right or wrong, the other controls behind a button, and the bars of how sure the model was."""
    selected = looked.selection
    with st.container(horizontal=True, vertical_alignment="center"):
        linked.shown("answers-shown", selected.answers.capitalize() or ALL)
        st.segmented_control(
            "Answers",
            [ALL, "Wrong", "Right"],
            required=True,
            key="answers-shown",
            on_change=_follow_answers,
            label_visibility="collapsed",
        )
        with st.popover("Narrow", icon=":material/filter_alt:", on_change="rerun", key="narrow") as popover:
            if popover.open:
                _controls(looked)
    lifted = linked.lifted(selected, low=0, high=100)
    key = f"sure-{looked.run.id}"
    st.plotly_chart(
        _bars(looked.key, lifted),
        key=key,
        on_select=partial(_follow_bar, key),
        selection_mode="points",
        config={"displayModeBar": False},
        alt="How many answers were right and wrong, by how sure the model was. Click a bar to see its pictures.",
    )


def _controls(looked: Looked) -> None:
    selected, names = looked.selection, looked.names
    linked.shown("narrow-classes", list(selected.classes))
    st.multiselect(
        "Classes",
        range(len(names)),
        format_func=lambda one: plain(names[one]) if one < len(names) else "",
        key="narrow-classes",
        on_change=_follow_classes,
        placeholder="All",
        help="Pictures that belong to one of these, or were taken for one.",
    )
    linked.shown("narrow-sure", (selected.low, selected.high))
    st.slider(
        "How sure the model was",
        0,
        100,
        key="narrow-sure",
        format="%d %%",
        on_change=_follow_sure,
        help="The probability of its answer.",
    )
    known = sorted(tags.read(looked.run))
    if known or selected.tag:
        options = ["", *known, *([selected.tag] if selected.tag not in known else [])]
        linked.shown("narrow-tag", selected.tag)
        st.selectbox(
            "Tag", options, format_func=lambda tag: plain(tag) or "Any", key="narrow-tag", on_change=_follow_tag
        )


def _follow_answers() -> None:
    chosen = st.session_state["answers-shown"]
    linked.put(answers="" if chosen == ALL else chosen.lower())


def _follow_classes() -> None:
    linked.put(**{"class": ".".join(map(str, sorted(st.session_state["narrow-classes"])))})


def _follow_sure() -> None:
    low, high = st.session_state["narrow-sure"]
    linked.put(sure="" if (low, high) == (0, 100) or low == high else f"{low}-{high}")


def _follow_tag() -> None:
    linked.put(tag=st.session_state["narrow-tag"] or "")


def _follow_bar(key: str) -> None:
    event = st.session_state.get(key)
    points = event.selection.points if event else []
    if not points:
        linked.clear("sure")
        return
    data = points[0]["customdata"]
    low, high = map(int, data.values() if isinstance(data, dict) else data)
    linked.put(sure=f"{low}-{high}")


@lru_cache(32)
def _bars(key: tuple, selected) -> Still:
    answers, left = linked.answers_of(key), linked.kept(key, selected)
    right = answers.predicted[left] == answers.labels[left]
    return still(answer_charts.certainty_bars(answers.certainty[left], right))
