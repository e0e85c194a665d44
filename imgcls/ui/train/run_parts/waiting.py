"""A pupil's run in the queue: its place, about how long, and what to do meanwhile. Nothing else can be used yet."""

import streamlit as st

from imgcls import jobs, sharing
from imgcls.languages import gettext as _
from imgcls.runs.run import Run
from imgcls.sharing import Action, Role
from imgcls.ui.app import errors, links
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.cache import followed
from imgcls.ui.train import presets
from imgcls.ui.train.run_parts import status
from imgcls.ui.visitors import rights, watching
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

TICK_SECONDS = 2.0


def is_all(state: str) -> bool:
    """Whether this is all that the visitor sees of a run in this state."""
    return state == "queued" and sharing.is_shared() and sharing.current().role in (Role.MEMBER, Role.MODERATOR)


def show(run: Run) -> None:
    """The place, redrawn every few seconds, and two buttons, which would lose the focus with it."""
    st.set_page_config(page_title=f"{formatting.word('queued')} · imgcls")
    with st.container(key="run-waits"):
        st.fragment(run_every=watching.seconds(TICK_SECONDS))(_place)(run)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(_("Draw meanwhile"), type="primary", icon=":material/draw:", key="draw-meanwhile"):
                links.go("predict.py")
            st.button(
                _("Remove from queue"),
                type="tertiary",
                icon=":material/remove_circle:",
                key="out",
                on_click=_take_out,
                args=(run,),
                **rights.button(Action.STOP_RUN, run.folder),
            )


def _place(run: Run) -> None:
    if followed.recent(run).state != "queued":
        st.rerun()
    text = status.sentence(run, cached_curves.curves(run), "queued", False)
    place = status.place_of(run)
    if place is not None:
        queue = jobs.waiting()
        seconds = cached_curves.estimated_start(queue[: place - 1])
        number = _("{number} of {count}").format(number=place, count=len(queue))
        numbers = [Number(_("Place in the queue"), number)]
        if seconds:
            numbers.append(Number(_("Starts in about"), presets.rough(seconds)))
        metric_row.show(numbers)
        text = status.note(run)
    st.caption(text)


def _take_out(run: Run) -> None:
    with errors.shown():
        jobs.take_out(run)
