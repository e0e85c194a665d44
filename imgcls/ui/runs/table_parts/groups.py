"""The table of groups; the selected ones restrict the runs below it. `sections` has the runs of each group."""

import contextlib
import math
import statistics
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pyarrow as pa
import streamlit as st

from imgcls import runs
from imgcls.errors import UserError
from imgcls.languages import percentage
from imgcls.runs.index import Query, search, setting_names
from imgcls.runs.index.groups import Group, grouped
from imgcls.ui.runs import table_columns
from imgcls.ui.widgets import formatting

TITLES = {
    "data": "Dataset",
    "version": "Dataset version",
    "parent": "Parent run",
    "repeats": "Settings except the seed",
}
FORMER = {"Data": "Dataset", "Version": "Dataset version", "Parent": "Parent run"}
"""What links and saved views of earlier versions call them."""
CHOSEN = "groups"
"""The selected groups, in the session and in the URL."""
OPEN = "open"
"""The groups whose sections are open, in the URL."""
SCORES = ("Best test (%)", "Mean test (%)", "Best validation (%)")
SPREAD, OWN_SPREAD = "Validation, mean ± SD (%)", ", mean ± SD"
MOST_NAMES = 2_000
"""Runs whose names are read for those of the groups."""
MOST_OWN = 10
"""Metrics of the user's own code with a column."""
OWN_HELP = "The last value that your own code recorded, over the runs that have one."
ONE_A_SEED = " Of several runs with the same seed, the newest counts."
MIXED = "Only within one dataset: scores on different datasets have no meaningful mean."


def title(by: str) -> str:
    """What the page calls something to group by."""
    return TITLES.get(by) or by.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Grouping:
    """The runs that match `query` in groups by a column or a setting, and the names of the selected ones."""

    query: Query
    by: str
    groups: list[Group]
    chosen: list[str]

    def chosen_only(self) -> Query:
        """All runs, or those of the selected groups."""
        return self.of(self.chosen) if self.chosen else self.query

    def of(self, names: Sequence[str | None]) -> Query:
        """The runs of some groups; None for those without a value."""
        return replace(self.query, exact=self.query.exact | {self.by: list(names)})


def section_key(by: str, name: str | None) -> str:
    """The key of the section of a group: whether it is open, in the session."""
    return f"runs-section-{zlib.crc32(repr((by, name)).encode())}"


def show(query: Query, by: str) -> Grouping:
    """Draws the groups of the runs that match. Selecting one opens its section.

    Raises:
        SettingError: the filter is invalid.
    """
    found = grouped(replace(query, limit=None), by)
    if not found:
        st.caption(f"No run has a value for “{title(by)}”.")
        return Grouping(query, by, [], [])
    names = [one.value for one in found]
    # Streamlit remembers the selection by row number, so other groups need another key.
    key = f"groups-{zlib.crc32(repr((by, names)).encode())}"

    def follow() -> None:
        before = st.session_state.get(CHOSEN, ())
        st.session_state[CHOSEN] = [names[row] for row in st.session_state[key].selection.rows if row < len(names)]
        for name in st.session_state[CHOSEN]:
            if name not in before:
                st.session_state[section_key(by, name)] = True

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
        column_config=_configuration(table(found, by).column_names, by),
        alt=f"Runs by {by.replace('_', ' ')}.",
    )
    if st.query_params.get_all(CHOSEN) != chosen:
        st.query_params[CHOSEN] = chosen
    return Grouping(query, by, found, chosen)


def _configuration(names: Sequence[str], by: str) -> dict[str, Any]:
    """How Streamlit shows the columns: scores stand below each other, digit by digit."""
    more = ONE_A_SEED if by == "repeats" else ""
    spreads = {
        name: st.column_config.TextColumn(alignment="right", help=(MIXED if name == SPREAD else OWN_HELP) + more)
        for name in names
        if name == SPREAD or name.endswith(OWN_SPREAD)
    }
    return {name: st.column_config.NumberColumn(format="%.1f", help=MIXED) for name in SCORES} | spreads


def table(found: list[Group], by: str) -> pa.Table:
    """A row for each group. Of groups of several datasets it says so, in place of scores."""
    content = {title(by): titles(found, by), "Runs": [one.runs for one in found]}
    if by != "data":
        content["Dataset"] = pa.array([_of(one.datasets) for one in found], pa.string())
    scores = zip(*((one.best_test, one.mean_test, one.best) for one in found), strict=True)
    for name, values in zip(SCORES, scores, strict=True):
        content[name] = pa.array([None if one is None else percentage(one) for one in values], pa.float64())
    content[SPREAD] = pa.array([spread(one) for one in found], pa.string())
    for name in list(dict.fromkeys(name for one in found for name in one.own))[:MOST_OWN]:
        texts = [_mean(values := one.own.get(name, ()), _significant(values)) for one in found]
        content[f"{name}{OWN_SPREAD}"] = pa.array(texts, pa.string())
    return pa.table(content | {"Newest": [formatting.age(one.newest) for one in found]})


def titles(found: list[Group], by: str) -> list[str]:
    """What the page calls the groups."""
    if by == "data":
        return [table_columns.data_title({"data": one.value}) for one in found]
    if by == "model":
        return [table_columns.model_title({"model": one.value}) for one in found]
    if by != "repeats":
        return [one.value for one in found]
    members: dict[str, list[str]] = {one.value: [] for one in found}
    for row in search(Query(exact={"repeats": list(members)}, archived=True, limit=MOST_NAMES)).rows:
        if row["name"] != row["id"]:
            members[row["repeats"]].append(row["name"])
    return _of_settings(
        tuple(one.example for one in found), tuple(setting_names.common_part(one) for one in members.values())
    )


@lru_cache(32)
def _of_settings(examples: tuple[str, ...], common: tuple[str, ...]) -> list[str]:
    """The settings of these runs in a few words; the settings of a run never change."""
    configs = []
    for run_id in examples:
        with contextlib.suppress(UserError):
            configs.append(runs.find(run_id).config)
    names = setting_names.of_settings(configs, common if len(configs) == len(examples) else ())
    return names if len(names) == len(examples) else list(examples)  # one was deleted meanwhile


def spread(group: Group) -> str | None:
    """'91.2 ± 0.4 (n = 5)'; a single run has no standard deviation."""
    return _mean([percentage(one) for one in group.validated], "{:.1f}".format)


def _mean(values: Sequence[float], written: Callable[[float], str]) -> str | None:
    """The mean and the standard deviation, of so many values; None of none."""
    if not values:
        return None
    deviation = f" ± {written(statistics.stdev(values))}" if len(values) > 1 else ""
    return f"{written(statistics.fmean(values))}{deviation} (n = {len(values):,})"


def _significant(values: Sequence[float]) -> Callable[[float], str]:
    """How to write values of the user's own code, whose unit nobody knows: so that their mean has three digits."""
    mean = abs(statistics.fmean(values)) if values else 0.0
    if not mean:
        return "{:.2f}".format
    if not 1e-4 <= mean < 1e6:
        return "{:.2e}".format
    return f"{{:,.{max(0, 2 - math.floor(math.log10(mean)))}f}}".format


def _of(datasets: tuple[str, ...]) -> str | None:
    if len(datasets) > 1:
        return f"{len(datasets)} datasets"
    return table_columns.data_title({"data": datasets[0]}) if datasets else None
