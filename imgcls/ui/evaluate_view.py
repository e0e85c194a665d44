"""The parts of the Evaluate page: scores, the matrix and its clicks, the gallery, the report, the curves."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import streamlit as st

from imgcls import charts, metrics
from imgcls.metrics import Report
from imgcls.runs import Run
from imgcls.ui import curve_view, gallery, numbers, stored, words
from imgcls.ui.errors import plain
from imgcls.ui.numbers import Number
from imgcls.ui.still import Still, still
from imgcls.ui.stored import Tested

PER_PAGE = 20
EXPLAINED = {
    "precision": "Of the pictures that were given a class, the share that belongs to it.",
    "recall": "Of the pictures that belong to a class, the share that was given it.",
    "F1": "The harmonic mean of precision and recall: high only if both are.",
}
AVERAGES = {"macro": "Every class counts the same.", "weighted": "A class counts by its pictures."}


def scores(report: Report, count: int) -> None:
    """The accuracy in large type, the averages beside it, each with its 95 % interval."""
    first, rest = st.columns([2, 7], vertical_alignment="center", gap="large")
    with first:
        st.html(
            f'<div style="font-size:3.2rem;font-weight:700;line-height:1.1">{words.share(report.accuracy.value)}</div>'
            f'<div style="opacity:.75">test accuracy<br>{words.interval(report.accuracy)}</div>'
        )
    with rest:
        shown = []
        for average, how in AVERAGES.items():
            for name in ("precision", "recall", "F1"):
                score = getattr(report, f"{average}_{name.lower()}")
                value, interval = words.share(score.value), words.interval(score)
                shown.append(Number(f"{average.capitalize()} {name}", value, interval, f"{EXPLAINED[name]} {how}"))
        shown.append(
            Number(
                "Cross-entropy",
                f"{report.cross_entropy.value:.3f}",
                words.interval(report.cross_entropy, as_share=False),
                "Mean of minus the logarithm of the probability that the true class got, in nats: being surely wrong "
                "costs much. Smaller is better.",
            )
        )
        numbers.show(shown)
    st.caption(
        f"From {words.count(count, 'test picture')} that were used neither to train nor to choose anything. "
        "The ranges are 95 % intervals: Wilson for the accuracy, bootstrap for the averages."
    )


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


@lru_cache(16)
def _classes(run: Run, stamp: tuple) -> pa.Table:
    classes = stored.tested(run).report.classes
    columns: dict = {"Class": list(classes.names), "Pictures": np.asarray(classes.support)}
    for name in ("precision", "recall", "f1"):
        score = getattr(classes, name)
        columns[f"{name.capitalize()} (%)"] = 100 * np.asarray(score.value)
        columns[f"{name} interval"] = [
            f"{100 * low:.1f}–{100 * high:.1f}" for low, high in zip(score.low, score.high, strict=True)
        ]
    return pa.table(columns)


def class_table(run: Run) -> None:
    """Precision, recall and F1 of every class with their 95 % intervals, and how many pictures it has."""
    table = _classes(run, stored.answers_stamp(run))
    st.dataframe(
        table,
        hide_index=True,
        height=min(36 * (len(table) + 1), 460),
        column_config={
            f"{name} (%)": st.column_config.NumberColumn(
                format="%.1f", help=EXPLAINED.get(name.lower(), EXPLAINED["F1"])
            )
            for name in ("Precision", "Recall", "F1")
        }
        | {
            f"{name} interval": st.column_config.TextColumn("95 %", help=f"95 % interval of the {name}.", width=90)
            for name in ("precision", "recall", "f1")
        },
        alt="Precision, recall and F1 of every class.",
    )


def curves(run: Run) -> None:
    """How it was learnt."""
    if (run.folder / "metrics.jsonl").exists():
        st.subheader("Learning curves", anchor=False)
        curve_view.draw(run)
