"""All runs as a table: filter, open, compare, rename, delete."""

import zlib
from collections.abc import Callable

import pyarrow as pa
import streamlit as st

from imgcls import runs, sharing
from imgcls.charts.run_scatter import RunPoint, run_scatter
from imgcls.runs import Run, trash
from imgcls.sharing import Action
from imgcls.system import safe_csv
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.evaluate import links as evaluate_links
from imgcls.ui.runs import deleting, run_list, seeds, thumbnails
from imgcls.ui.runs.run_list import Summary
from imgcls.ui.train import learning_curves
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting, settings_table, sharing_choice
from imgcls.ui.widgets.figures import figure_download

MINE = "Mine"
SELECTED = "runs-selected"
"""Session key of the IDs of the selected runs."""
ACCURACY_HELP = (
    "Accuracy: the fraction of images classified correctly. Multi-label: the fraction with all labels correct."
)

ROW_HEIGHT = 48
HEADER_HEIGHT, MOST_HEIGHT = 37, 400
"""As Streamlit would choose, but known before its table has been loaded, so that nothing below it moves. Pixels."""
MOST_PICTURES = 30
"""Runs with a curve and an image in the table: each costs a few milliseconds when it is seen first."""
MISTAKE, CURVE = "Worst mistake", "Curve"
COSTS: dict[str, tuple[str, Callable[[Summary], float | None]]] = {
    "Parameters": ("parameters", lambda about: about.parameters),
    "Training time": ("training time, s", lambda about: about.seconds),
}


