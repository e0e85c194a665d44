"""Streamlit's message about the theme, put together once and not at each rerun.

Each rerun of a page or of a part of it sends the whole theme to the browser. Streamlit reads it anew each time, out of
all its options and for six sections one after the other: a sixth of all that a rerun costs its server. Nothing public
avoids that, so this takes the place of one function of Streamlit that is not public, and of no other version than those
it was tried with. Without it everything works, a little slower.
"""

from functools import lru_cache

import streamlit as st
from streamlit import config

TRIED = "1.67."
NAME = "_populate_theme_msg"


def keep() -> None:
    """From now on sections of the theme are read again only when Streamlit has read its files of settings again."""
    from streamlit.runtime import app_session  # here, as outside a server it is much to import

    populate = getattr(app_session, NAME, None)
    if populate is None or hasattr(populate, "forget") or not st.__version__.startswith(TRIED):
        return

    @lru_cache(16)
    def kept(kind: type, section: str):
        message = kind()
        populate(message, section)
        return message

    def populate_from_kept(message, section: str = "theme") -> None:
        whole = kept(type(message), section)
        if whole.ByteSize():  # merging an empty one would mark the section as set
            message.MergeFrom(whole)

    populate_from_kept.forget = kept.cache_clear
    setattr(app_session, NAME, populate_from_kept)
    config.on_config_parsed(kept.cache_clear, force_connect=True)
