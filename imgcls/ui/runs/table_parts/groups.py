"""The table of groups; the selected ones restrict the runs below it."""

import statistics
import zlib
from dataclasses import replace

import pyarrow as pa
import streamlit as st

from imgcls.languages import percentage
from imgcls.runs.index import Query
from imgcls.runs.index.query import Group, grouped
from imgcls.ui.runs import table_columns
from imgcls.ui.widgets import formatting

TITLES = {"data": "Dataset", "version": "Dataset version", "parent": "Parent run"}
FORMER = {"Data": "Dataset", "Version": "Dataset version", "Parent": "Parent run"}
"""What links and saved views of earlier versions call them."""
CHOSEN = "groups"
"""The selected groups, in the session and in the URL."""
SCORES = ("Best test (%)", "Mean test (%)", "Best validation (%)")
SPREAD = "Validation, mean ± SD (%)"
MIXED = "Only within one dataset: scores on different datasets have no meaningful mean."


def title(by: str) -> str:
    """What the page calls something to group by."""
    return TITLES.get(by) or by.replace("_", " ").capitalize()


def show(query: Query, by: str) -> Query:
    """Draws the groups of the runs that match; returns the query restricted to the selected ones.

    Raises:
        SettingError: the filter is invalid.
    """
    found = grouped(replace(query, limit=None), by)
    if not found:
        st.caption(f"No run has a value for “{title(by)}”.")
        return query
    names = [one.value for one in found]
    # Streamlit remembers the selection by row number, so other groups need another key.
    key = f"groups-{zlib.crc32(repr((by, names)).encode())}"

    def follow() -> None:
        st.session_state[CHOSEN] = [names[row] for row in st.session_state[key].selection.rows if row < len(names)]

    chosen = [name for name in st.session_state.setdefault(CHOSEN, st.query_params.get_all(CHOSEN)) if name in names]
    st.dataframe(
        table(found, by),
        hide_index=True,
        key=key,
        on_select=follow,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [names.index(one) for one in chosen], "columns": [], "cells": []}},
        height=min(400, 37 + 35 * len(found)),
        placeholder="–",
        column_config={name: st.column_config.NumberColumn(format="%.1f", help=MIXED) for name in SCORES},
        alt=f"Runs by {by.replace('_', ' ')}.",
    )
    if st.query_params.get_all(CHOSEN) != chosen:
        st.query_params[CHOSEN] = chosen
    if not chosen:
        return query
    return replace(query, exact=query.exact | {by: chosen})


def table(found: list[Group], by: str) -> pa.Table:
    """A row for each group. Of groups of several datasets it says so, in place of scores."""
    names = [table_columns.data_title({"data": one.value}) if by == "data" else one.value for one in found]
    content = {title(by): names, "Runs": [one.runs for one in found]}
    if by != "data":
        content["Dataset"] = pa.array([_of(one.datasets) for one in found], pa.string())
    scores = zip(*((one.best_test, one.mean_test, one.best) for one in found), strict=True)
    for name, values in zip(SCORES, scores, strict=True):
        content[name] = pa.array([None if one is None else percentage(one) for one in values], pa.float64())
    content[SPREAD] = pa.array([_spread(one) for one in found], pa.string())
    return pa.table(content | {"Newest": [formatting.age(one.newest) for one in found]})


def _spread(group: Group) -> str | None:
    """'91.2 ± 0.4 (n = 5)'; a single run has no standard deviation."""
    count = len(group.validated)
    if not count:
        return None
    deviation = f" ± {100 * statistics.stdev(group.validated):.1f}" if count > 1 else ""
    return f"{percentage(statistics.fmean(group.validated)):.1f}{deviation} (n = {count:,})"


def _of(datasets: tuple[str, ...]) -> str | None:
    if len(datasets) > 1:
        return f"{len(datasets)} datasets"
    return table_columns.data_title({"data": datasets[0]}) if datasets else None
