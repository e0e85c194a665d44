"""The pager below every long list."""

from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T", bound=Any)  # a list, a tuple or an array: anything with a length and slices
BUTTONS = 5
"""Page numbers shown at a time: as many as fit the width of a phone."""


def page_of(items: T, per_page: int, key: str) -> T:
    """The part of `items` on the page that the visitor chose; no control if everything fits on one page.

    Use one `key` per list: a new list then starts at its first page.
    """
    number = page_number(-(-len(items) // per_page), key)
    return items[(number - 1) * per_page : number * per_page]


def page_number(pages: int, key: str) -> int:
    """The chosen page, counted from 1."""
    with st.container():  # also if it stays empty, so that what follows keeps its place (docs/explanation/design.md)
        return st.pagination(pages, key=key, max_visible_pages=BUTTONS) if pages > 1 else 1
