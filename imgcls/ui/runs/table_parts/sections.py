"""The groups of runs as sections that can be opened and closed; only open ones cost anything."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from imgcls.runs.index import Query, search
from imgcls.runs.index.query import GROUPS
from imgcls.ui.app.errors import plain
from imgcls.ui.runs.table_parts import groups, studies
from imgcls.ui.runs.table_parts.groups import OPEN, Group, Grouping
from imgcls.ui.widgets import formatting

WITHOUT = "(none)"
"""The runs without a value, in the URL."""
WITHOUT_TITLES = {"repeats": "Not finished, or not tested"}
MOST_OPEN = 20
"""Sections that are opened at once, and that a link opens."""


def show(grouping: Grouping, draw: Callable[[Query, str], None]) -> None:
    """A section for each group, or for each selected one. `draw` draws the runs that match a query, of that name."""
    titles = groups.titles(grouping.groups, grouping.by)
    if grouping.by not in GROUPS:  # a number alone would not say of what
        titles = [f"{groups.title(grouping.by)} {title}" for title in titles]
    sections: list[tuple[str | None, str, str, str]] = [
        (one.value, title or "–", _count(grouping, one), _score(one))
        for one, title in zip(grouping.groups, titles, strict=True)
        if not grouping.chosen or one.value in grouping.chosen
    ]
    others = search(grouping.of([None]))
    if not grouping.chosen and others.total:
        sections.append(
            (
                None,
                WITHOUT_TITLES.get(grouping.by) or f"No {groups.title(grouping.by).lower()}",
                studies.count(others),
                "",
            )
        )
    _all_at_once(grouping, [name for name, *_ in sections])
    linked = st.query_params.get_all(OPEN)[:MOST_OPEN]
    opened = []
    for name, title, number, score in sections:
        key = groups.section_key(grouping.by, name)
        if key not in st.session_state:
            st.session_state[key] = _word(name) in linked or name in grouping.chosen
        label = " · ".join(part for part in (f"**{plain(title)}**", number, score) if part)
        with st.expander(label, key=key, on_change="rerun") as section:
            if section.open:
                opened.append(_word(name))
                draw(grouping.of([name]), title)
    if opened != linked:
        st.query_params[OPEN] = opened[:MOST_OPEN]


def _all_at_once(grouping: Grouping, names: list[str | None]) -> None:
    """Buttons that open and close all sections."""
    if len(names) < 2:
        return
    with st.container(horizontal=True, gap="small"):
        for label, icon, is_open in (("Expand all", "unfold_more", True), ("Collapse all", "unfold_less", False)):
            st.button(
                label,
                icon=f":material/{icon}:",
                key=f"runs-sections-{icon}",
                type="tertiary",
                on_click=_set,
                args=(grouping.by, names, is_open),
            )


def _set(by: str, names: list[str | None], is_open: bool) -> None:
    """A callback."""
    for name in names[: MOST_OPEN if is_open else None]:
        st.session_state[groups.section_key(by, name)] = is_open


def _count(grouping: Grouping, group: Group) -> str:
    """As many rows as the table of the section has: a study is one."""
    if grouping.query.trials:
        return formatting.count(group.runs, "run")
    return studies.count(search(replace(grouping.of([group.value]), limit=0)))


def _word(name: str | None) -> str:
    return WITHOUT if name is None else name


def _score(group: Group) -> str:
    """The validation accuracy of the group, as in the table of groups."""
    text = groups.spread(group)
    return f"validation {text.replace(' (', '% (')}" if text else ""
