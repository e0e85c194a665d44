"""Whether pupils can reach the server at all: said before a class is opened, and in place of a QR code to nowhere."""

import streamlit as st

from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.ui.visitors import exposure

ONLY_HERE = N_(
    "Only this computer can reach the server, so no one else can join. Stop it in its terminal with Ctrl-C, then "
    "restart it with this command. Classes and roles are kept."
)


def warn() -> bool:
    """The warning, with the command to copy, if only this computer can reach the server; returns whether it is so."""
    if not exposure.is_only_here(st.context.url or ""):
        return False
    st.warning(_(ONLY_HERE), icon=":material/wifi_off:")
    st.code(exposure.restart_command(), language=None, width="content")
    return True
