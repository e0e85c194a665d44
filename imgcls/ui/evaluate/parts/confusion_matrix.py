"""The confusion matrix of the filtered images, and the most frequent errors as pills.

For multi-label runs: which label is missing while which other one was predicted.
"""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.charts import run_figures
from imgcls.evaluation.metrics import class_order, classification
from imgcls.evaluation.predictions.class_merging import GROUPS, ClassMerging
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.selection import Selection
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.components import confusion_matrix
from imgcls.ui.components.confusion_matrix import Drawn
from imgcls.ui.evaluate.parts import class_merging
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import static

SORTED_FROM = 21
"""With this many classes, similar ones are grouped by default."""
FRACTIONS = "Fractions"


def show(view: View) -> None:
    """The options, the matrix, and the most frequent errors."""
    is_multilabel = isinstance(view.predictions, Decisions)
    groups = None if is_multilabel else selection_state.groups_of(view.run)
    place = st.container(key="matrix-room")
    with st.container(horizontal=True, vertical_alignment="center"):
        unit = st.segmented_control(
            "Cells show",
            ["Counts", FRACTIONS],
            default="Counts",
            required=True,
            label_visibility="collapsed",
            **fixed_controls.keyed("unit"),
        )
        errors_only = st.toggle("Errors only", **fixed_controls.keyed("errors-only"))
        is_sorted = not is_multilabel and len(view.names) > 3
        is_sorted = is_sorted and st.toggle(
            "Group similar classes",
            value=len(view.names) >= SORTED_FROM,
            key=f"sorted-{len(view.names)}",
            help="Classes that the model confuses are placed next to each other, so that errors lie near the diagonal.",
        )
        if groups:
            selection_state.set_control("by-groups", view.merging.by_groups)
            st.toggle(
                f"{len(groups[0])} groups",
                key="by-groups",
                on_change=_follow_groups,
                help="Use the class groups that the dataset defines.",
            )
    drawn = _drawn(view.key, view.filters, unit == FRACTIONS, errors_only, is_sorted)
    with place:
        confusion_matrix.show(
            f"matrix-{view.run.id}",
            drawn,
            selected=_whole(view.selection.cell),
            is_pair=view.selection.is_pair,
            follow=_follow_cell,
            note="The most frequent errors are listed below it.",
        )
    st.caption(
        "Row: the missing label; column: the label predicted in the same image. Diagonal: correct predictions. "
        "Click a cell to filter the gallery; click it again to clear the filter."
        if is_multilabel
        else "Row: what the image is. Column: what the model predicted. Grey: correct. Orange: errors. Click a cell to "
        "filter the gallery; click it again to clear the filter."
    )
    _offer_figure(view)
    if view.report is not None:
        _most_frequent(view)
        if not is_multilabel:
            _offer_merging(view)


def _offer_figure(view: View) -> None:
    """The matrix of the filtered images as a figure that can be saved, drawn only while this is open."""
    section = st.expander("Figure for a paper", key="matrix-figure", icon=":material/photo_camera:", on_change="rerun")
    if not section.open:
        return
    counts, names = _counts(view.key, view.filters), selection_state.predictions_of(view.key).names
    axes = confusion_matrix.AXES[isinstance(view.predictions, Decisions)]
    rows, columns = (title.capitalize() for title in axes)
    figure = run_figures.matrix(counts, names, rows=rows, columns=columns)
    figure.update_layout(height=min(900, 200 + 32 * len(names)))
    with section:
        st.caption("The same matrix, drawn so that it can be saved as an image and put into a text of yours.")
        st.plotly_chart(
            static(figure),
            config=figure_download.savable("confusion-matrix"),
            key=f"matrix-figure-{view.run.id}",
            alt="The confusion matrix as a heat map.",
        )


@lru_cache(32)
def _drawn(key: Key, filters: Selection, as_fractions: bool, errors_only: bool, is_sorted: bool) -> Drawn:
    predictions = selection_state.predictions_of(key)
    counts = _counts(key, filters)
    if isinstance(predictions, Decisions):
        return confusion_matrix.drawn(
            counts,
            predictions.names,
            as_fractions=as_fractions,
            errors_only=errors_only,
            sums=predictions.labels[selection_state.kept(key, filters)].sum(0),
        )
    order = class_order.order(predictions.confused) if is_sorted else None
    return confusion_matrix.drawn(
        counts, predictions.names, as_fractions=as_fractions, errors_only=errors_only, order=order
    )


@lru_cache(32)
def _counts(key: Key, filters: Selection) -> np.ndarray:
    predictions, kept = selection_state.predictions_of(key), selection_state.kept(key, filters)
    if isinstance(predictions, Decisions):
        return predictions.error_pairs_of(kept)
    return classification.confusion(predictions.predicted[kept], predictions.labels[kept], len(predictions.names))


def _follow_cell(cell: tuple[int, int] | None) -> None:
    selection_state.put(cell="" if cell is None else f"{cell[0]}-{cell[1]}")


def _follow_groups() -> None:
    selection_state.clear("class", "cell", "area", "off")
    selection_state.put(merge=GROUPS if st.session_state["by-groups"] else "")


def _most_frequent(view: View) -> None:
    """The most frequent errors as pills, which also make cells accessible by keyboard."""
    cells, is_multilabel = _pairs(view.key, view.filters), isinstance(view.predictions, Decisions)
    if not cells:
        st.caption("No such errors." if is_multilabel else "No errors.")
        return
    cell = view.selection.cell
    selection_state.set_control("pair", cell if cell in cells and not view.selection.is_pair else None)
    st.pills(
        "Most frequent errors",
        list(cells),
        format_func=lambda pair: cells.get(pair, ""),
        key="pair",
        on_change=_follow_pair,
        help="Click one to see its images."
        + ("" if is_multilabel else " “A predicted as B” and “B predicted as A” are counted on their own."),
        wrap=True,
    )


def _offer_merging(view: View) -> None:
    """For a pair of confused classes: what if they were one?"""
    cell = _whole(view.selection.cell)
    if cell is None or cell[0] == cell[1] or view.merging != ClassMerging() or len(view.names) < 3:
        return
    first, second = (plain(view.names[one]) for one in cell)
    st.button(
        f"Merge {first} and {second}",
        icon=":material/merge:",
        key="merge-cell",
        on_click=class_merging.write,
        args=(ClassMerging(merged=((min(cell), max(cell)),)),),
        help="Shows the scores as if they were one class. More options under “Per class”.",
    )


def _whole(cell: tuple[int | None, int | None] | None) -> tuple[int, int] | None:
    """The selected cell; None if only a row or a column is selected."""
    if cell is None or cell[0] is None or cell[1] is None:
        return None
    return cell[0], cell[1]


def _follow_pair() -> None:
    pair = st.session_state["pair"]
    selection_state.put(cell="" if pair is None else f"{pair[0]}-{pair[1]}")


@lru_cache(32)
def _pairs(key: Key, filters: Selection) -> dict[tuple[int, int], str]:
    names = selection_state.predictions_of(key).names
    most = 6 if len(names) <= 20 else 15
    found = classification.worst_pairs(_counts(key, filters), [str(one) for one in range(len(names))], most=most)
    cells = {(int(true), int(other)): number for true, other, number, _ in found}
    is_multilabel = key.threshold is not None
    between = "missing, predicted" if is_multilabel else "predicted as"
    return {
        (true, other): plain(f"{names[true]} {between} {names[other]} · {number}×")
        for (true, other), number in cells.items()
    }
