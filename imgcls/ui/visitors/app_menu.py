"""The menu at the top right: where help is, and which version this is. Both work offline."""

from collections.abc import Callable
from urllib.parse import urlsplit

import streamlit as st

from imgcls import __version__
from imgcls.languages import gettext as _


def show(on_server: Callable[..., str]) -> None:
    """Sets the entries *Get help* and *About*; call it once the language is known. `on_server`: the path of a page."""
    found = urlsplit(st.context.url or "")
    base = f"{found.scheme}://{found.netloc}" if found.netloc else ""
    lessons, glossary = (f"{base}{on_server('lessons')}{query}" for query in ("", "?lesson=glossary"))
    text = _(
        "The [lessons]({lessons}) show each part of the app, and the [glossary]({glossary}) explains the terms. The "
        "documentation is in the folder `docs` of the project, and `imgcls --help` lists all commands."
    )
    st.set_page_config(
        menu_items={
            "Get help": lessons if base else None,  # Streamlit takes no address without a server
            "About": f"**imgcls {__version__}**\n\n{text.format(lessons=lessons, glossary=glossary)}",
        }
    )
