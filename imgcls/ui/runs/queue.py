"""The trainings that wait, in their order."""

import streamlit as st

from imgcls import jobs
from imgcls.runs.run import Run
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.widgets import formatting


def show() -> None:
    """A row for each waiting run, with its place and when it should start; nothing where none waits."""
    queue = jobs.waiting()
    if queue:
        st.fragment(run_every=2.0)(_rows)([run.id for run in queue])


def _rows(shown_ids: list[str]) -> None:
    queue = jobs.waiting()
    if {run.id for run in queue} != set(shown_ids):
        st.rerun()  # the table below is another one, too
    st.subheader("Queue", anchor=False, help="They start by themselves, one after the other, also without a browser.")
    with st.container(border=True, gap="small"):
        for index, run in enumerate(queue):
            _row(run, index, queue)


def _row(run: Run, index: int, queue: list[Run]) -> None:
    begins = cached_curves.estimated_start(queue[:index])
    name, when, buttons = st.columns([4, 4, 3], vertical_alignment="center")
    with name:
        if st.button(f"{index + 1}. {plain(run.label)}", key=f"waits-{run.id}", type="tertiary"):
            links.go("train.py", run=run.id)
    when.caption("starts next" if begins is None and not index else _when(begins))

    def ask(action, *arguments) -> None:
        with shown():
            action(*arguments)

    last = len(queue) - 1
    with buttons, st.container(horizontal=True, gap="small", horizontal_alignment="right"):
        for icon, told, action, arguments, disabled in (
            (":material/arrow_upward:", "Earlier", jobs.move, (run, -1), index == 0),
            (":material/arrow_downward:", "Later", jobs.move, (run, 1), index == last),
            (":material/remove_circle:", "Take out", jobs.take_out, (run,), False),
        ):
            st.button(
                told,
                icon=icon,
                key=f"{told}-{run.id}",
                type="tertiary",
                disabled=disabled,
                on_click=ask,
                args=(action, *arguments),
            )


def _when(seconds: float | None) -> str:
    return "nobody knows yet when it starts" if seconds is None else f"starts in about {formatting.duration(seconds)}"
