"""The entry script of every visit: the pages and the navigation bar."""

import streamlit as st

from imgcls import sharing
from imgcls.ui.app import errors, link_numbers, old_links, startup
from imgcls.ui.app.paths import ICON, PAGES

st.set_page_config(page_title="imgcls", page_icon=ICON, layout="wide")
old_links.upgrade()
link_numbers.refuse()

home = st.Page(PAGES / "home.py", title="Home", icon=":material/home:", default=True)
page = st.navigation(
    [
        home,
        st.Page(PAGES / "data.py", title="Data", icon=":material/photo_library:"),
        st.Page(PAGES / "train.py", title="Train", icon=":material/model_training:"),
        st.Page(PAGES / "runs.py", title="Runs", icon=":material/history:"),
        st.Page(PAGES / "evaluate.py", title="Evaluate", icon=":material/fact_check:"),
        st.Page(PAGES / "predict.py", title="Predict", icon=":material/draw:"),
        *([st.Page(PAGES / "you.py", title="You", icon=":material/person:")] if sharing.is_shared() else []),
    ],
    position="top",
)
with errors.shown():
    if page is home:
        startup.load_soon()
    else:
        startup.load_late()
    page.run()
