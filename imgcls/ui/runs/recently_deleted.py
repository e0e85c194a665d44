"""The list of what was deleted in the last day, of runs and of studies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting

ActionButton = tuple[str, str, Callable[[Any], Any]]
"""Its icon, its label, and what it does with an entry."""


@dataclass(frozen=True)
class Deleted:
    """An entry: its name, a key that no other has, when it was deleted, and what `actions` are called with."""

    name: str
    key: str
    at: float
    item: Any


def show(what: str, key: str, found: Sequence[Deleted], actions: Sequence[ActionButton]) -> None:
    """The list, folded; nothing if it is empty. Each entry has these buttons."""
    if not found:
        return
    with st.expander(f"Recently deleted ({len(found)})", icon=":material/restore_from_trash:", key=key):
        st.caption(f"Deleted {what} are kept for a day.")
        for one in found:
            name, buttons = st.columns([3, 2], vertical_alignment="center")
            name.markdown(f"{plain(one.name)} :gray[:small[{plain(f'deleted {formatting.age(one.at)}')}]]")
            with buttons, st.container(horizontal=True, gap="small", horizontal_alignment="right"):
                for icon, label, action in actions:
                    st.button(
                        label,
                        icon=icon,
                        key=f"{label}-{one.key}",
                        type="tertiary",
                        on_click=attempt,
                        args=(action, one.item),
                    )


def attempt(action: Callable[[Any], Any], item: Any) -> None:
    """A callback: does it, or says why not."""
    with errors.shown():
        action(item)
