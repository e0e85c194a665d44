"""The rows of the table of runs, and which of them are selected."""

import zlib

import pyarrow as pa
import streamlit as st

from imgcls.evaluation.metrics.percent import percent
from imgcls.runs import Run
from imgcls.ui.app import links
from imgcls.ui.runs import table_columns, thumbnails
from imgcls.ui.runs.table_columns import CURVE, MISTAKE, Row

SELECTED = "runs-selected"
"""Session key of the IDs of the selected runs."""
OPENED = "runs-opened"
"""Session key of the ID of the run whose name was clicked, until its page opens."""
NAME = "Run"
ROW_HEIGHT, WRAPPED_ROW = 44, 66
"""Pixels: from 65 on, Streamlit wraps long names instead of cutting them off, as the narrow columns of a phone need."""
COMPACT_ROW = 32
COMPACT = "compact"
"""Whether the visitor wants low rows, in the session and in the URL."""
HEADER_HEIGHT, MOST_ROWS = 37, 20
"""Pixels, and rows at once: a longer table scrolls inside itself, so the wheel over it no longer scrolls the page. Both
are known before the table has been loaded, so that nothing below it moves."""
LEAST_SPAN = 0.2
"""Of the common scale of the curves: a run that loses half a point must not look like a crash."""
FIRST_SCORES = ("Test (%)", "Validation (%)")
MOST_PICTURES = 30
"""Runs with a curve and an image in the table: each costs a few milliseconds when it is seen first."""


def _with_pictures(table: pa.Table, shown: list[Run], columns: list[str]) -> pa.Table:
    """The table with the chosen ones of the validation curve and the worst mistake of the newest runs. They follow the
    first scores, which a phone would not show otherwise."""
    pictured = shown[:MOST_PICTURES]
    missing = [None] * (len(shown) - len(pictured))
    scores = [table.column_names.index(one) + 1 for one in FIRST_SCORES if one in table.column_names]
    at = max(scores, default=min(3, table.num_columns))
    if MISTAKE in columns:
        mistakes = [thumbnails.worst_mistake(run) for run in pictured]
        urls = pa.array([mistake and mistake.url for mistake in mistakes] + missing, pa.string())
        table = table.add_column(at, MISTAKE, urls) if any(mistakes) else table
    if CURVE in columns:
        curves = pa.array([thumbnails.accuracies(run) or None for run in pictured] + missing, pa.list_(pa.float64()))
        table = table.add_column(at, CURVE, curves)
    return table


def open_clicked() -> None:
    """Opens the run whose name was clicked; call it before anything is drawn. A callback cannot change the page."""
    if run_id := st.session_state.pop(OPENED, None):
        links.go("train.py", run=run_id)


def show(rows: list[tuple[Run, Row]], columns: list[str], name: str = "") -> list[Run]:
    """Draws the table and returns its selected runs, which stay selected when rows come and go.

    `name`: of the group, if there is a table for each.
    """
    table, shown = table_columns.table(rows, columns), [run for run, _ in rows]
    ids = [run.id for run in shown]
    key = _key(ids, name)

    def follow() -> None:
        selection = st.session_state[key].selection
        chosen = selection.rows
        for row, column in selection.cells:
            if column == NAME and row < len(ids):
                st.session_state[OPENED] = ids[row]
        hidden = [run_id for run_id in st.session_state.get(SELECTED, ()) if run_id not in ids]
        st.session_state[SELECTED] = [*hidden, *(ids[row] for row in sorted(chosen) if row < len(ids))]

    remembered = st.session_state.get(SELECTED, ())
    chosen = [row for row, run_id in enumerate(ids) if run_id in remembered]
    row_height = WRAPPED_ROW if table_columns.is_phone() and len(shown) <= MOST_PICTURES else ROW_HEIGHT
    if st.session_state.get(COMPACT):
        row_height = COMPACT_ROW
    content = _with_pictures(table, shown, columns)
    low, high = _scale(content)
    st.dataframe(
        content,
        hide_index=True,
        key=key,
        row_height=row_height,
        height=height_of(len(shown), row_height),
        placeholder="–",
        on_select=follow,
        selection_mode=["multi-row", "single-cell"],
        selection_default={"selection": {"rows": chosen, "columns": [], "cells": []}},
        column_config={
            MISTAKE: st.column_config.ImageColumn(
                width="small", help="The test image with the most confident wrong prediction."
            ),
            CURVE: st.column_config.LineChartColumn(
                width="small",
                help=f"Validation accuracy by epoch, all on one scale: {percent(low, 0)} to {percent(high, 0)}.",
                color="#E69F00",
                y_min=low,
                y_max=high,
            ),
            **table_columns.configuration(
                table, is_wrapped=row_height == WRAPPED_ROW, is_narrow=table_columns.is_phone()
            ),
        },
        alt=f"Runs of {name} with their scores." if name else "All runs with their scores.",
    )
    return [run for run in shown if run.id in remembered]


def height_of(rows: int, row_height: int) -> int:
    """The height of a table in pixels."""
    return min(rows, MOST_ROWS) * row_height + HEADER_HEIGHT


def _scale(table: pa.Table) -> tuple[float, float]:
    """The ends of the scale that all curves share."""
    curves = table.column(CURVE).to_pylist() if CURVE in table.column_names else []
    values = [value for curve in curves for value in curve or ()]
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    high = min(1.0, max(high, low + LEAST_SPAN))
    return max(0.0, min(low, high - LEAST_SPAN)), high


def _key(ids: list[str], name: str) -> str:
    """The key of a table. Streamlit remembers the selection by row number, so other rows need another key, and so does
    a table whose runs were selected elsewhere: of two tags, a run is in two tables."""
    # The style sheet keeps room for a table that loads, for three rows or for one.
    kind = "runs-table" if len(ids) >= 3 else "runs-short-table"
    if st.session_state.get(COMPACT):
        kind = "runs-compact-table"
    key = f"{kind}-{zlib.crc32(repr((ids, name)).encode())}"
    counter = f"{key}-drawn"
    number = st.session_state.get(counter, 0)
    before = st.session_state.get(f"{key}-{number}")
    if before is not None:
        remembered = st.session_state.get(SELECTED, ())
        if {ids[row] for row in before.selection.rows if row < len(ids)} != {one for one in ids if one in remembered}:
            number += 1
            st.session_state[counter] = number
    return f"{key}-{number}"
