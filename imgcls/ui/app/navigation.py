"""The first script of every visit: the pages and the way between them."""

import streamlit as st

from imgcls.ui.app import errors, startup
from imgcls.ui.app.paths import ICON, PAGES

st.set_page_config(page_title="imgcls", page_icon=ICON, layout="wide")

home = st.Page(PAGES / "home.py", title="Home", icon=":material/home:", default=True)
page = st.navigation(
    [
        home,
        st.Page(PAGES / "data.py", title="Data", icon=":material/photo_library:"),
        st.Page(PAGES / "train.py", title="Train", icon=":material/model_training:"),
        st.Page(PAGES / "runs.py", title="Runs", icon=":material/history:"),
        st.Page(PAGES / "evaluate.py", title="Evaluate", icon=":material/fact_check:"),
        st.Page(PAGES / "predict.py", title="Predict", icon=":material/draw:"),
    ],
    position="top",
)
# The page begins closer to the navigation than by default.
st.html("<style>.stMainBlockContainer{padding-top:4.2rem}</style>")
with errors.shown():
    if page is home:
        startup.load_soon()
    else:
        startup.load_late()
    page.run()
