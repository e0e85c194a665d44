"""The tags of the selected runs, in one dialog wherever runs are tagged: those they have, those that other runs have,
and new ones."""

from collections import Counter

import streamlit as st

from imgcls import runs, sharing
from imgcls.runs import Run
from imgcls.runs.annotations import notes, tags
from imgcls.runs.index import Query
from imgcls.runs.index.groups import grouped
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain

SUGGESTED = ("baseline", "keep", "broken")
"""Offered also while no run has them."""
MOST_OFFERED = 20
"""Existing tags with a button, the most frequent first; any other can be typed."""


@st.dialog("Tags", on_dismiss="rerun")
def ask(selected: list[Run]) -> None:
    """The dialog. It stays open while tags are added and removed with their buttons."""
    form(selected)


def form(selected: list[Run]) -> None:
    """What the dialog holds: Enter adds the tag that was typed."""
    counts = Counter(tag for run in selected for tag in notes.read(run).tags)
    if counts:
        st.caption("Press a tag to remove it from the selected runs.")
        _buttons(selected, {tag: _label(tag, count, len(selected)) for tag, count in counts.items()}, given=False)
    with st.form("runs-tag-form", border=False):
        name = st.text_input("New tag", key="runs-tag", max_chars=tags.LENGTH, placeholder="baseline")
        if st.form_submit_button("Add", type="primary"):
            with errors.shown():
                _change(selected, name or "", given=True)
                st.rerun()
    known = dict.fromkeys([*_existing(), *SUGGESTED])
    offered = [tag for tag in known if counts[tag] < len(selected)][:MOST_OFFERED]
    if offered:
        st.caption("Press a tag to add it.")
        _buttons(selected, {tag: tag for tag in offered}, given=True)


def _label(tag: str, count: int, of: int) -> str:
    return tag if count == of else f"{tag} · {count:,} of {of:,}"


def _buttons(selected: list[Run], labels: dict[str, str], *, given: bool) -> None:
    with st.container(horizontal=True, gap="small"):
        for tag, label in labels.items():
            st.button(
                plain(label),
                icon=":material/add:" if given else ":material/close:",
                key=f"{'add' if given else 'remove'}-tag-{tag}",
                help="Add" if given else "Remove",
                on_click=_press,
                args=(selected, tag, given),
            )


def _press(selected: list[Run], tag: str, given: bool) -> None:
    """A callback."""
    with errors.shown():
        _change(selected, tag, given=given)


def _change(selected: list[Run], tag: str, *, given: bool) -> None:
    for run in selected:
        if given != (tag in notes.read(run).tags):
            notes.tag(run, tag, given=given)


def _existing() -> list[str]:
    """The tags of all runs that the visitor sees."""
    only = tuple(run.id for run in runs.all_runs()) if sharing.is_shared() else None
    found = grouped(Query(archived=True, only=only), "tag")
    return [one.value for one in sorted(found, key=lambda one: (-one.runs, one.value))]
