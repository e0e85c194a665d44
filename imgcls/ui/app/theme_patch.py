"""Caches Streamlit's theme message, which it otherwise builds again for every rerun.

Every rerun of a page or fragment sends the whole theme to the browser. Streamlit reads it from all its options, for six
sections one after the other: a sixth of what a rerun costs the server. No public option avoids that, so this replaces
one private function, only in the versions of Streamlit it was tested with. Without it everything works, only slower.
docs/benchmarks.md has the cost of a page with and without it.
"""

from functools import lru_cache
from typing import Any

import streamlit as st
from streamlit import config

TESTED_VERSION = "1.67."
PATCHED_FUNCTION = "_populate_theme_msg"


def install() -> None:
    """From now on, the theme is read again only after Streamlit has read its configuration files again."""
    from streamlit.runtime import app_session  # imported here because it is slow and only a server needs it

    populate = getattr(app_session, PATCHED_FUNCTION, None)
    if populate is None or hasattr(populate, "clear_cache") or not st.__version__.startswith(TESTED_VERSION):
        return

    @lru_cache(16)
    def cached(kind: Any, section: str):
        message = kind()
        populate(message, section)
        return message

    def populate_from_cache(message, section: str = "theme") -> None:
        content = cached(type(message), section)  # type: ignore[arg-type]
        if content.ByteSize():  # merging an empty message would mark the section as set
            message.MergeFrom(content)

    populate_from_cache.clear_cache = cached.cache_clear  # type: ignore[attr-defined]
    setattr(app_session, PATCHED_FUNCTION, populate_from_cache)
    config.on_config_parsed(cached.cache_clear, force_connect=True)
