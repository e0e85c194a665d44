"""Which owners a page names: on the projector, only those whose names were approved for it."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from imgcls.sharing import ownership
from imgcls.sharing.permissions import Thing


def install() -> None:
    """From now on, what a page says of an owner depends on who sees it."""
    ownership.provide_names(shown)


def is_on_stage() -> bool:
    """Whether this page is in the frame on the projector: everybody in the room reads it."""
    return get_script_run_ctx(suppress_warning=True) is not None and bool(st.context.is_embedded)


def shown(thing: Thing) -> str:
    """Whose it is; "" for a name that was not approved and that others than the visitor would read."""
    if not is_on_stage() or not thing.owner:
        return thing.shown_owner
    from imgcls.jobs.together import names  # only the projector needs them: the heading would wait for them
    from imgcls.jobs.together.pool import State
    from imgcls.sharing.classroom import rooms

    room = rooms.find(thing.room)
    if room is None or names.judged(room).state(thing.owner_name) is not State.SHOWN:
        return ""
    return thing.owner_name
