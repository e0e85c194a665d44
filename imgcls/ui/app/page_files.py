"""The pages: each is a file in `pages/`, found by its name. To add one, add a file there; no list has to be changed.

Its title and its URL are its file name. Constants say where it is in the navigation bar, with which icon, and in which
modes of the server (all, if not given; in the others, its address says so); they are read without running the page:

    ORDER = 20
    ICON = ":material/photo_library:"
    MODES = ("classroom",)
"""

import ast
from copy import copy
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from imgcls import sharing
from imgcls.languages import gettext as _
from imgcls.sharing import Mode
from imgcls.ui.app.paths import PAGES

LAST = 1_000


class PageFile(NamedTuple):
    """A page. The one with the lowest order is the home page."""

    order: int
    title: str
    path: Path
    icon: str | None
    modes: tuple[str, ...]


@cache
def found(folder: Path) -> tuple[PageFile, ...]:
    """The pages in a folder, in the order of the navigation bar; last those that have no ORDER."""
    return tuple(sorted(_read(path) for path in folder.glob("[!_]*.py")))


def entry(file: PageFile, title: str, *, is_home: bool) -> StreamlitPage:
    """A page in the navigation bar, for one run of the app, which changes it: a copy, as creating one is slow."""
    return copy(_entry(file.path, title, file.icon, is_home))


def entry_of_another_mode(file: PageFile, title: str) -> StreamlitPage:
    """What the address of a page shows in a mode that does not have it; the navigation bar leaves it out."""
    shown = partial(_show_that_it_is_missing, title, file.modes)
    return st.Page(shown, title=title, icon=file.icon, url_path=file.path.stem, visibility="hidden")


def _show_that_it_is_missing(title: str, modes: tuple[str, ...]) -> None:
    st.title(title)
    mode = sharing.mode()
    text = _("This page is for a shared server (mode {modes}). This server runs in the mode “{mode}”.")
    st.info(text.format(modes=", ".join(modes), mode=mode.value), icon=":material/info:")
    if mode is Mode.LOCAL:
        st.markdown(_("In local mode nobody has a name or a role: everyone who opens this address can do everything."))
        st.markdown(
            _("To share this app, stop it and start it like this. The terminal then shows your code as the owner.")
        )
        st.code(f"imgcls app --mode {modes[0]} --address 0.0.0.0", language=None, width="content")
    home = found(PAGES)[0]
    st.page_link(home.path, label=_(home.title), icon=home.icon)


@lru_cache(256)
def _entry(path: Path, title: str, icon: str | None, is_home: bool) -> StreamlitPage:
    """Streamlit looks up each folder of the path."""
    return st.Page(path, title=title, icon=icon, default=is_home)


def _read(path: Path) -> PageFile:
    constants = {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in ast.parse(path.read_text("utf-8")).body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id in ("ORDER", "ICON", "MODES")
    }
    title = path.stem.replace("_", " ").capitalize()
    order, modes = constants.get("ORDER", LAST), constants.get("MODES", tuple(Mode))
    return PageFile(order, title, path, constants.get("ICON"), modes)
