"""What stands above the table of runs in one line: search, filters, order, columns, groups, saved views.

All of it is in the URL.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from imgcls import models
from imgcls.errors import SettingError
from imgcls.runs.index import Found, Query, names, search
from imgcls.runs.index.groups import grouped
from imgcls.runs.index.query import GROUPS, archived_left_out
from imgcls.ui.app import link_settings
from imgcls.ui.app.errors import plain
from imgcls.ui.app.lessons import stored
from imgcls.ui.runs import run_list, table_columns
from imgcls.ui.runs.table_columns import COLUMNS, DEFAULT, PICTURES
from imgcls.ui.runs.table_parts import archiving, closed_popovers, groups, saved_views, studies, table_rows
from imgcls.ui.runs.table_parts.groups import Grouping
from imgcls.ui.widgets import formatting

MOST_ROWS = 1_000
"""Rows that the browser gets; a filter or another order shows others."""
KNOWN = 20
"""The settings of so many of the newest runs are offered as columns."""
VALUES = ("state", "study", "data", "model")
"""Columns whose values are offered as filters."""
FILTERS = (*VALUES, "tags")
DOWN, UP = "Descending", "Ascending"
NEWEST = "Started"
LAYOUT = "layout"
"""In the session and in the URL."""
LAYOUTS = CARDS, TABLE = "Cards", "Table"
MOST_AT_FIRST = 9
"""With more runs than this, a visitor sees the table first."""
FIRST_LAYOUT = "runs-first-layout"
"""Session key: the layout that a visit without one in its link shows. It never changes by itself when there are more
runs, and is the last one that the visitor has chosen: Streamlit forgets a control that another page does not have."""
KEYS = (
    *("q", "layout", "columns", table_rows.COMPACT, "sort", "order", "group", groups.CHOSEN, groups.OPEN),
    *("archived", studies.TRIALS, *(f"filter-{name}" for name in FILTERS)),
)
"""The controls, in the session and in the URL."""
HELP = """The search field also takes conditions, all of which must hold:

- `noisy`: in the name, the ID or the note
- `model=cnn`, `dataset!=digits`, `tag=baseline`, `study=…`
- `learning_rate<=0.01` or `Learning rate <= 0.01`: any column or setting
- `test>0.95` or `test>95%`
- `note="loss jumps"`: quotes keep words together

**Columns:** {columns}.

