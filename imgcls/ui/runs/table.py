"""All runs as a table, and the comparison of the selected ones."""

from functools import lru_cache, partial

import streamlit as st

from imgcls import runs, sharing
from imgcls.charts.compared.run_scatter import WIDTH, RunPoint, run_scatter
from imgcls.runs import ENDED, Run, trash
from imgcls.runs.index import Found, Query, search, setting_names
from imgcls.system import paths, safe_csv
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.runs import cards, seeds, table_columns, table_controls
from imgcls.ui.runs.table_columns import MINE, Row
from imgcls.ui.runs.table_parts import (
    actions,
    archiving,
    curves,
    deleting,
    scores,
    sections,
    shown_columns,
    studies,
    table_rows,
)
from imgcls.ui.runs.table_parts.groups import Grouping
from imgcls.ui.runs.table_parts.table_rows import SELECTED
from imgcls.ui.widgets import formatting, settings_table, sharing_choice
from imgcls.ui.widgets.figures import run_points
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static

COSTS = {"Parameters": ("parameters", "parameters"), "Training time": ("training time, s", "training_seconds")}
"""Choice -> the title of the axis, and the column of the index."""
PHONE_WIDTH = 350
"""Pixels of a figure on a phone."""
OWNER = "owner"
LINKED, MOST_LINKED = "selected", 20
"""The selected runs in the URL."""


