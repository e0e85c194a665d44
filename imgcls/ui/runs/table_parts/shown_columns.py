"""The columns that the table shows without being asked: what a filter or the order names, tags, and own metrics."""

from collections.abc import Sequence

import streamlit as st

from imgcls.errors import SettingError
from imgcls.runs.index import conditions, names
from imgcls.ui.runs import table_columns
from imgcls.ui.runs.table_columns import COLUMNS, DEFAULT, Row

TAGS = "Tags"
MOST_OWN = 10
"""Own metrics with a column of their own accord; others are chosen in *View*."""


def with_named(columns: Sequence[str], rows: Sequence[Row], text: str, sort: str) -> list[str]:
    """The columns that the filter `text` and the order `sort` name, if these rows have such values, and the chosen.

    As long as nobody has chosen columns, also those of tags and own metrics, if any row has some.
    """
    own = table_columns.own_metrics(rows)
    named = [one for one in _named(rows, text, sort) if one not in columns]
    more: list[str] = []
    if tuple(columns) == DEFAULT:
        more += [TAGS] if any(row["tags"] for row in rows) else []
        more += list(own)[:MOST_OWN]
    return list(dict.fromkeys([*named, *columns, *more]))


def constant(columns: Sequence[str], rows: Sequence[Row]) -> dict[str, str]:
    """The dataset and the model, if all of several rows have the same and nobody has chosen columns: in a caption
    instead of two columns. Title of the column -> what all rows have."""
    if tuple(st.session_state.get("columns") or DEFAULT) != DEFAULT or len(rows) < 2:
        return {}
    found = {title: {COLUMNS[title].cell(row) for row in rows} for title in ("Dataset", "Model") if title in columns}
    return {title: cells.pop() for title, cells in found.items() if len(cells) == 1}


def _named(rows: Sequence[Row], text: str, sort: str) -> list[str]:
    try:
        asked = [one.name for one in conditions.read(text) if not isinstance(one, str)]
    except SettingError:  # the search says so
        asked = []
    resolved = [names.resolve(one) or one for one in asked]
    if sort not in COLUMNS:
        resolved.append(sort)
    present = {name for row in rows for name in row["settings"]}
    return [one for one in resolved if one in present and one not in ("data", "model")]
