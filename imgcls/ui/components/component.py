"""Our own browser components: NAME.js and NAME.css in a folder NAME."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from imgcls.languages import PERCENT_SCRIPT

FILES = Path(__file__).parent


@lru_cache
def own_component(path: str, html: str, *, with_percent: bool = False):
    """The component NAME, or FOLDER/NAME if it shares a folder, created once. `with_percent` lets it call `percent`.

    Call it with a key, data and callbacks to put it on the page.
    """
    folder, _, name = path.rpartition("/")
    files = FILES / (folder or name)
    component = st.components.v2.component(
        f"imgcls.{name}",
        html=html,
        css=(files / f"{name}.css").read_text("utf-8"),
        js=(PERCENT_SCRIPT.read_text("utf-8") if with_percent else "") + (files / f"{name}.js").read_text("utf-8"),
    )

    def put(*, data: Any = None, **options: Any) -> Any:
        return component(data=_without_lists(data), **options)

    return put


def _without_lists(data: Any) -> Any:
    """The same as JSON, with tuples: each list in it is first compared with twenty kinds of data frames."""
    if not isinstance(data, dict):
        return data
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
