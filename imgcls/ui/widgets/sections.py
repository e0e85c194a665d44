"""Closed sections of the form. Their titles tell their present values; their controls are made when they are needed.

A control that nobody sees costs a rerun up to 0.3 ms, and the form has twenty of them. But Streamlit takes a setting
out of the URL as soon as its control is not made, so a section is also filled while one of its settings is not at its
default: what is left out is at its default, and nothing can be lost.
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
    """Around all sections of a page: their titles tell what is present, by one style sheet at the end."""
    titles: dict[str, str] = {}
    token = _titles.set(titles)
    try:
        yield
    finally:
        _titles.reset(token)
    rules = (f".st-key-{key} summary p::after{{content:{_quoted(present)}}}" for key, present in titles.items())
    st.html(f"<style>{''.join(rules)}</style>")


def _quoted(present: str) -> str:
    return json.dumps(f": {present}", ensure_ascii=False).replace("<", r"\3c ")


@contextmanager
def section(
    title: str, key: str, icon: str, params: Sequence[Param], *, prefix: str = "", present: str = ""
) -> Iterator[bool]:
    """A section whose title goes on with what is `present`; gives whether its controls have to be made.

    The label itself must stay the same: with another one it would be another section for Streamlit, which opens anew
    and takes the keyboard's focus away (tried). So the style sheet adds the present values to the title; screen readers
    read them with it.
    """
    with st.expander(title, key=key, icon=icon, on_change="rerun") as expander:
        yield expander.open or _are_set({prefix + param.name: param.default for param in params})
    if present:
        _titles.get()[key] = present


def defaults(params: Iterable[Param]) -> dict[str, Value]:
    """What the controls of a section that is not filled would say."""
    return {param.name: param.default for param in params}


def _are_set(controls: Mapping[str, Value]) -> bool:
    """Whether the URL or the session has another value than its default for one of these keys."""
    if not controls.keys().isdisjoint(st.query_params.keys()):
        return True
    return any(st.session_state.get(key, default) != default for key, default in controls.items())