def show(everything: list[Run]) -> None:
    """The table, what can be done with the selected runs, and their comparison."""
    _name_deleted(everything)
    rows = _filtered([(run, run_list.summary(run)) for run in everything])
    st.caption(
        f"{formatting.count(len(rows), 'run')}. Select one to open, rename or delete it; select several to compare "
        "them."
    )
    table = _table(rows)
    selected = _selected(table, [run for run, _ in rows])
    st.download_button(
        "Download table (CSV)",
        lambda: safe_csv.csv_file(table.to_pydict()),
        "runs.csv",
        "text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )
    _actions(selected)
    seeds.warn(selected, everything)
    _compare(selected)
    _scatter(rows)


def _filtered(rows: list[tuple[Run, Summary]]) -> list[tuple[Run, Summary]]:
    """The rows that match the filters above the table."""
    with st.container(horizontal=True, gap="large"):
        wanted = {
            "state": run_list.filter_by(
                "State", [about.state for _, about in rows], lambda state: formatting.STATES[state][0]
            ),
            "data": run_list.filter_by("Dataset", [about.data for _, about in rows]),
            "model": run_list.filter_by("Model", [about.model for _, about in rows]),
        }
        if sharing.is_shared():
            rows = _of_owner(rows)
    return [row for row in rows if all(not value or getattr(row[1], key) == value for key, value in wanted.items())]


def _of_owner(rows: list[tuple[Run, Summary]]) -> list[tuple[Run, Summary]]:
    """The rows of the owner who is chosen above the table."""
    owners = [sharing_choice.whose(run.folder) or MINE for run, _ in rows]
    chosen = run_list.filter_by("Owner", sorted(owners, key=lambda owner: owner != MINE))
    return [row for row, owner in zip(rows, owners, strict=True) if chosen in (None, owner)]


def _table(rows: list[tuple[Run, Summary]]) -> pa.Table:
    owners = {"Owner": [sharing_choice.whose(run.folder) or MINE for run, _ in rows]} if sharing.is_shared() else {}
    return pa.table(
        {
            "Run": [run.label for run, _ in rows],
            **owners,
            "Test (%)": [_percent(about.test) for _, about in rows],
            "Validation (%)": [_percent(about.validation) for _, about in rows],
            "Dataset": [about.data for _, about in rows],
            "Model": [about.model for _, about in rows],
            "State": [formatting.STATES[about.state][0] for _, about in rows],
            "Parameters": [about.parameters for _, about in rows],
            "Time": [formatting.duration(about.seconds) for _, about in rows],
            "Started": [formatting.age(about.created) for _, about in rows],
        }
    )


def _with_pictures(table: pa.Table, shown: list[Run]) -> pa.Table:
    """The table with the worst mistake and the validation curve of the newest runs; the CSV file does without."""
    pictured = shown[:MOST_PICTURES]
    missing = [None] * (len(shown) - len(pictured))
    mistakes = [thumbnails.worst_mistake(run) for run in pictured]
    urls = pa.array([mistake and mistake.url for mistake in mistakes] + missing, pa.string())
    curves = pa.array([thumbnails.accuracies(run) or None for run in pictured] + missing, pa.list_(pa.float64()))
    return table.add_column(0, MISTAKE, urls).add_column(4, CURVE, curves)


def _selected(table: pa.Table, shown: list[Run]) -> list[Run]:
    """Draws the table and returns its selected runs, which stay selected when rows come and go."""
    ids = [run.id for run in shown]
    # Streamlit remembers the selection by row number, so other rows need another key; they begin with the same runs.
    key = f"runs-table-{zlib.crc32(repr(ids).encode())}"

    def follow() -> None:
        rows = st.session_state[key].selection.rows
        hidden = [run_id for run_id in st.session_state.get(SELECTED, ()) if run_id not in ids]
        st.session_state[SELECTED] = [*hidden, *(ids[row] for row in sorted(rows) if row < len(ids))]

    remembered = st.session_state.get(SELECTED, ())
    rows = [row for row, run_id in enumerate(ids) if run_id in remembered]
    st.dataframe(
        _with_pictures(table, shown),
        hide_index=True,
        key=key,
        row_height=ROW_HEIGHT,
        height=min(len(shown) * ROW_HEIGHT + HEADER_HEIGHT, MOST_HEIGHT),
        placeholder="–",
        on_select=follow,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        column_config={
            MISTAKE: st.column_config.ImageColumn(
                width="small", help="The test image with the most confident wrong prediction."
            ),
            "Run": st.column_config.TextColumn(width="medium"),
            CURVE: st.column_config.LineChartColumn(
                width="small", help="Validation accuracy by epoch.", color="#E69F00"
            ),
            "Validation (%)": st.column_config.NumberColumn(format="%.1f", help=f"Best epoch. {ACCURACY_HELP}"),
            "Test (%)": st.column_config.NumberColumn(format="%.1f", help=ACCURACY_HELP),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
        alt="All runs with their scores.",
    )
    return [run for run in shown if run.id in remembered]


def _name_deleted(everything: list[Run]) -> None:
    """Names the selected runs that somebody else has deleted meanwhile, and forgets them."""
    selected, present = st.session_state.get(SELECTED, ()), {run.id for run in everything}
    gone = [run_id for run_id in selected if run_id not in present]
    if gone:
        st.session_state[SELECTED] = [run_id for run_id in selected if run_id in present]
        own = st.session_state.pop(deleting.DELETED_HERE, ())
        for run_id in gone:
            if run_id not in own:
                st.warning(plain(trash.sentence(run_id)), icon=":material/delete:")


def _actions(selected: list[Run]) -> None:
    one = selected[0] if len(selected) == 1 else None
    both = selected if len(selected) == 2 and all(run.is_tested for run in selected) else None
    with st.container(horizontal=True, key="runs-actions"):
        if st.button("Open", icon=":material/open_in_new:", disabled=one is None) and one:
            links.go("train.py", run=one.id)
        evaluate_disabled = one is None or not one.is_tested
        if st.button("Evaluate", icon=":material/fact_check:", disabled=evaluate_disabled) and one:
            links.go("evaluate.py", run=one.id)
        if both and st.button(
            "Which is better?", icon=":material/balance:", help="Compare their predictions image by image."
        ):
            links.go("evaluate.py", run=both[1].id, view="Compare", other=both[0].id)
        if st.button("Try it", icon=":material/draw:", disabled=one is None or not one.is_ready) and one:
            links.go("predict.py", run=one.id)
        if st.button("Export", icon=":material/output:", disabled=evaluate_disabled) and one:
            links.go("evaluate.py", run=one.id, view=evaluate_links.EXPORT)
        may_rename = rights.button(Action.RENAME_RUN, one.folder if one else None, disabled=one is None)
        if st.button("Rename", icon=":material/edit:", **may_rename) and one:
            _rename(one)
        may_delete = rights.of_all(Action.DELETE_RUN, [run.folder for run in selected])
        is_disabled = not selected or not may_delete.allowed
        if st.button("Delete", icon=":material/delete:", disabled=is_disabled, help=may_delete.reason or None):
            deleting.ask(selected)


def _compare(selected: list[Run]) -> None:
    """Validation curves of the selected runs, and the settings in which they differ."""
    with_curves = [run for run in selected if (run.folder / "metrics.jsonl").exists()]
    if with_curves:
        with st.grid(2, min_column_width=learning_curves.SIDE_BY_SIDE):
            for quantity in ("loss", "accuracy"):
                st.plotly_chart(
                    cached_curves.comparison(with_curves, quantity),
                    key=f"compare-{quantity}",
                    config=figure_download.savable(f"runs-{quantity}"),
                    alt=f"Validation {quantity} of {formatting.count(len(with_curves), 'run')} by epoch.",
                )
    if len(selected) > 1:
        st.subheader("Differing settings", anchor=False)
        settings_table.show(selected)


def _scatter(rows: list[tuple[Run, Summary]]) -> None:
    """The accuracy of the runs against their size or time; nothing unless there are two to compare."""
    tested = [(run, about) for run, about in rows if about.test is not None and about.macro_f1 is None]
    if len(tested) < 2:
        return
    st.subheader("Accuracy and cost", anchor=False)
    choice = st.segmented_control(
        "Cost", list(COSTS), default=next(iter(COSTS)), required=True, key="runs-cost", label_visibility="collapsed"
    )
    title, cost_of = COSTS[choice]
    points = [
        RunPoint(run.label, about.data, cost, about.test or 0.0) for run, about in tested if (cost := cost_of(about))
    ]
    if not points:
        st.caption("Not recorded for these runs.")
        return
    st.plotly_chart(
        run_scatter(points, title),
        key="runs-scatter",
        config=figure_download.savable("runs"),
        alt=f"Test accuracy of {formatting.count(len(points), 'run')} against {title}.",
    )


@st.dialog("Rename the run")
def _rename(run: Run) -> None:
    with st.form("rename", border=False):
        label = st.text_input("Name", run.label, max_chars=runs.LABEL_LENGTH)
        if st.form_submit_button("Rename", type="primary"):
            with errors.shown():
                run.rename(label)
                st.rerun()


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction
