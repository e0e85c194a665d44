"""The queue: runs that wait for their turn, in their order.

A removed run keeps its row for a while, with the way back: otherwise the next one's Remove would be under the mouse.
"""

import contextlib
import time
from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from imgcls import jobs, runs
from imgcls.errors import RunError
from imgcls.jobs import backends, waiting_list
from imgcls.runs import Run
from imgcls.runs.run import UNDER_WAY
from imgcls.sharing import Action, guarding
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting

TICK_SECONDS = 2.0
REMOVED = "queue-removed"
"""Session key: ID -> `Removed`."""
SOON_SECONDS = 1.0
"""Sooner than this is no duration to name."""
SHOWN_SECONDS = 60.0
"""How long a removed run keeps its row."""


HIDDEN = "A run of another visitor"
MOST_NAMES = 3
"""Of waiting runs in the line."""


class Removed(NamedTuple):
    """Which row a removed run had, counted from 0, and when it was removed."""

    row: int
    at: float


def show() -> None:
    """One line, which opens: a row for each queued run, with its position and when it should start. Nothing if there is
    none."""
    queue = jobs.waiting()
    if queue or _removed(queue):
        st.fragment(run_every=TICK_SECONDS)(_rows)([run.id for run in queue])


def _rows(shown_ids: list[str]) -> None:
    queue = jobs.waiting()
    if {run.id for run in queue} != set(shown_ids):
        st.rerun()  # the table below the queue has changed, too
    if problem := waiting_list.problem():
        st.warning(plain(problem), icon=":material/cloud_off:")
    rows = list(queue)
    for run, removed in sorted(_removed(queue).items(), key=lambda one: one[1].row):
        rows.insert(min(removed.row, len(rows)), run)
    if not rows:
        st.rerun()
    with st.expander(_line(queue, len(rows)), icon=":material/hourglass_empty:", key="queue", on_change="rerun"):
        st.caption("Queued runs start automatically, one at a time, even with the browser closed.")
        for place, run in enumerate(rows):
            if run in queue:
                _row(run, queue.index(run), queue, place)
            else:
                _removed_row(run, sum(other in queue for other in rows[:place]))


def _line(queue: list[Run], rows: int) -> str:
    """'2 waiting: First, Second'."""
    if not queue:
        return f"0 waiting, {rows:,} removed"
    names = [run.label if guarding.is_visible(run.folder) else HIDDEN for run in queue[:MOST_NAMES]]
    more = f" and {len(queue) - MOST_NAMES:,} more" if len(queue) > MOST_NAMES else ""
    return plain(f"{len(queue):,} waiting: {', '.join(names)}{more}")


def _removed(queue: list[Run]) -> dict[Run, Removed]:
    """The runs that this visitor has just taken out, and that were not started again or deleted since."""
    found = {}
    for run_id, removed in st.session_state.get(REMOVED, {}).items():
        if time.time() - removed.at < SHOWN_SECONDS and runs.exists(run_id):
            run = runs.find(run_id)
            if run not in queue and run.state not in UNDER_WAY:
                found[run] = removed
    return found


def _removed_row(run: Run, before: int) -> None:
    """`before`: how many runs of the queue stand before it. What undoes it is not where Remove was."""
    name, undo, _ = st.columns([4, 4, 3], vertical_alignment="center")
    name.caption(f"Removed: {plain(run.label)}")
    undo.button(
        "Undo",
        icon=":material/undo:",
        key=f"undo-{run.id}",
        type="tertiary",
        on_click=_put_back,
        args=(run, before),
        **rights.button(Action.RESUME_RUN, run.folder),
    )


def _take_out(run: Run, row: int) -> None:
    jobs.take_out(run)
    st.session_state.setdefault(REMOVED, {})[run.id] = Removed(row, time.time())


def _put_back(run: Run, before: int) -> None:
    """A callback: queued again, and then moved up to where it was."""
    st.session_state.get(REMOVED, {}).pop(run.id, None)
    with shown():
        jobs.start(run)
        with contextlib.suppress(RunError, ValueError):  # it was the only one, and has begun
            queue = jobs.waiting()
            own = jobs.of_same_owner(run, queue)
            wanted = len(jobs.of_same_owner(run, [other for other in queue if other != run][:before]))
            jobs.move(run, wanted - own.index(run))


def _row(run: Run, index: int, queue: list[Run], place: int) -> None:
    is_stuck = bool(waiting_list.problem(backends.name_for(run)))
    seconds = None if is_stuck else cached_curves.estimated_start(queue[:index])
    name, when, buttons = st.columns([4, 4, 3], vertical_alignment="center")
    is_visible = guarding.is_visible(run.folder)
    with name:
        label = plain(run.label if is_visible else HIDDEN)
        if st.button(f"{index + 1}. {label}", key=f"waits-{run.id}", type="tertiary", disabled=not is_visible):
            links.go("train.py", run=run.id)
    if not is_visible:
        when.caption(_when(seconds))
        return
    is_next = not index and not is_stuck and (seconds is None or seconds < SOON_SECONDS)
    when.caption("starts next" if is_next else _when(seconds))
    if refusal := waiting_list.refusal_of(run):
        when.caption(f":material/block: {plain(refusal.sentence())}")
    own = jobs.of_same_owner(run, queue)
    with buttons, st.container(horizontal=True, gap="small", horizontal_alignment="right"):
        for icon, label, action, arguments, right, disabled in (
            (":material/arrow_upward:", "Earlier", jobs.move, (run, -1), Action.MOVE_RUN, run == own[0]),
            (":material/arrow_downward:", "Later", jobs.move, (run, 1), Action.MOVE_RUN, run == own[-1]),
            (":material/remove_circle:", "Remove", _take_out, (run, place), Action.STOP_RUN, False),
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
