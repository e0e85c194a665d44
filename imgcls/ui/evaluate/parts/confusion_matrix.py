"""The confusion matrix of what is selected, its worst pairs, and the clicks on both."""

from functools import lru_cache

import streamlit as st

from imgcls.evaluation import class_order
from imgcls.evaluation.class_merging import GROUPS, Surgery
from imgcls.evaluation.metrics import classification
from imgcls.ui.app.errors import plain
from imgcls.ui.components import confusion_matrix
from imgcls.ui.components.confusion_matrix import Drawn
from imgcls.ui.evaluate.parts import class_merging, selection_state
from imgcls.ui.evaluate.parts.selection_state import Looked

SORTED_FROM = 21
"""From so many classes on, similar ones stand together unless somebody wants them as they are numbered."""


def show(looked: Looked) -> None:
    """The controls of the matrix, the matrix, and its worst pairs."""
    groups = selection_state.groups_of(looked.run)
    with st.container(horizontal=True, vertical_alignment="center"):
        unit = st.segmented_control(
            "Cells show",
            ["Counts", "Shares"],
            default="Counts",
            required=True,
            key="unit",
            label_visibility="collapsed",
        )
        errors_only = st.toggle("Errors only", key="errors-only")
        sorts = len(looked.names) > 3 and st.toggle(
            "Similar together",
            value=len(looked.names) >= SORTED_FROM,
            key=f"sorted-{len(looked.names)}",
            help="Classes that the model confuses stand beside each other, so that mistakes lie near the diagonal.",
        )
        if groups:
            selection_state.shown("by-groups", looked.surgery.by_groups)
            st.toggle(
                f"{len(groups[0])} groups",
                key="by-groups",
                on_change=_follow_groups,
                help="The groups that the data set itself has, in place of its classes.",
            )
    made = _drawn(looked.key, looked.selection.narrowed, unit == "Shares", errors_only, sorts)
    cell = looked.selection.cell
    confusion_matrix.show(
        f"matrix-{looked.run.id}",
        made,
        selected=cell if cell and None not in cell else None,
        follow=_follow_cell,
        note="The worst pairs are listed below it.",
    )
    st.caption("Click a cell to see its pictures, and once more to see all.")
    if looked.report is not None:
        _worst_pairs(looked)
        _offer_to_merge(looked)


@lru_cache(32)
def _drawn(key: tuple, selected, as_fractions: bool, errors_only: bool, sorts: bool) -> Drawn:
    predictions, left = selection_state.predictions_of(key), selection_state.kept(key, selected)
    table = classification.confusion(predictions.predicted[left], predictions.labels[left], len(predictions.names))
    order = class_order.order(predictions.confused) if sorts else None
    return confusion_matrix.drawn(
        table, predictions.names, as_fractions=as_fractions, errors_only=errors_only, order=order
    )


def _follow_cell(cell: tuple[int, int] | None) -> None:
    selection_state.put(cell="" if cell is None else f"{cell[0]}-{cell[1]}")


def _follow_groups() -> None:
    selection_state.clear("class", "cell", "area", "off")
    selection_state.put(merge=GROUPS if st.session_state["by-groups"] else "")


def _worst_pairs(looked: Looked) -> None:
    """The most frequent mistakes as pills: the keyboard's way to a cell."""
    cells = _pairs(looked.key, looked.selection.narrowed)
    if not cells:
        st.caption("Not one mistake.")
        return
    cell = looked.selection.cell
    selection_state.shown("pair", cell if cell in cells else None)
    st.pills(
        "Most frequent mistakes",
        list(cells),
        format_func=lambda pair: cells.get(pair, ""),
        key="pair",
        on_change=_follow_pair,
        wrap=True,
    )


def _offer_to_merge(looked: Looked) -> None:
    """For two classes that are confused: what if they were one?"""
    cell = looked.selection.cell
    if not cell or None in cell or cell[0] == cell[1] or looked.surgery != Surgery() or len(looked.names) < 3:
        return
    first, second = (plain(looked.names[one]) for one in cell)
    st.button(
        f"Merge {first} and {second}",
        icon=":material/merge:",
        key="merge-cell",
        on_click=class_merging.write,
        args=(Surgery(merged=(tuple(sorted(cell)),)),),
        help="What would the scores be if they were one class? The Classes view has more of this.",
    )


def _follow_pair() -> None:
    pair = st.session_state["pair"]
    selection_state.put(cell="" if pair is None else f"{pair[0]}-{pair[1]}")


@lru_cache(32)
def _pairs(key: tuple, selected) -> dict[tuple[int, int], str]:
    report, names = selection_state.report_of(key, selected), selection_state.predictions_of(key).names
    most = 6 if len(names) <= 20 else 15
    numbered = classification.worst_pairs(report.matrix, range(len(names)), most=most)
    return {(true, said): plain(f"{names[true]} → {names[said]}: {number}") for true, said, number, _ in numbered}
