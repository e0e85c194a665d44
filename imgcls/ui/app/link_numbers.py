"""Refuses numbers in a link that are none, such as `?batch_size=inf`, before a control is created from them.

Streamlit itself replaces numbers out of range by the default, but converts infinity to an integer, which fails.
"""

import math
from contextlib import suppress

import streamlit as st

from imgcls import models
from imgcls.config import PARAMS
from imgcls.params import Param, shortened
from imgcls.ui.app.errors import plain

MESSAGE = "link-numbers"
"""Session key of what was refused, until it was shown."""


def refuse() -> None:
    """Removes such parameters from the URL, runs the script again, and then says so. Call it before any control."""
    refused = {name: st.query_params[name] for name in st.query_params if _is_refused(name, st.query_params[name])}
    for name in refused:
        del st.query_params[name]
    if refused:
        st.session_state[MESSAGE] = " ".join(
            f"The link sets “{name}” to {shortened(value)}, which is not a number. The default is used."
            for name, value in refused.items()
        )
        st.rerun()
    if message := st.session_state.pop(MESSAGE, ""):
        st.warning(plain(message), icon=":material/link_off:")


def _is_refused(name: str, value: str) -> bool:
    param = _param(name)
    if param is None or param.kind not in (int, float):
        return False
    with suppress(ValueError):
        return not math.isfinite(float(value))
    return False


def _param(name: str) -> Param | None:
    """The setting that a URL parameter names; those of a model family are named FAMILY.SETTING."""
    family, _, setting = name.rpartition(".")
    known = models.params(family) if family in models.names() else () if family else PARAMS
    return next((param for param in known if param.name == setting), None)
