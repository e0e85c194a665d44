"""What a visitor sees when something fails: one sentence, never a traceback. The log has the details."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from imgcls.errors import UserError
from imgcls.system.addresses import unlinked

log = logging.getLogger(__name__)


def show(error: Exception) -> bool:
    """Shows an error where it happened; returns True, which tells Streamlit that it has been handled."""
    if isinstance(error, UserError):
        st.error(plain(str(error)), icon=":material/error:")
    else:
        error_id = secrets.token_hex(4)
        log.error("Error %s on a page", error_id, exc_info=error)
        st.error(
            f"Something went wrong on our side. The rest of the app still works. Error ID for the log: {error_id}.",
            icon=":material/bug_report:",
        )
    return True


@contextmanager
def shown() -> Iterator[None]:
    """Shows an error raised inside the block, and continues after it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 a visitor sees a sentence, never a traceback
        show(error)


def plain(text: str) -> str:
    """Text escaped for Streamlit's Markdown: a name may contain anything. Addresses stay text."""
    return "".join("\\" + character if character in MARKDOWN else character for character in unlinked(text))


MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~$:&^=@/\"'")