**Settings:** {settings}."""


@dataclass(frozen=True)
class Filters:
    """Where filters are chosen, and where the active ones are named."""

    popover: DeltaGenerator
    chips: DeltaGenerator

    def choose(self, label: str, name: str, values: list[Any], text_of: Callable[[Any], str], *, least: int = 2) -> Any:
        """Pills for one filter; the chosen value is a chip, which removes it. None with fewer than `least` values."""
        key = f"filter-{name}"
        with self.popover:
            chosen = run_list.filter_by(label, values, text_of, key=key, least=least)
        if chosen is not None:
            text = f"{label}: {plain(text_of(chosen))}"
            with self.chips:
                st.button(
                    text, icon=":material/close:", key=f"remove-{name}", on_click=_remove, args=(key,), help="Remove"
                )
        return chosen

    def chosen(self, name: str) -> Any:
        """The value of a filter that has been drawn; None if it leaves all runs."""
        return st.session_state.get(f"filter-{name}")


def show(only: tuple[str, ...] | None) -> tuple[Found, list[str], str, Filters, Grouping | None]:
    """Draws the controls; the runs that match, the columns to show, the layout, the filters, and the groups if there
    are any. `only`: as in `Query`."""
    closed_popovers.keep()
    _take_back()
    # A table saved on a computer is not what a phone should begin with.
    saved_views.open_default(KEYS, left_out=(LAYOUT,) if table_columns.is_phone() else ())
    wanted = Query(archived=bool(st.session_state.get("archived")), limit=KNOWN, only=only, trials=False)
    offered = search(wanted, values_of=VALUES)
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
        popover = _popover("Filters", "filter_list", closed_popovers.FILTERS)
        _more(table_columns.settings_of(offered.rows), table_columns.own_metrics(offered.rows))
        layout = _layout(offered.everything)
    filters, values = Filters(popover, chips), offered.values
    exact = {
        "state": filters.choose("State", "state", values["state"], lambda one: formatting.STATES[one][0]),
        "tag": filters.choose("Tag", "tags", _tags(wanted), str, least=1),
        "study": filters.choose("Study", "study", values["study"], studies.title, least=1),
        "data": filters.choose("Dataset", "data", values["data"], lambda one: table_columns.data_title({"data": one})),
        "model": filters.choose("Model", "model", values["model"], models.title),
    }
    closed_popovers.drawn()
    owners = popover.container()
    with popover.expander("Search by conditions", icon=":material/help:"):
        st.caption(HELP.format(columns=", ".join(names.ON_SCREEN), settings=", ".join(names.settings())))
    with chips:
        studies.chip()
        archiving.chip()
    by = st.session_state.get("group")
    query = Query(
        text=text or "",
        sort=_sort_of(st.session_state.get("sort") or NEWEST),
        descending=(st.session_state.get("order") or DOWN) == DOWN,
        archived=bool(st.session_state.get("archived")),
        limit=MOST_ROWS,
        only=only,
        exact={name: value for name, value in exact.items() if value},
        trials=studies.are_trials_wanted(text or "", by) or bool(exact["study"]),
    )
    grouping = None
    try:
        if by:
            grouping = groups.show(query, by)
            query = grouping.chosen_only()
        else:
            for name in (groups.CHOSEN, groups.OPEN):
                st.query_params.pop(name, None)
        found = archived_left_out(query, search(query))
    except SettingError as error:  # with all runs below it, the message would look like a remark on a filter that works
        st.warning(plain(str(error)), icon=":material/filter_list_off:")
        found = replace(search(replace(query, text="", limit=0)), total=0, studies={}, refused=True)
    columns = list(st.session_state.get("columns") or DEFAULT)
    return found, columns, layout, replace(filters, popover=owners), grouping


def _tags(query: Query) -> list[str]:
    """The tags of the runs, the most frequent first."""
    found = grouped(replace(query, limit=None, trials=True), "tag")
    return [one.value for one in sorted(found, key=lambda one: (-one.runs, one.value))]


def _take_back() -> None:
    """Controls that a step of a lesson sets, or that it had set and that get back what they had."""
    for name, value in st.session_state.pop(stored.RETURNED, {}).items():
        if name == "columns":
            closed_popovers.put(name, list(value or DEFAULT))
        elif value is not None and name in KEYS:
            st.session_state[name] = value


def say_view() -> None:
    """Which saved view is shown, and whether it has been changed; call it after the controls."""
    saved_views.say(KEYS, left_out=(groups.OPEN, *((LAYOUT,) if table_columns.is_phone() else ())))


def _popover(label: str, icon: str, key: str) -> DeltaGenerator:
    return st.popover(
        label, icon=f":material/{icon}:", key=key, on_change=closed_popovers.opened_or_closed, args=(key,)
    )


def _remove(key: str) -> None:
    """A callback."""
    closed_popovers.put(key, None, closed_popovers.FILTERS)


def no_hits(archived: int) -> None:
    """What was searched for in vain, in place of an empty table. `archived`: so many archived runs match."""
    asked = [st.session_state.get("q"), *(st.session_state.get(f"filter-{name}") for name in FILTERS)]
    text = ", ".join(f"“{plain(str(one))}”" for one in asked if one)
    more = f" {formatting.count(archived, 'archived run')} would." if archived else ""
    st.markdown(f"No run matches {text or 'these filters'}.{more}")
    st.button("Clear filter", icon=":material/filter_list_off:", key="runs-clear-filter", on_click=_clear_filter)


def _clear_filter() -> None:
    """A callback."""
    st.session_state["q"] = ""
    for name in FILTERS:
        if f"filter-{name}" in st.session_state:
            closed_popovers.put(f"filter-{name}", None, closed_popovers.FILTERS)


def _layout(runs: int) -> str:
    """Cards or the table: always in the URL, because whoever opens the link may have another number of runs."""
    are_cards = runs <= MOST_AT_FIRST or table_columns.is_phone()
    first = st.session_state.setdefault(FIRST_LAYOUT, CARDS if are_cards else TABLE)
    linked = st.query_params.get(LAYOUT)
    st.session_state.setdefault(LAYOUT, linked if linked in LAYOUTS else first)
    layout = st.segmented_control("Layout", LAYOUTS, required=True, key=LAYOUT, label_visibility="collapsed") or first
    st.session_state[FIRST_LAYOUT] = layout
    if linked != layout:
        st.query_params[LAYOUT] = layout
    return layout


def _more(known: list[str], own: dict[str, str]) -> None:
    """Columns, order, groups and views, behind one button. `own`: metrics, see `table_columns.own_metrics`."""

    def words(column: str) -> str:
        return own.get(column, column.replace("_", " "))

    former = table_columns.FORMER | {one.replace("_", " "): name for one, name in own.items()}
    with _popover("View", "tune", closed_popovers.VIEW):
        saved_views.show(KEYS)  # used most often; at the end, one would have to scroll to it
        # A link may name a setting that none of the newest runs has.
        named = [one.replace(" ", "_") for one in st.query_params.get_all("columns") if one not in COLUMNS]
        named = [one for one in named if one.isidentifier() and one not in table_columns.FORMER]
        columns = list(dict.fromkeys([*PICTURES, *COLUMNS, *known, *named]))
        sortable = [*COLUMNS, *known]
        for key, options in (("columns", columns), ("sort", sortable)):
            link_settings.accept_names(key, former | {one: words(one) for one in options})
        grouped = [*GROUPS, *(one for one in known if one not in GROUPS)]
        link_settings.accept_names("group", groups.FORMER | {one: groups.title(one) for one in grouped})
        st.multiselect(
            "Columns",
            columns,
            default=list(DEFAULT),
            key="columns",
            bind="query-params",
            format_func=words,
        )
        st.selectbox(
            "Sort by",
            sortable,
            index=sortable.index(NEWEST),
            key="sort",
            bind="query-params",
            format_func=words,
        )
        st.segmented_control("Order", [DOWN, UP], default=DOWN, required=True, key="order", bind="query-params")
        st.selectbox(
            "Group by",
            grouped,
            index=None,
            key="group",
            bind="query-params",
            format_func=groups.title,
            placeholder="Do not group",
        )
        st.toggle("Compact rows", key=table_rows.COMPACT, bind="query-params")
        studies.switch()
        st.toggle("Show archived runs", key=archiving.SHOWN, bind="query-params")


def _sort_of(title: str) -> str:
    return COLUMNS[title].sort if title in COLUMNS else title
