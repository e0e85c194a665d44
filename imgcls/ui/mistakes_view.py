"""Which pictures does the model get wrong? The confusion matrix, and the pictures of a cell beside it."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import charts, metrics
from imgcls.runs import Run
from imgcls.ui import gallery, stored, words
from imgcls.ui.errors import plain
from imgcls.ui.still import Still, still
from imgcls.ui.stored import Tested

PER_PAGE = 20


def show(run: Run, tested: Tested) -> None:
    """The whole view."""
    names = run.model["classes"]
    left, right = st.columns(2, gap="large")
    with left:
        _matrix_and_pairs(run, tested, names)
    with right:
        pictures(run, tested, names)


def _matrix_and_pairs(run: Run, tested: Tested, names: list[str]) -> None:
    st.subheader(
        "Confusion matrix",
        anchor=False,
        help="A row is a true class, a column an answer. Right answers lie on the diagonal.",
    )
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
    st.plotly_chart(
        matrix(run, names, as_shares=unit == "Shares", errors_only=errors_only),
        key=f"matrix-{run.id}",
        on_select=follow_click,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Confusion matrix of {len(names)} classes; the worst pairs are listed below it.",
    )
    st.caption("Click a cell to see its pictures.")
    worst_pairs(tested.report.matrix, names)


def matrix(run: Run, names: list[str], *, as_shares: bool, errors_only: bool) -> Still:
    """The figure of the confusion matrix."""
    return _matrix(run, stored.answers_stamp(run), tuple(names), as_shares, errors_only)


@lru_cache(32)
def _matrix(run: Run, stamp: tuple, names: tuple, as_shares: bool, errors_only: bool) -> Still:
    table = stored.tested(run).report.matrix
    return still(charts.confusion_matrix(table, names, as_shares=as_shares, errors_only=errors_only))


def follow_click() -> None:
    """Takes the clicked cell into the URL, from where the gallery reads it."""
    for key, value in st.session_state.items():
        if not str(key).startswith("matrix-"):
            continue
        points = value.selection.points if value else []
        if points:
            pair = points[0]["customdata"]  # a list, or a dict with string keys where the figure held an array
            true, predicted = pair.values() if isinstance(pair, dict) else pair
            _choose((int(true), int(predicted)))


def worst_pairs(table: np.ndarray, names: list[str]) -> None:
    """The most frequent mistakes as pills: the keyboard's way to a cell."""
    pairs = {
        (names.index(true), names.index(predicted)): f"{true} → {predicted}: {number}"
        for true, predicted, number, _ in metrics.worst_pairs(table, names, most=6)
    }
    if not pairs:
        st.caption("Not one mistake.")
        return

    def follow() -> None:
        if st.session_state["pair"] in pairs:
            _choose(st.session_state["pair"])

    # The pill of the cell that is shown is the pressed one, whichever way the cell was chosen.
    chosen = _cell(len(names)) if st.session_state.get("shown") == "Cell" else None
    st.session_state["pair"] = chosen if chosen in pairs else None
    st.pills(
        "Most frequent mistakes",
        list(pairs),
        format_func=lambda pair: plain(pairs[pair]),
        key="pair",
        on_change=follow,
        wrap=True,
    )


def _choose(cell: tuple[int, int]) -> None:
    st.query_params["cell"] = f"{cell[0]}-{cell[1]}"
    st.session_state["shown"] = "Cell"


def _cell(num_classes: int) -> tuple[int, int] | None:
    """The cell in the URL, if it names one."""
    true, _, predicted = st.query_params.get("cell", "").partition("-")
    if not (true.isascii() and true.isdigit() and predicted.isascii() and predicted.isdigit()):
        return None
    if len(true) > 4 or len(predicted) > 4 or max(int(true), int(predicted)) >= num_classes:
        return None
    return int(true), int(predicted)


def pictures(run: Run, tested: Tested, names: list[str]) -> None:
    """The gallery: wrong ones, right ones, or those of the chosen cell; paged."""
    cell = _cell(len(names))
    options = ["Wrong", "Right", *(["Cell"] if cell else [])]
    if st.session_state.get("shown") not in options:
        st.session_state["shown"] = "Cell" if cell else "Wrong"
    st.subheader("Pictures", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = st.segmented_control(
            "Pictures shown",
            options,
            required=True,
            key="shown",
            label_visibility="collapsed",
            format_func=lambda option: _cell_words(cell, names) if option == "Cell" and cell else option,
        )
    is_right = tested.predicted == tested.labels
    if shown == "Cell" and cell:
        chosen = np.flatnonzero((tested.labels == cell[0]) & (tested.predicted == cell[1]))
    else:
        chosen = np.flatnonzero(is_right if shown == "Right" else ~is_right)
    # The worst first: a wrong answer that was sure of itself, a right one that nearly was not given.
    least_first = shown == "Right" or bool(shown == "Cell" and cell and cell[0] == cell[1])
    worst = tested.certainty[chosen] if least_first else -tested.certainty[chosen]
    chosen = chosen[np.argsort(worst, kind="stable")]
    kept = chosen[tested.row_of[chosen] >= 0]
    note = "" if len(kept) == len(chosen) else f", {len(kept):,} of them stored with the run"
    order = f"the {'least' if least_first else 'most'} certain first"
    st.caption(f"{words.count(len(chosen), 'picture')}{note}; {order}.")
    if not len(kept):
        st.info("No picture to show here.", icon=":material/check_circle:")
        return
    pages = -(-len(kept) // PER_PAGE)
    page = 1
    if pages > 1:
        # A new list begins at its first page.
        page = st.pagination(pages, key=f"page-{run.id}-{shown}-{cell if shown == 'Cell' else ''}", max_visible_pages=5)
    on_page = tuple(kept[(page - 1) * PER_PAGE : page * PER_PAGE].tolist())
    st.html(_grid(run, stored.answers_stamp(run), on_page, tuple(names)))


@lru_cache(64)
def _grid(run: Run, stamp: tuple, indices: tuple[int, ...], names: tuple[str, ...]) -> str:
    tested = stored.tested(run)
    return gallery.grid(_tile(index, tested, names) for index in indices)


def _tile(index: int, tested: Tested, names: Sequence[str]) -> gallery.Tile:
    true, predicted = names[tested.labels[index]], names[tested.predicted[index]]
    sure = f"{100 * tested.certainty[index]:.1f} %"
    lines = (f"✓ {true}", sure) if true == predicted else (f"✗ {predicted}", f"is {true}", sure)
    alt = f"Test picture {index}: true class {true}, answer {predicted} with {sure}"
    return gallery.Tile(tested.pictures[tested.row_of[index]], alt, lines)


def _cell_words(cell: tuple[int, int], names: list[str]) -> str:
    return plain(f"{names[cell[0]]} → {names[cell[1]]}")
