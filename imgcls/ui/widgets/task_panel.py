"""What a process of its own is making: the button that starts it, its progress, and why it failed."""

from collections.abc import Callable

import streamlit as st

from imgcls.errors import UserError
from imgcls.system.tasks import Look, Work
from imgcls.ui.app.errors import plain

TICK_SECONDS = 0.5
ERROR = "work-error"


def show(work: Work, seen: Look, start: Callable[[], None], failure: str) -> None:
    """A work that runs, with its progress and a way to end it; or one that failed, with the reason and another try."""
    if seen.state == "failed":
        st.warning(plain(f"{failure} {seen.text}"), icon=":material/warning:")

        def again() -> None:
            work.forget()
            start()

        button("Try again", again)
        return
    st.fragment(run_every=TICK_SECONDS)(_watch)(work)
    st.button("Cancel", icon=":material/close:", key=f"cancel-{work.kind}", on_click=work.cancel)


def button(label: str, act: Callable[[], None], *, primary: bool = False) -> None:
    """A button that starts something before the page is drawn; why that failed is said below it."""
    st.button(
        label,
        icon=":material/play_arrow:" if primary else ":material/refresh:",
        key=f"work-{label}",
        type="primary" if primary else "secondary",
        on_click=_try,
        args=(act,),
    )
    if error := st.session_state.pop(ERROR, ""):
        st.error(plain(error), icon=":material/error:")


def _try(act: Callable[[], None]) -> None:
    try:
        act()
    except UserError as error:
        st.session_state[ERROR] = str(error)


def _watch(work: Work) -> None:
    seen = work.look()
    if seen.state != "running":
        st.rerun()
    st.progress(seen.fraction, text=plain(f"{seen.text} ..."))
