"""Uploads in the server's memory, where Streamlit keeps them until the visitor leaves."""

from collections.abc import Iterable

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def forget(files: Iterable[UploadedFile], *keys: str) -> None:
    """Frees uploaded files, and the state of the widgets with these keys, which holds copies of them.

    Uploads can be half a gigabyte each. Without this, each would stay in memory as long as the tab is open (measured).
    """
    context = get_script_run_ctx()
    for file in files:
        file.close()
        if context is not None:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)  # type: ignore[attr-defined]
    for key in keys:
        if st.session_state.get(key) is not None:
            del st.session_state[key]
