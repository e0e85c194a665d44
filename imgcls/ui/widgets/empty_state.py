"""What a page shows when there is nothing to show yet."""

import streamlit as st

from imgcls.languages import gettext as _
from imgcls.ui.app import links

LINE = 640
"""The width of the text in pixels, less on a phone."""


def show(title: str, next_step: str, *, page: str = "train.py", button: str = "") -> None:
    """What is missing, what to do next, and a button that leads there."""
    with st.container(border=True, horizontal_alignment="center", key="empty-state"):
        st.header(title, anchor=False, text_alignment="center")
        st.markdown(next_step, text_alignment="center", width=LINE)
        if st.button(button or _("Train a model"), type="primary"):
            links.go(page)
