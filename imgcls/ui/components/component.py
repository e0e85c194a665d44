"""Components of our own, which run in the browser: NAME.js and NAME.css in a folder NAME."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

FILES = Path(__file__).parent


@lru_cache
def own_component(path: str, html: str):
    """The component NAME, or FOLDER/NAME where it shares a folder, made once; a call with a key, data and callbacks puts it on the page."""
    folder, _, name = path.rpartition("/")
    files = FILES / (folder or name)
    return st.components.v2.component(
        f"imgcls.{name}",
        html=html,
        css=(files / f"{name}.css").read_text("utf-8"),
        js=(files / f"{name}.js").read_text("utf-8"),
    )
