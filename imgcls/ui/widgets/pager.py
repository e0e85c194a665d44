"""The pager below every long list."""

from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T", bound=Any)  # a list, a tuple or an array: anything with a length and slices
BUTTONS = 5
"""Page numbers shown at a time: as many as fit the width of a phone."""


def page_of(items: T, per_page: int, key: str, *, is_in_url: bool = False) -> T:
    """The part of `items` on the page that the visitor chose; no control if everything fits on one page.

    Use one `key` per list: a new list then starts at its first page.
    """
    number = page_number(-(-len(items) // per_page), key, is_in_url=is_in_url)
    return items[(number - 1) * per_page : number * per_page]


def page_number(pages: int, key: str, *, is_in_url: bool = False) -> int:
    """The chosen page, counted from 1. `is_in_url`: under this key, for the one list of a page that a link shows."""
    with st.container():  # also if it stays empty, so that what follows keeps its place (docs/explanation/design.md)
        if pages <= 1:
            return 1
        chosen = st.pagination(pages, key=key, max_visible_pages=BUTTONS, bind="query-params" if is_in_url else None)
        return min(chosen, pages)
