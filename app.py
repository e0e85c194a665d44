"""The launcher: `streamlit run app.py`. What a visitor sees begins in imgcls/ui/app/navigation.py.

It is a launcher because a folder `pages` beside a script that calls `st.navigation` would make Streamlit run a page
without its entry script when a deep link is the first request after a start.
"""

from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from imgcls.api import in_app
from imgcls.api.middleware.fair_share import FairShare
from imgcls.api.middleware.visitors import Visitors
from imgcls.api.plain_pages import leaving, sheets, together
from imgcls.ui.app import errors, paths, startup
from imgcls.ui.components import figure_menu
from imgcls.ui.look.stylesheet import Stylesheet
from imgcls.ui.visitors import media, uploads_held


@asynccontextmanager
async def lifespan(app):
    startup.begin()
    yield


app = st.App(
    paths.ENTRY,
    lifespan=lifespan,
    on_script_error=errors.show,
    routes=[*in_app.routes(), leaving.ROUTE, sheets.ROUTE, *together.routes(), *figure_menu.routes()],
    middleware=[
        Middleware(Visitors, media.is_of),
        Middleware(FairShare, uploads_held.by_visitor),
        Middleware(Stylesheet),
    ],
)