def show() -> list[str]:
    """The table, what can be done with the selected runs, and their comparison. Returns the IDs of its runs."""
    table_rows.open_clicked()
    with st.container():  # what comes and goes must not move the table to another place
        _name_deleted()
    only = tuple(run.id for run in runs.all_runs()) if sharing.is_shared() else None
    found, columns, layout, filters, grouping = table_controls.show(only)
    if found.refused:  # the warning says why
        return []
    rows = _rows_of(found)
    sort = st.session_state.get("sort") or table_controls.NEWEST
    columns = shown_columns.with_named(columns, [row for _, row in rows], st.session_state.get("q") or "", sort)
    if sharing.is_shared():
        rows = _of_owner(rows, filters)
    of_all = "" if found.total == found.everything else f" of {found.everything:,}"
    shown_only = f" The first {len(rows):,} are shown." if found.total > len(rows) else ""
    what = "card" if layout == table_controls.CARDS else "name"
    hint = f"Click a {what} to open its run; select runs to compare, rename or delete them."
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs-count"):
        same = {}
        if layout == table_controls.TABLE and grouping is None:
            same = shown_columns.constant(columns, [row for _, row in rows])
        of_same = f" All: {plain(' · '.join(same.values()))}." if same else ""
        table_controls.say_view()
        st.caption(f"{studies.count(found)}{of_all}.{shown_only}{of_same} {hint}", width="content")
        studies.say(found)
        archiving.say(found.archived)
    table = table_columns.table(rows, columns)
    with st.container():  # one place for both
        if not rows and found.everything and grouping is None:
            selected = []
            table_controls.no_hits(found.archived)
        elif layout == table_controls.CARDS:
            selected = cards.show(rows, SELECTED)
        else:
            selected = _in_table(rows, [one for one in columns if one not in same], filters, grouping)
    hidden = len(st.session_state.get(SELECTED, ())) - len(selected)
    is_in_sight = layout == table_controls.TABLE and (selected or hidden or archiving.has_notice())
    with st.container(key=f"runs-actions-{'in-sight' if is_in_sight else layout.lower()}"):
        if selected or hidden or layout == table_controls.TABLE:  # a card opens by itself
            settings = seeds.two_groups(selected)
            actions.show(selected, hidden, _clear, partial(seeds.ask, settings) if settings else None)
        archiving.notice(are_shown=bool(st.session_state.get(archiving.SHOWN)))
    st.download_button(
        "Download table (CSV)",
        lambda: safe_csv.csv_file(table.to_pydict()),
        "runs.csv",
        "text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )
    with st.container():
        if len(selected) == 2:
            seeds.warn(selected)
        _compare(selected, rows)
    _scatter(rows)
    return [run.id for run, _ in rows]


def _clear() -> None:
    """A callback: selects nothing."""
    st.session_state[SELECTED] = []


def _rows_of(found: Found) -> list[tuple[Run, Row]]:
    found_rows = ((_run(row), row) for row in studies.name_rows(found))
    return [
        (run, row if row["best"] is not None else row | {"best": _best_so_far(run, row)}) for run, row in found_rows
    ]


def _best_so_far(run: Run, row: Row) -> float | None:
    """The best validation accuracy of a run that has not ended, which has no result yet."""
    if row["last"] is None or row["state"] in ENDED:
        return None
    return (cached_curves.curves(run).best or {}).get("val_accuracy")


def _in_table(
    rows: list[tuple[Run, Row]], columns: list[str], filters: table_controls.Filters, grouping: Grouping | None
) -> list[Run]:
    """The table, or one for each open group; returns the selected runs that are in sight."""
    if grouping is None:
        return table_rows.show(rows, columns)
    known: dict[str, Run] = {}

    def draw(query: Query, name: str) -> None:
        of_group = _of_chosen_owner(_rows_of(search(query)), filters)
        known.update((run.id, run) for run, _ in of_group)
        table_rows.show(of_group, columns, name)

    sections.show(grouping, draw)
    return [known[one] for one in st.session_state.get(SELECTED, ()) if one in known]


def _run(row: Row) -> Run:
    return Run(paths.runs_folder() / row["id"]) if not row["shipped"] else runs.find(row["id"])


def _of_owner(rows: list[tuple[Run, Row]], filters: table_controls.Filters) -> list[tuple[Run, Row]]:
    """The rows of the owner who is chosen among the filters."""
    owners = {_owner(run) for run, _ in rows}
    filters.choose("Owner", OWNER, sorted(owners, key=lambda owner: (owner != MINE, owner)), str)
    return _of_chosen_owner(rows, filters)


def _of_chosen_owner(rows: list[tuple[Run, Row]], filters: table_controls.Filters) -> list[tuple[Run, Row]]:
    chosen = filters.chosen(OWNER) if sharing.is_shared() else None
    return rows if chosen is None else [(run, row) for run, row in rows if _owner(run) == chosen]


def _owner(run: Run) -> str:
    return sharing_choice.in_table(run.folder, MINE)


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
        "for less. Selected runs have a ring and their names.",
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
    settings = _settings(tested)
    points = [
        RunPoint(
            row["name"],
            table_columns.data_title(row),
            cost,
            row["test"],
            run=row["id"],
            is_marked=row["id"] in st.session_state.get(SELECTED, ()),
            setting=settings.get(row["repeats"], ""),
        )
        for row in tested
        if (cost := row[key])
    ]
    if not points:
        st.caption("Not recorded for these runs.")
        return
    run_points.show(
        _scatter_figure(tuple(points), title, PHONE_WIDTH if table_columns.is_phone() else WIDTH),
        key="runs-scatter",
        file_name="runs",
        alt=f"Test accuracy of {formatting.count(len(points), 'run')} against {title}.",
        at=1,
    )


def _settings(rows: list[Row]) -> dict[str, str]:
    """What the runs of each setting that was repeated with other seeds are called in common."""
    names: dict[str, dict[int, str]] = {}
    for row in rows:
        if row["repeats"] and row["name"] != row["id"]:
            names.setdefault(row["repeats"], {})[row["settings"].get("seed", 0)] = row["name"]
    return {key: common for key, found in names.items() if (common := setting_names.common_part(list(found.values())))}


@lru_cache(32)
def _scatter_figure(points: tuple[RunPoint, ...], cost: str, width: int) -> StaticFigure:
    """Kept, because Plotly takes as long for it as the rest of the page."""
    return static(run_scatter(points, cost, width=width))
