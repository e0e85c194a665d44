"""Reads the settings in a link to Train, such as `?model=ann&batch_size=inf`, before a control is created from them.

Streamlit itself silently replaces a value that a control cannot have by its default, and fails on infinite numbers. A
select box knows its values only as the text that it shows, whereas people write links with the names of the shell.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from imgcls import models
from imgcls.config import PARAMS, choice_names
from imgcls.errors import SettingError
from imgcls.params import Param, RunId, shortened
from imgcls.ui.app.errors import plain

MESSAGE = "link-settings"
"""Session key of what was refused, until it was shown."""


def check() -> None:
    """Removes impossible values from the URL and says so, and writes names as the select boxes do.

    Runs the script again if it changed the URL. Call it before any control.
    """
    changed: dict[str, str | None] = {}
    refused: list[str] = []
    for name in st.query_params:
        text = st.query_params[name]
        try:
            changed[name] = _shown(name, text)
        except SettingError as error:
            changed[name] = None
            refused.append(f"The link sets “{name}” to {shortened(text)}. {error} The default is used.")
        if changed[name] == text:
            del changed[name]
    for name, shown in changed.items():
        if shown is None:
            del st.query_params[name]
        else:
            st.query_params[name] = shown
    if refused:
        st.session_state[MESSAGE] = " ".join(refused)
    if changed:
        st.rerun()
    if message := st.session_state.pop(MESSAGE, ""):
        st.warning(plain(message), icon=":material/link_off:")


def accept_names(key: str, texts: Mapping[Any, str]) -> None:
    """Lets links name options of a select box by their values, too; call it before that box.

    Args:
        key: Of the box, in the URL as well.
        texts: The options, each with the text that the box shows, which is what Streamlit looks for in the URL.
    """
    asked = st.query_params.get_all(key)
    shown = [texts.get(one, one) for one in asked]
    if shown != asked:
        st.query_params[key] = shown
        st.rerun()  # the box reads the URL as it was when the script began


def _shown(name: str, text: str) -> str:
    """The text of a URL parameter as its control writes it.

    Raises:
        SettingError: the control cannot have this value.
    """
    if name == "model":
        titles = {known: models.family(known).TITLE for known in models.names()}
        if text not in titles and text not in titles.values():
            raise SettingError(f"Model cannot be {shortened(text)}. Choose one of: {', '.join(titles)}.")
        return titles.get(text, text)
    param = _param(name)
    if name == "data" or param is None or isinstance(param.limits, RunId):
        return text  # whether these exist is said where they are chosen
    if name == "train_images":
        images = int(param.parsed(text.replace(",", "")))
        return f"{images:,}" if images else text
    param.parsed(choice_names.read(name, text))
    return choice_names.shown(name, text)


def _param(name: str) -> Param | None:
    """The setting that a URL parameter names; those of a model family are named FAMILY.SETTING."""
    family, _, setting = name.rpartition(".")
    known = models.params(family) if family in models.names() else () if family else PARAMS
    return next((param for param in known if param.name == setting), None)
