"""Components of our own, which run in the browser: each has its files NAME.css and NAME.js beside this one."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

FILES = Path(__file__).parent


@lru_cache
def own_component(name: str, html: str):
    """The component, made once; a call with a key, data and callbacks puts it on the page."""
    return st.components.v2.component(
        f"imgcls.{name}",
        html=html,
        css=(FILES / f"{name}.css").read_text("utf-8"),
        js=(FILES / f"{name}.js").read_text("utf-8"),
    )
