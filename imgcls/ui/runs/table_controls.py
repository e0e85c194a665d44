"""What stands above the table of runs in one line: search, filters, order, columns, groups, saved views.

All of it is in the URL.
"""

import html
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pyarrow as pa
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from imgcls import models
from imgcls.errors import SettingError
from imgcls.languages import percentage
from imgcls.runs.index import Found, Query, search, views
from imgcls.runs.index.query import GROUPS, Group, grouped
from imgcls.sharing import Action
from imgcls.ui.app import link_settings
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.runs import run_list, table_columns
from imgcls.ui.runs.table_columns import COLUMNS, DEFAULT
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting

GROUP_TITLES = {"data": "Dataset", "version": "Dataset version", "parent": "Parent run"}
FORMER_GROUPS = {"Data": "Dataset", "Version": "Dataset version", "Parent": "Parent run"}
"""What links and saved views of earlier versions call them."""
MOST_ROWS = 1_000
"""Rows that the browser gets; a filter or another order shows others."""
KNOWN = 20
"""The settings of so many of the newest runs are offered as columns."""
FILTERS = ("state", "data", "model")
DOWN, UP = "Descending", "Ascending"
NEWEST = "Started"
CHOSEN = "groups"
"""The selected groups, in the session and in the URL."""
LAYOUTS = CARDS, TABLE = "Cards", "Table"
MOST_AT_FIRST = 9
"""With more runs than this, a visitor sees the table first."""
FIRST_LAYOUT = "runs-first-layout"
"""Session key: the layout never changes by itself when there are more runs."""
KEYS = (
    *("q", "layout", "columns", "sort", "order", "group", CHOSEN, "archived"),
    *("filter-state", "filter-data", "filter-model"),
)
"""The controls, in the session and in the URL."""
OPEN_VIEW = '<a class="link-button" href="?{}" target="_self">Open view</a>'
"""A visit of its own, as a link from elsewhere: Streamlit lets no code change URL parameters of controls on a page."""
HELP = """The search field also takes conditions, all of which must hold:

- `noisy`: in the name, the ID or the note
- `model=cnn`, `data!=digits`, `tag=baseline`, `study=…`
- `learning_rate<=0.01`, `test>0.95`: any column or setting; scores are fractions
- `note="loss jumps"`: quotes keep words together"""


@dataclass(frozen=True)
class Filters:
    """Where filters are chosen, and where the active ones are named."""

    popover: DeltaGenerator
    chips: DeltaGenerator

    def choose(self, label: str, name: str, values: list[Any], text_of: Callable[[Any], str]) -> Any:
        """Pills for one filter; the chosen value is a chip, which removes it. Nothing if there is no choice."""
        key = f"filter-{name}"
        with self.popover:
            chosen = run_list.filter_by(label, values, text_of, key=key)
        if chosen is not None:
            text = f"{label}: {plain(text_of(chosen))}"
            with self.chips:
                st.button(
                    text, icon=":material/close:", key=f"remove-{name}", on_click=_remove, args=(key,), help="Remove"
                )
        return chosen


def show(only: tuple[str, ...] | None) -> tuple[Found, list[str], str, Filters]:
    """Draws the controls; the runs that match, the columns to show, the layout, the filters. `only`: as in `Query`."""
    offered = search(Query(archived=bool(st.session_state.get("archived")), limit=KNOWN, only=only), values_of=FILTERS)
    with st.container(horizontal=True, vertical_alignment="center", key="runs-controls"):
        text = st.text_input(
            "Search",
            key="q",
            bind="query-params",
            placeholder="Search: words, model=cnn, test>0.95, tag=…",
            icon=":material/search:",
            label_visibility="collapsed",
        )
        chips = st.container(horizontal=True, width="content", gap="small", key="runs-chips")
        popover = st.popover("Filters", icon=":material/filter_list:", key="runs-filters")
        _more(table_columns.settings_of(offered.rows))
        layout = _layout(offered.everything)
    filters, values = Filters(popover, chips), offered.values
    exact = {
        "state": filters.choose("State", "state", values["state"], lambda one: formatting.STATES[one][0]),
        "data": filters.choose("Dataset", "data", values["data"], lambda one: table_columns.data_title({"data": one})),
        "model": filters.choose("Model", "model", values["model"], models.title),
    }
    owners = popover.container()
    popover.caption(HELP)
    query = Query(
        text=text or "",
        sort=_sort_of(st.session_state.get("sort") or NEWEST),
        descending=(st.session_state.get("order") or DOWN) == DOWN,
        archived=bool(st.session_state.get("archived")),
        limit=MOST_ROWS,
        only=only,
        exact={name: value for name, value in exact.items() if value},
    )
    try:
        if by := st.session_state.get("group"):
            query = _groups(query, by)
        else:
            st.query_params.pop(CHOSEN, None)
        found = search(query)
    except SettingError as error:
        st.warning(plain(str(error)), icon=":material/filter_list_off:")
        found = search(replace(query, text=""))
    return found, list(st.session_state.get("columns") or DEFAULT), layout, replace(filters, popover=owners)


def _remove(key: str) -> None:
    """A callback."""
    st.session_state[key] = None


