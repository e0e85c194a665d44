"""Parts of the entry script that are run again every few seconds, on every page.

When a button switches the page on the server, the browser may send the next tick before it knows of the new page.
Streamlit then believes that the visitor is still on the old one, and the browser shows nothing but this part. So a tick
that comes from another page than the one that was drawn last opens that page once more.
"""

from collections.abc import Callable
from functools import wraps

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from imgcls.ui.app import links


def every(seconds: float, show: Callable[..., None], *arguments: object, path: str) -> None:
    """Shows something as a fragment that is run every so many seconds, on the page with this path in the URL."""
    drawn, query = _page(), st.query_params.to_dict()

    @wraps(show)
    def tick() -> None:
        if _page() != drawn:
            links.again(f"{path or 'home'}.py", query)
        show(*arguments)

    st.fragment(run_every=seconds)(tick)()


def _page() -> str:
    """Which page Streamlit believes to run."""
    run = get_script_run_ctx(suppress_warning=True)
    return "" if run is None else run.page_script_hash
