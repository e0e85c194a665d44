"""Browser notifications and a sound when a run or study has ended or goes wrong, while a page of the app is open."""

import time
from collections.abc import Callable

import streamlit as st

from imgcls import sharing
from imgcls.studies.notifications import settings, watcher
from imgcls.ui.components.component import own_component

TICK_SECONDS = 5.0
SEEN = "alert-since"
MOST = 3
"""Notifications at a time; more would cover the screen."""


def show(every: Callable[..., None]) -> None:
    """Once on each page; nothing unless it is turned on. On a shared server events are the owner's, not everybody's.

    Args:
        every: `ticks.every` for this page.
    """
    found = settings.read()
    if (found.browser or found.sound) and not sharing.is_shared():
        every(TICK_SECONDS, _tick, found.browser, found.sound)


def _tick(browser: bool, sound: bool) -> None:
    since = st.session_state.setdefault(SEEN, time.time())
    events = [event for event in watcher.latest() if event.at > since][-MOST:]
    with st.container(key="alert"):
        own_component("alert", '<span class="alert-anchor"></span>')(
            key="alert-script",
            data={"events": [event.as_dict() for event in events], "browser": browser, "sound": sound},
        )


def permission() -> None:
    """A button that asks the browser for its permission, which it grants only after a click on the page."""
    own_component("alert/permission", '<button type="button" class="alert-permit"></button>')(key="alert-permission")
