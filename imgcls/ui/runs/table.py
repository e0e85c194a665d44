"""All runs as a table, and the comparison of the selected ones."""

import zlib
from functools import lru_cache

import pyarrow as pa
import streamlit as st

from imgcls import runs, sharing
from imgcls.charts.compared.run_scatter import RunPoint, run_scatter
from imgcls.runs import Run, trash
from imgcls.system import paths, safe_csv
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.runs import cards, seeds, table_columns, table_controls, thumbnails
from imgcls.ui.runs.table_columns import MINE, Row
from imgcls.ui.runs.table_parts import actions, archiving, curves, deleting, scores, studies
from imgcls.ui.widgets import formatting, settings_table, sharing_choice
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static

SELECTED = "runs-selected"
"""Session key of the IDs of the selected runs."""
ROW_HEIGHT = 66
"""Pixels: from 65 on, Streamlit wraps long names instead of cutting them off."""
LOW_ROW = 40
"""Of a long table, so that more than a handful of its runs are seen at once."""
HEADER_HEIGHT, MOST_HEIGHT = 37, 500
"""As Streamlit would choose, but known before its table has been loaded, so that nothing below it moves. Pixels."""
MOST_PICTURES = 30
"""Runs with a curve and an image in the table: each costs a few milliseconds when it is seen first."""
MISTAKE, CURVE, TAGS = "Mistake", "Curve", "Tags"
COSTS = {"Parameters": ("parameters", "parameters"), "Training time": ("training time, s", "training_seconds")}
"""Choice -> the title of the axis, and the column of the index."""
LINKED, MOST_LINKED = "selected", 20
"""The selected runs in the URL."""


def show() -> list[str]:
    """The table, what can be done with the selected runs, and their comparison. Returns the IDs of its runs."""
    with st.container():  # what comes and goes must not move the table to another place
        _name_deleted()
    only = tuple(run.id for run in runs.all_runs()) if sharing.is_shared() else None
    found, columns, layout, filters = table_controls.show(only)
    if found.refused:  # the warning says why
        return []
    rows = [(_run(row), row) for row in studies.name_rows(found)]
    if TAGS not in columns and any(row["tags"] for _, row in rows) and columns == list(table_columns.DEFAULT):
        columns = [*columns, TAGS]
    if sharing.is_shared():
        rows = _of_owner(rows, filters)
    of_all = "" if found.total == found.everything else f" of {found.everything:,}"
    shown_only = f" The first {len(rows):,} are shown." if found.total > len(rows) else ""
    hint = (
        "Click a card to open its run" if layout == table_controls.CARDS else "Select one to open, rename or delete it"
    )
    st.caption(f"{studies.count(found)}{of_all}.{shown_only} {hint}; select several to compare them.")
    studies.say(found)
    table = table_columns.table(rows, columns)
    with st.container():  # one place for both
        if layout == table_controls.CARDS:
            selected = cards.show(rows, SELECTED)
        else:
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
    with st.container(key=f"runs-actions-{layout.lower()}"):
        if selected or layout == table_controls.TABLE:  # a card opens by itself
            actions.show(selected)
        archiving.notice(are_shown=bool(st.session_state.get("archived")))
    with st.container():
        if len(selected) == 2:
            seeds.warn(selected)
        _compare(selected, rows)
    _scatter(rows)
    return [run.id for run, _ in rows]


def _run(row: Row) -> Run:
    return Run(paths.runs_folder() / row["id"]) if not row["shipped"] else runs.find(row["id"])


def _of_owner(rows: list[tuple[Run, Row]], filters: table_controls.Filters) -> list[tuple[Run, Row]]:
    """The rows of the owner who is chosen among the filters."""
    owners = [sharing_choice.whose(run.folder) or MINE for run, _ in rows]
    options = list(dict.fromkeys(sorted(owners, key=lambda owner: owner != MINE)))
    chosen = filters.choose("Owner", "owner", options, str)
    return [row for row, owner in zip(rows, owners, strict=True) if chosen in (None, owner)]


