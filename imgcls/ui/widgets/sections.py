"""Closed sections of the form. Their titles summarise the current values; controls are created only when needed.

A hidden control costs up to 0.3 ms per rerun, and the form has twenty of them. But Streamlit removes a setting from the
URL when its control is not created, so a closed section is still filled while any of its settings differs from its
default: a setting that is omitted is at its default, and nothing is lost.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from imgcls.params import Param, Value

_titles: ContextVar[dict[str, str]] = ContextVar("titles")


@contextmanager
def titled() -> Iterator[None]:
    """Wraps all sections of a page: one style sheet at the end adds the current values to their titles."""
    titles: dict[str, str] = {}
    token = _titles.set(titles)
    try:
        yield
    finally:
        _titles.reset(token)
    rules = (f"{_title(key)}::after{{content:{_quoted(present)}}}" for key, present in titles.items())
    st.html(f"<style>{''.join(rules)}</style>")


def describe(key: str, present: str) -> None:
    """Adds the `present` values to the title of the section with this key."""
    _titles.get()[key] = present


def _title(key: str) -> str:
    """The title of a section, not those of the sections in it."""
    return f".st-key-{key}>*>details>summary p"


def _quoted(present: str) -> str:
    return json.dumps(f": {present}", ensure_ascii=False).replace("<", r"\3c ")


@contextmanager
def section(
    title: str, key: str, icon: str, params: Sequence[Param], *, prefix: str = "", present: str = ""
) -> Iterator[bool]:
    """A section whose title is followed by the `present` values; yields whether its controls must be created.

    The label itself must stay the same: with another one, Streamlit would treat it as another section, closing it and
    losing the keyboard focus. So the style sheet adds the current values; screen readers read them too.
    """
    with st.expander(title, key=key, icon=icon, on_change="rerun") as expander:
        yield expander.open or _are_set({prefix + param.name: param.default for param in params})
    if present:
        describe(key, present)


def defaults(params: Iterable[Param]) -> dict[str, Value]:
    """The values of the controls of a section that is not filled."""
    return {param.name: param.default for param in params}


def _are_set(controls: Mapping[str, Value]) -> bool:
    """Whether the URL or the session has a non-default value for any of these keys."""
    if not controls.keys().isdisjoint(st.query_params.keys()):
        return True
    return any(st.session_state.get(key, default) != default for key, default in controls.items())
