"""What a visitor sees when something went wrong: one sentence, never a traceback. The log has the rest."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from imgcls.errors import UserError

log = logging.getLogger(__name__)


def show(error: Exception) -> bool:
    """Shows an error in the place where it happened, and tells Streamlit that this was done."""
    if isinstance(error, UserError):
        st.error(plain(str(error)), icon=":material/error:")
    else:
        number = secrets.token_hex(4)
        log.error("Error %s on a page", number, exc_info=error)
        st.error(
            f"Something went wrong here, and it is not your doing. The other pages go on working. "
            f"Whoever runs this playground finds the cause in the log under {number}.",
            icon=":material/bug_report:",
        )
    return True


@contextmanager
def shown() -> Iterator[None]:
    """Shows an error that is raised inside, and goes on after the block."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        show(error)


def plain(text: str) -> str:
    """Text that Streamlit's Markdown shows as it is: a name can hold anything."""
    return "".join("\\" + letter if letter in MARKDOWN else letter for letter in text)


MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~$:&^=@/\"'")
