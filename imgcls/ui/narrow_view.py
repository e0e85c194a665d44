"""The controls that narrow what is looked at: right or wrong, classes, how sure the model was, tags."""

from functools import lru_cache

import streamlit as st

from imgcls import tags
from imgcls.ui import certainty, linked
from imgcls.ui.errors import plain
from imgcls.ui.linked import Looked

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
    counts = _counts(looked.key, linked.lifted(selected, low=0, high=100))
    certainty.show(f"sure-{looked.run.id}", counts, (selected.low, selected.high), _follow_step)


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


def _follow_step(step: tuple[int, int] | None) -> None:
    linked.put(sure="" if step is None else f"{step[0]}-{step[1]}")


@lru_cache(32)
def _counts(key: tuple, selected) -> dict[str, list[int]]:
    answers, left = linked.answers_of(key), linked.kept(key, selected)
    return certainty.counted(answers.certainty[left], answers.predicted[left] == answers.labels[left])
