"""A background task on a page: the button that starts it, its progress with Cancel, and why it failed."""

from collections.abc import Callable

import streamlit as st

from imgcls.errors import UserError
from imgcls.sharing import background
from imgcls.system.tasks import Task, TaskState
from imgcls.ui.app.errors import plain, shown

TICK_SECONDS = 0.5
ERROR_KEY = "task-error"


def show(task: Task, state: TaskState, start: Callable[[], None], failure: str) -> None:
    """A running task with its progress and a Cancel button, or a failed one with the reason and "Try again"."""
    if state.state == "failed":
        st.warning(plain(f"{failure} {state.text}"), icon=":material/warning:")

        def start_again() -> None:
            task.discard()
            start()

        button("Try again", start_again)
        return
    st.fragment(run_every=TICK_SECONDS)(_watch)(task)
    st.button("Cancel", icon=":material/close:", key=f"cancel-{task.kind}", on_click=_cancel, args=(task,))


def button(label: str, action: Callable[[], None], *, primary: bool = False, icon: str = "") -> None:
    """A button that runs `action` before the page is drawn. An error appears below the button."""
    st.button(
        label,
        icon=icon or (":material/play_arrow:" if primary else ":material/refresh:"),
        key=f"task-{label}",
        type="primary" if primary else "secondary",
        on_click=_run_action,
        args=(action,),
    )
    if error := st.session_state.pop(ERROR_KEY, ""):
        st.error(plain(error), icon=":material/error:")


def _run_action(action: Callable[[], None]) -> None:
    try:
        action()
    except UserError as error:
        st.session_state[ERROR_KEY] = str(error)


def _cancel(task: Task) -> None:
    with shown():
        background.cancel(task)


def _watch(task: Task) -> None:
    state = task.state()
    if state.state != "running":
        st.rerun()
    st.progress(state.fraction, text=plain(f"{state.text} …"))
