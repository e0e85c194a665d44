"""The entry script of every visit: the pages and the navigation bar."""

from functools import partial

import streamlit as st

from imgcls import sharing
from imgcls.languages import gettext as _
from imgcls.sharing import Mode
from imgcls.ui.app import errors, link_settings, links, old_links, page_files, startup, ticks
from imgcls.ui.app.assignments import banner
from imgcls.ui.app.lessons import stored
from imgcls.ui.app.paths import ICON, PAGES
from imgcls.ui.components import alert, figure_menu
from imgcls.ui.visitors import app_menu, language, stage_names, training_mark, visitor


def _show(page) -> None:
    """The page, with what is above and beside it."""
    aside = st.container(key="aside")  # its place is here, but it is filled after the page
    with errors.shown():
        # Few visits need these two, and they take long to import: the heading would wait for them.
        if sharing.mode() is Mode.CLASSROOM:
            from imgcls.ui.app import class_notice

            class_notice.show(page.title, page.url_path)
        if stored.progress().current:
            from imgcls.ui.app.lessons import bar

            bar.show(page.url_path)
        if st.session_state.pop(stored.LEFT, False):
            st.toast(_("You left the lesson. Resume it under Lessons."), icon=":material/school:", duration="long")
        banner.show(page.url_path or "home")
        if page is home:
            startup.load_soon()
        else:
            startup.load_late()
        page.run()
    with aside:
        stored.forget()
        figure_menu.show()
        alert.show(partial(ticks.every, path=page.url_path), links.on_server)
        if not is_on_stage:
            language.menu(page.url_path)
        training_mark.show(f"{page.url_path} {st.query_params.get('run', '')}")


st.set_page_config(page_title="imgcls", page_icon=ICON, layout="wide")
language.begin()
app_menu.show(links.on_server)
old_links.upgrade()

home, *others = (
    page_files.entry(page, _(page.title), is_home=not number)
    if sharing.mode() in page.modes
    else page_files.entry_of_another_mode(page, _(page.title))
    for number, page in enumerate(page_files.found(PAGES))
)
if sharing.is_shared():
    stage_names.install()
    sharing.current()  # a page's images are for its visitor alone, who must be known before they are fetched
is_on_stage = stage_names.is_on_stage()  # on the projector nobody uses the bar
page = st.navigation([home, *others], position="hidden" if is_on_stage else "top")
if page.url_path == "train":
    link_settings.check()  # only from here on does running the script again keep the page
if sharing.is_shared() and visitor.has_left():
    st.info(_("Someone else uses this browser now. Reload the page to continue."), icon=":material/logout:")
else:
    _show(page)
