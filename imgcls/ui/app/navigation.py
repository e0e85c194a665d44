"""The entry script of every visit: the pages and the navigation bar."""

import streamlit as st

from imgcls import sharing
from imgcls.languages import gettext as _
from imgcls.ui.app import class_notice, errors, link_numbers, old_links, page_files, startup
from imgcls.ui.app.assignments import banner
from imgcls.ui.app.lessons import bar
from imgcls.ui.app.paths import ICON, PAGES
from imgcls.ui.components import alert, figure_menu
from imgcls.ui.visitors import language

st.set_page_config(page_title="imgcls", page_icon=ICON, layout="wide")
language.begin()
old_links.upgrade()

home, *others = (
    st.Page(page.path, title=_(page.title), icon=page.icon, default=not number)
    for number, page in enumerate(page_files.found(PAGES))
    if sharing.mode() in page.modes
)
if sharing.is_shared():
    sharing.current()  # a page's images are for its visitor alone, who must be known before they are fetched
page = st.navigation([home, *others], position="top")
link_numbers.refuse()  # only from here on does running the script again keep the page
figure_menu.show()
alert.show()
language.menu(page.url_path)
with errors.shown():
    class_notice.show(page.title, page.url_path)
    bar.show(page.url_path)
    banner.show(page.url_path or "home")
    if page is home:
        startup.load_soon()
    else:
        startup.load_late()
    page.run()