def _layout(runs: int) -> str:
    """Cards or the table."""
    first = st.session_state.setdefault(FIRST_LAYOUT, CARDS if runs <= MOST_AT_FIRST else TABLE)
    return st.segmented_control(
        "Layout",
        LAYOUTS,
        default=first,
        required=True,
        key="layout",
        bind="query-params",
        label_visibility="collapsed",
    )


def _more(known: list[str]) -> None:
    """Columns, order, groups and views, behind one button."""
    with st.popover("View", icon=":material/tune:", key="runs-view"):
        # A link may name a setting that none of the newest runs has.
        named = [one.replace(" ", "_") for one in st.query_params.get_all("columns") if one not in COLUMNS]
        named = [one for one in named if one.isidentifier()]
        columns = list(dict.fromkeys([*COLUMNS, *known, *named]))
        sortable = [*COLUMNS, *known]
        for key, options in (("columns", columns), ("sort", sortable)):
            link_settings.accept_names(key, {one: _words(one) for one in options})
        groups = [*GROUPS, *(one for one in known if one not in GROUPS)]
        link_settings.accept_names("group", FORMER_GROUPS | {one: _group_title(one) for one in groups})
        st.multiselect(
            "Columns",
            columns,
            default=list(DEFAULT),
            key="columns",
            bind="query-params",
            format_func=_words,
        )
        st.selectbox(
            "Sort by",
            sortable,
            index=sortable.index(NEWEST),
            key="sort",
            bind="query-params",
            format_func=_words,
        )
        st.segmented_control("Order", [DOWN, UP], default=DOWN, required=True, key="order", bind="query-params")
        st.selectbox(
            "Group by",
            groups,
            index=None,
            key="group",
            bind="query-params",
            format_func=_group_title,
            placeholder="Do not group",
        )
        st.toggle("Show archived runs", key="archived", bind="query-params")
        _views()


def _group_title(by: str) -> str:
    return GROUP_TITLES.get(by) or _words(by).capitalize()


def _words(column: str) -> str:
    return column.replace("_", " ")


def _sort_of(title: str) -> str:
    return COLUMNS[title].sort if title in COLUMNS else title


def _groups(query: Query, by: str) -> Query:
    """The groups as a table; the selected ones restrict the runs below it."""
    found = grouped(replace(query, limit=None), by)
    if not found:
        st.caption(f"No run has a value for “{_group_title(by)}”.")
        return query
    names = [one.value for one in found]
    # Streamlit remembers the selection by row number, so other groups need another key.
    key = f"groups-{zlib.crc32(repr((by, names)).encode())}"

    def follow() -> None:
        st.session_state[CHOSEN] = [names[row] for row in st.session_state[key].selection.rows if row < len(names)]

    chosen = [name for name in st.session_state.setdefault(CHOSEN, st.query_params.get_all(CHOSEN)) if name in names]
    st.dataframe(
        _group_table(found, by),
        hide_index=True,
        key=key,
        on_select=follow,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [names.index(one) for one in chosen], "columns": [], "cells": []}},
        height=min(400, 37 + 35 * len(found)),
        placeholder="–",
        column_config={
            name: st.column_config.NumberColumn(format="%.1f")
            for name in ("Best test (%)", "Mean test (%)", "Best validation (%)")
        },
        alt=f"Runs by {_words(by)}.",
    )
    if st.query_params.get_all(CHOSEN) != chosen:
        st.query_params[CHOSEN] = chosen
    if not chosen:
        return query
    return replace(query, exact=query.exact | {by: chosen})


def _group_table(found: list[Group], by: str) -> pa.Table:
    names = [table_columns.data_title({"data": one.value}) if by == "data" else one.value for one in found]
    scores = {
        "Best test (%)": [one.best_test for one in found],
        "Mean test (%)": [one.mean_test for one in found],
        "Best validation (%)": [one.best for one in found],
    }
    return pa.table(
        {
            _group_title(by): names,
            "Runs": [one.runs for one in found],
            **{
                title: pa.array([None if one is None else percentage(one) for one in values], pa.float64())
                for title, values in scores.items()
            },
            "Newest": [formatting.age(one.newest) for one in found],
        }
    )


def _views() -> None:
    """The saved views: open one, save the present one, remove one."""
    saved = views.read()
    if saved:
        name = st.selectbox("Saved view", list(saved), index=None, key="view-name", placeholder="Choose a view")
        with st.container(horizontal=True, vertical_alignment="center"):
            if name is not None:
                st.html(OPEN_VIEW.format(html.escape(_known(saved[name]))), width="content")
            may_remove = rights.button(Action.SAVE_VIEW, disabled=name is None)
            if st.button("Remove view", type="tertiary", **may_remove) and name:
                with shown():
                    views.save(name, None)
                    st.rerun()
    new = st.text_input("Save this view as", key="view-new", max_chars=30, placeholder="Name")
    if st.button("Save view", **rights.button(Action.SAVE_VIEW, disabled=not new)) and new:
        with shown():
            pairs = [(key, one) for key in KEYS for one in st.query_params.get_all(key)]
            views.save(new, urlencode(pairs))
            st.toast("View saved.", icon=":material/bookmark:")


def _known(query: str) -> str:
    """The parameters of a URL query that belong to the controls of this page."""
    return urlencode([(key, value) for key, value in parse_qsl(query) if key in KEYS])
