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


def show(every: Callable[..., None], address_of: Callable[[str], str]) -> None:
    """Once on each page; nothing unless it is turned on. On a shared server events are the owner's, not everybody's.

    Args:
        every: `ticks.every` for this page.
        address_of: The address on this server of a page such as "train?run=…".
    """
    found = settings.read()
    if (found.browser or found.sound) and not sharing.is_shared():
        every(TICK_SECONDS, _tick, found.browser, found.sound, address_of)


def _tick(browser: bool, sound: bool, address_of: Callable[[str], str]) -> None:
    since = st.session_state.setdefault(SEEN, time.time())
    events = [event for event in watcher.latest() if event.at > since][-MOST:]
    entries = [event.as_dict() | {"link": address_of(event.link.lstrip("/"))} for event in events]
    with st.container(key="alert"):
        own_component("alert", '<span class="alert-anchor"></span>')(
            key="alert-script",
            data={"events": entries, "browser": browser, "sound": sound},
        )


def switch(*, is_on: bool, change: Callable[[bool], None]) -> None:
    """The one switch of notifications in the browser: it asks for the permission, which takes a click on the page.

    Args:
        is_on: The setting. The switch is on if the browser permits it, too.
        change: Called with the new setting.
    """

    def receive() -> None:
        is_wanted = wanted((st.session_state.get("alert-switch") or {}).get("wanted"))
        if is_wanted is not None:
            change(is_wanted)

    own_component("alert/switch", '<button type="button" role="switch" class="alert-switch"></button>')(
        key="alert-switch", data={"isOn": is_on}, on_wanted_change=receive
    )


def wanted(message: object) -> bool | None:
    """What the switch sent; None for anything else."""
    return {"on": True, "off": False}.get(message) if isinstance(message, str) else None
