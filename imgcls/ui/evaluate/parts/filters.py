"""The controls that narrow what is looked at: right or wrong, classes, how sure the model was, tags."""

from functools import lru_cache

import streamlit as st

from imgcls.runs import tags
from imgcls.ui.app.errors import plain
from imgcls.ui.components import confidence_histogram
from imgcls.ui.evaluate.parts import selection_state
from imgcls.ui.evaluate.parts.selection_state import Looked

ALL = "All"


def show(looked: Looked) -> None:
    """Right or wrong, the other controls behind a button, and the bars of how sure the model was."""
    selected = looked.selection
    with st.container(horizontal=True, vertical_alignment="center"):
        selection_state.shown("answers-shown", selected.predictions.capitalize() or ALL)
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
    counts = _counts(looked.key, selection_state.lifted(selected, low=0, high=100))
    confidence_histogram.show(f"sure-{looked.run.id}", counts, (selected.low, selected.high), _follow_step)


def _controls(looked: Looked) -> None:
    selected, names = looked.selection, looked.names
    selection_state.shown("narrow-classes", list(selected.classes))
    st.multiselect(
        "Classes",
        range(len(names)),
        format_func=lambda one: plain(names[one]) if one < len(names) else "",
        key="narrow-classes",
        on_change=_follow_classes,
        placeholder="All",
        help="Pictures that belong to one of these, or were taken for one.",
    )
    selection_state.shown("narrow-sure", (selected.low, selected.high))
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
        selection_state.shown("narrow-tag", selected.tag)
        st.selectbox(
            "Tag", options, format_func=lambda tag: plain(tag) or "Any", key="narrow-tag", on_change=_follow_tag
        )


def _follow_answers() -> None:
    chosen = st.session_state["answers-shown"]
    selection_state.put(predictions="" if chosen == ALL else chosen.lower())


def _follow_classes() -> None:
    selection_state.put(**{"class": ".".join(map(str, sorted(st.session_state["narrow-classes"])))})


def _follow_sure() -> None:
    low, high = st.session_state["narrow-sure"]
    selection_state.put(sure="" if (low, high) == (0, 100) or low == high else f"{low}-{high}")


def _follow_tag() -> None:
    selection_state.put(tag=st.session_state["narrow-tag"] or "")


def _follow_step(step: tuple[int, int] | None) -> None:
    selection_state.put(sure="" if step is None else f"{step[0]}-{step[1]}")


@lru_cache(32)
def _counts(key: tuple, selected) -> dict[str, list[int]]:
    predictions, left = selection_state.predictions_of(key), selection_state.kept(key, selected)
    return confidence_histogram.counted(
        predictions.confidence[left], predictions.predicted[left] == predictions.labels[left]
    )
