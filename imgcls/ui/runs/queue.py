"""The queue: runs that wait for their turn, in their order."""

from collections.abc import Callable

import streamlit as st

from imgcls import jobs
from imgcls.jobs import backends, waiting_list
from imgcls.runs import Run
from imgcls.sharing import Action, guarding
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.visitors import rights
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
    st.header(
        "Queue",
        anchor=False,
        help="Queued runs start automatically, one at a time, even with the browser closed.",
    )
    if problem := waiting_list.problem():
        st.warning(plain(problem), icon=":material/cloud_off:")
    with st.container(border=True, gap="small"):
        for index, run in enumerate(queue):
            _row(run, index, queue)


def _row(run: Run, index: int, queue: list[Run]) -> None:
    is_stuck = bool(waiting_list.problem(backends.name_for(run)))
    seconds = None if is_stuck else cached_curves.estimated_start(queue[:index])
    name, when, buttons = st.columns([4, 4, 3], vertical_alignment="center")
    is_visible = guarding.is_visible(run.folder)
    with name:
        label = plain(run.label if is_visible else "A run of another visitor")
        if st.button(f"{index + 1}. {label}", key=f"waits-{run.id}", type="tertiary", disabled=not is_visible):
            links.go("train.py", run=run.id)
    if not is_visible:
        when.caption(_when(seconds))
        return
    when.caption("starts next" if seconds is None and not index and not is_stuck else _when(seconds))
    own = jobs.of_same_owner(run, queue)
    with buttons, st.container(horizontal=True, gap="small", horizontal_alignment="right"):
        for icon, label, action, arguments, right, disabled in (
            (":material/arrow_upward:", "Earlier", jobs.move, (run, -1), Action.MOVE_RUN, run == own[0]),
            (":material/arrow_downward:", "Later", jobs.move, (run, 1), Action.MOVE_RUN, run == own[-1]),
            (":material/remove_circle:", "Remove", jobs.take_out, (run,), Action.STOP_RUN, False),
        ):
            st.button(
                label,
                icon=icon,
                key=f"{label}-{run.id}",
                type="tertiary",
                on_click=_attempt,
                args=(action, *arguments),
                **rights.button(right, run.folder, disabled=disabled),
            )


def _attempt(action: Callable, *arguments) -> None:
    with shown():
        action(*arguments)


def _when(seconds: float | None) -> str:
    return "start time unknown" if seconds is None else f"starts in about {formatting.duration(seconds)}"
