"""Uploads in the server's memory, where Streamlit keeps them until the visitor leaves."""

from collections.abc import Iterable

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def forget(files: Iterable[UploadedFile]) -> None:
    """Lets go of files that have been taken in: a visitor may bring several of half a gigabyte."""
    context = get_script_run_ctx()
    if context is not None:
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
