"""The queue: runs that wait for their turn, in their order."""

from collections.abc import Callable

import streamlit as st

from imgcls import jobs
from imgcls.runs import Run
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.widgets import formatting

TICK_SECONDS = 2.0


def show() -> None:
    """A row for each queued run, with its position and when it should start; nothing if the queue is empty."""
    queue = jobs.waiting()
    if queue:
        st.fragment(run_every=TICK_SECONDS)(_rows)([run.id for run in queue])


def _rows(shown_ids: list[str]) -> None:
    queue = jobs.waiting()
    if {run.id for run in queue} != set(shown_ids):
        st.rerun()  # the table below the queue has changed, too
    st.subheader(
        "Queue",
        anchor=False,
        help="Queued runs start automatically, one at a time, even with the browser closed.",
    )
    with st.container(border=True, gap="small"):
        for index, run in enumerate(queue):
            _row(run, index, queue)


def _row(run: Run, index: int, queue: list[Run]) -> None:
    seconds = cached_curves.estimated_start(queue[:index])
    name, when, buttons = st.columns([4, 4, 3], vertical_alignment="center")
    with name:
        if st.button(f"{index + 1}. {plain(run.label)}", key=f"waits-{run.id}", type="tertiary"):
            links.go("train.py", run=run.id)
    when.caption("starts next" if seconds is None and not index else _when(seconds))
    last = len(queue) - 1
    with buttons, st.container(horizontal=True, gap="small", horizontal_alignment="right"):
        for icon, label, action, arguments, disabled in (
            (":material/arrow_upward:", "Earlier", jobs.move, (run, -1), index == 0),
            (":material/arrow_downward:", "Later", jobs.move, (run, 1), index == last),
            (":material/remove_circle:", "Remove", jobs.take_out, (run,), False),
        ):
            st.button(
                label,
                icon=icon,
                key=f"{label}-{run.id}",
                type="tertiary",
                disabled=disabled,
                on_click=_attempt,
                args=(action, *arguments),
            )


def _attempt(action: Callable, *arguments) -> None:
    with shown():
        action(*arguments)


def _when(seconds: float | None) -> str:
    return "start time unknown" if seconds is None else f"starts in about {formatting.duration(seconds)}"
