"""Uploads in the server's memory, where Streamlit keeps them until the visitor leaves."""

from collections.abc import Iterable

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def forget(files: Iterable[UploadedFile]) -> None:
    """Lets go of files that have been taken in: a visitor may bring several of half a gigabyte."""
    context = get_script_run_ctx()
    for file in files:
        file.close()  # its bytes go now, and not when the collector finds what else still knows the file
        if context is not None:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
