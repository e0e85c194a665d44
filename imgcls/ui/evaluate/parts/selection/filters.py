"""The filters of the test images (correct or not, classes, confidence, tags), and the list of those that are active."""

from functools import lru_cache

import streamlit as st

from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.selection import Selection
from imgcls.languages import gettext as _
from imgcls.runs.annotations import tags
from imgcls.ui.app.errors import plain
from imgcls.ui.components import confidence_histogram
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View

ALL = "All"
PREDICTION_FILTERS = {
    "wrong": "Errors",
    "missing": "Missing label",
    "extra": "Extra label",
    "right": "Correct",
}


def show(view: View) -> None:
    """The filter by correctness, and the other filters in a popover."""
    selected, is_multilabel = view.selection, isinstance(view.predictions, Decisions)
    options = {ALL: "", "Errors": "wrong", "Correct": "right"}
    if is_multilabel:
        options = {ALL: "", **{title: name for name, title in PREDICTION_FILTERS.items()}}
    titles = {name: title for title, name in options.items()}
    with st.container(horizontal=True, vertical_alignment="center"):
        selection_state.set_control("predictions-shown", titles.get(selected.predictions, "Errors"))
        st.segmented_control(
            "Predictions",
            list(options),
            required=True,
            key="predictions-shown",
            on_change=_follow_predictions,
            args=(options,),
            label_visibility="collapsed",
        )
        with st.popover("Filter", icon=":material/filter_alt:", on_change="rerun", key="filter") as popover:
            if popover.open:
                _controls(view, "Labels" if is_multilabel else "Classes")


def histogram(view: View) -> None:
    """The histogram of the confidence; a click on a bar filters by it."""
    selected = view.selection
    counts = _counts(view.key, selection_state.changed(selected, low=0, high=100))
    confidence_histogram.show(f"confidence-{view.run.id}", counts, (selected.low, selected.high), _follow_bar)


def _controls(view: View, classes: str) -> None:
    selected, names = view.selection, view.names
    selection_state.set_control("filter-classes", list(selected.classes))
    st.multiselect(
        classes,
        range(len(names)),
        format_func=lambda one: names[one] if one < len(names) else "",
        key="filter-classes",
        on_change=_follow_classes,
        placeholder="All",
        help="Images that truly belong to one of these, or were predicted as one. With “Missing label” or “Extra "
        "label”: images with that error in one of these labels."
        if classes == "Labels"
        else "Images that truly belong to one of these, or were predicted as one.",
    )
    selection_state.set_control("filter-confidence", (selected.low, selected.high))
    st.slider(
        "Confidence",
        0,
        100,
        key="filter-confidence",
        format="%d%%",
        on_change=_follow_confidence,
        help="The probability of the least certain label decision."
        if classes == "Labels"
        else "The probability of the predicted class.",
    )
    known = sorted(tags.read(view.run))
    if known or selected.tag:
        options = ["", *known, *([selected.tag] if selected.tag not in known else [])]
        selection_state.set_control("filter-tag", selected.tag)
        st.selectbox("Tag", options, format_func=lambda tag: tag or "Any", key="filter-tag", on_change=_follow_tag)


def _follow_predictions(options: dict[str, str]) -> None:
    if (shown := selection_state.chosen("predictions-shown")) is not None:
        selection_state.put(predictions=options[shown])


def _follow_classes() -> None:
    selection_state.put(**{"class": ".".join(map(str, sorted(st.session_state["filter-classes"])))})


def _follow_confidence() -> None:
    low, high = st.session_state["filter-confidence"]
    selection_state.put(confidence="" if (low, high) == (0, 100) or low == high else f"{low}-{high}")


def _follow_tag() -> None:
    selection_state.put(tag=st.session_state["filter-tag"] or "")


def _follow_bar(bar: tuple[int, int] | None) -> None:
    selection_state.put(confidence="" if bar is None else f"{bar[0]}-{bar[1]}")


@lru_cache(32)
def _counts(key: Key, selected: Selection) -> dict[str, list[int]]:
    predictions, kept = selection_state.predictions_of(key), selection_state.kept(key, selected)
    return confidence_histogram.counted(predictions.confidence[kept], predictions.is_right[kept])


# ---- active filters


def chips(view: View, *, are_off: bool = False) -> None:
    """The active filters, each with a button that removes it; nothing if there are none.

    In a section that they do not concern they `are_off`, which is said; they hold again in the next one that they do.
    """
    active = descriptions(view)
    # Even if it is empty: otherwise, a first filter would remount the rest of the page, which loses the keyboard focus.
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content", key="active-filters"):
        if not active:
            return
        if are_off:
            st.markdown(_("Off in this section:"), width="content")
        else:
            st.markdown(f"**{int(view.shown.sum()):,}** of {view.total:,} images", width="content")
        for name, text in active:
            st.button(
                text,
                key=f"lift-{name}",
                icon=":material/close:",
                help="Remove this filter.",
                on_click=selection_state.clear,
                args=(name,),
            )
        if len(active) > 1:
            st.button("Clear all", key="lift-all", type="tertiary", on_click=selection_state.clear)


def descriptions(view: View) -> list[tuple[str, str]]:
    """The parts of the selection as (URL parameter, Markdown)."""
    selected, names, all_names = view.selection, view.names, view.key.names
    found = []
    if view.merging.by_groups:
        found.append(("merge", f"{len(names)} groups of classes"))
    elif view.merging.merged:
        merged = ", ".join(_listed(all_names, group, " + ") for group in view.merging.merged[:2])
        found.append(("merge", f"merged: {merged}"))
    if view.merging.off:
        found.append(("off", "excluded: " + _listed(all_names, view.merging.off)))
    if selected.classes:
        found.append(("class", "true or predicted class: " + _listed(names, selected.classes)))
    if selected.predictions:
        found.append(("predictions", PREDICTION_FILTERS[selected.predictions].lower()))
    if (selected.low, selected.high) != (0, 100):
        found.append(("confidence", f"confidence {selected.low}–{selected.high}%"))
    if selected.tag:
        found.append(("tag", f"tag: {plain(selected.tag)}"))
    if selected.area:
        found.append(("area", "inside lasso"))
    if selected.cell is not None:
        found.append(("cell", _cell(selected, names, isinstance(view.predictions, Decisions))))
    return found


def _cell(selected: Selection, names: tuple[str, ...], is_multilabel: bool) -> str:
    true, predicted = (None if side is None else plain(names[side]) for side in selected.cell or (None, None))
    if selected.is_pair:
        return f"{true} ↔ {predicted}"
    if not is_multilabel:
        return f"{true or 'any class'} → {predicted or 'any class'}"
    if true and true == predicted:
        return f"{true} correctly predicted"
    parts = [f"{true} missing" if true else "", f"{predicted} incorrectly predicted" if predicted else ""]
    return ", ".join(part for part in parts if part)


def _listed(names: tuple[str, ...], classes: tuple[int, ...], separator: str = ", ") -> str:
    more = len(classes) - 3
    return separator.join(plain(names[one]) for one in classes[:3]) + (f" and {more} more" if more > 0 else "")
