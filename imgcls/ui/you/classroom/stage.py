"""One pupil's work, large, for the projector: the latest run of who is on stage, followed while it trains."""

import streamlit as st

from imgcls.errors import UserError
from imgcls.jobs.classroom import work
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.train import learning_curves
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

TICK_SECONDS = 2.0
CHOSEN = "class-stage"


def show(room: Room) -> None:
    """Who is on stage, and their latest run; nothing in an empty class."""
    names = {person.id: person.name for person in rooms.members(room)}
    if not names:
        return
    st.session_state[CHOSEN] = room.on_stage or None
    st.selectbox(
        "On stage",
        names,
        index=None,
        format_func=lambda visitor_id: names.get(visitor_id, ""),
        placeholder="Nobody",
        key=CHOSEN,
        on_change=_put,
        args=(room,),
        width=320,
        help="Shows the latest run of this member here, large, for the projector. The member sees a note.",
    )
    if room.on_stage in names:
        st.fragment(run_every=TICK_SECONDS)(_work)(room)


def _put(room: Room) -> None:
    with errors.shown():
        rooms.put_on_stage(room, st.session_state[CHOSEN] or "")


def _work(room: Room) -> None:
    entry = next((found for found in work.of_members(room) if found.member.id == room.on_stage), None)
    if entry is None:
        return
    with st.container(border=True):
        st.subheader(plain(f"On stage: {entry.member.name}"), anchor=False)
        latest = entry.latest
        if latest is None:
            st.caption("No run yet.")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(formatting.state(latest.state, plain(f"{latest.name} · {latest.model} · {latest.data}")))
            if st.button("Open", key="class-stage-open", icon=":material/open_in_new:"):
                links.go("train.py", run=latest.run.id)
        metric_row.show(
            (
                Number("Validation accuracy", formatting.fraction(latest.val_accuracy), "best epoch so far"),
                Number("Epoch", f"{latest.epoch} of {latest.epochs}" if latest.epochs else "–", ""),
                Number("Parameters", f"{latest.parameters:,}" if latest.parameters else "–", ""),
            )
        )
        try:
            curves = cached_curves.curves(latest.run)
        except UserError:
            return  # its state says that it is damaged
        if curves.batches or curves.epochs:
            learning_curves.draw(latest.run)