def _with_pictures(table: pa.Table, shown: list[Run]) -> pa.Table:
    """The table with the worst mistake and the validation curve of the newest runs; the CSV file does without."""
    pictured = shown[:MOST_PICTURES]
    missing = [None] * (len(shown) - len(pictured))
    mistakes = [thumbnails.worst_mistake(run) for run in pictured]
    urls = pa.array([mistake and mistake.url for mistake in mistakes] + missing, pa.string())
    curves = pa.array([thumbnails.accuracies(run) or None for run in pictured] + missing, pa.list_(pa.float64()))
    table = table.add_column(min(3, table.num_columns), CURVE, curves)
    return table.add_column(0, MISTAKE, urls) if any(mistakes) else table


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
    row_height = ROW_HEIGHT if len(shown) <= MOST_PICTURES else LOW_ROW
    st.dataframe(
        _with_pictures(table, shown),
        hide_index=True,
        key=key,
        row_height=row_height,
        height=min(len(shown) * row_height + HEADER_HEIGHT, MOST_HEIGHT),
        placeholder="–",
        on_select=follow,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        column_config={
            MISTAKE: st.column_config.ImageColumn(
                width="small", help="The test image with the most confident wrong prediction."
            ),
            CURVE: st.column_config.LineChartColumn(
                width="small", help="Validation accuracy by epoch, from 0 to 100%.", color="#E69F00", y_min=0, y_max=1
            ),
            **table_columns.configuration(table),
        },
        alt="All runs with their scores.",
    )
    return [run for run in shown if run.id in remembered]


def _name_deleted() -> None:
    """Names the selected runs that somebody else has deleted meanwhile, and forgets them."""
    selected = st.session_state.get(SELECTED)
    if selected is None:  # the page was opened with a link
        linked = [one for one in st.query_params.get_all(LINKED)[:MOST_LINKED] if runs.exists(one)]
        st.session_state[SELECTED] = selected = linked
    gone = [run_id for run_id in selected if not runs.exists(run_id)]
    if gone:
        selected = [run_id for run_id in selected if run_id not in gone]
        st.session_state[SELECTED] = selected
        own = st.session_state.pop(deleting.DELETED_HERE, ())
        for run_id in gone:
            if run_id not in own:
                st.warning(plain(trash.sentence(run_id)), icon=":material/delete:")
    if st.query_params.get_all(LINKED) != selected[:MOST_LINKED]:
        st.query_params[LINKED] = selected[:MOST_LINKED]


def _compare(selected: list[Run], rows: list[tuple[Run, Row]]) -> None:
    """Validation curves of the selected runs, their scores, and the settings in which they differ."""
    curves.show(selected)
    if len(selected) > 1:
        scores.show(selected, rows)
        st.header("Differing settings", anchor=False)
        settings_table.show(selected)


def _scatter(rows: list[tuple[Run, Row]]) -> None:
    """The accuracy of the runs against their size or time; nothing unless there are two to compare."""
    tested = [row for _, row in rows if row["test"] is not None and row["macro_f1"] is None]
    if len(tested) < 2:
        return
    st.header(
        "Accuracy and cost",
        anchor=False,
        help="Click a point to open its run. Among many, a dotted line joins the runs of a dataset that no other beats "
        "for less.",
    )
    choice = st.segmented_control(
        "Cost",
        list(COSTS),
        default=next(iter(COSTS)),
        required=True,
        key="runs-cost",
        bind="query-params",
        label_visibility="collapsed",
    )
    title, key = COSTS[choice]
    points = [
        RunPoint(row["name"], table_columns.data_title(row), cost, row["test"], run=row["id"])
        for row in tested
        if (cost := row[key])
    ]
    if not points:
        st.caption("Not recorded for these runs.")
        return
    event = st.plotly_chart(
        _scatter_figure(tuple(points), title),
        key="runs-scatter",
        on_select="rerun",
        selection_mode="points",
        config=figure_download.savable("runs"),
        alt=f"Test accuracy of {formatting.count(len(points), 'run')} against {title}.",
    )
    if run_id := _clicked(event.selection.points):
        links.go("train.py", run=run_id)


def _clicked(chosen: list) -> str:
    """The ID of the run whose point was clicked, which Streamlit gives as a list or a dictionary with keys "0", "1"."""
    about = chosen[0].get("customdata") if chosen else None
    return "" if not about else str(about["1"] if isinstance(about, dict) else about[1])


@lru_cache(32)
def _scatter_figure(points: tuple[RunPoint, ...], cost: str) -> StaticFigure:
    """Kept, because Plotly takes as long for it as the rest of the page."""
    return static(run_scatter(points, cost))
