"""What one pupil looks at, large, for the projector: their page, and its run or their latest, followed while it trains.

Nothing can be changed there: it is the teacher's page, drawn from the same files.
"""

import streamlit as st

from imgcls import runs
from imgcls.errors import UserError
from imgcls.jobs.classroom import work
from imgcls.jobs.classroom.work import Work
from imgcls.runs.run import UNDER_WAY
from imgcls.sharing.classroom import presence, rooms
from imgcls.sharing.classroom.presence import Place
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.train import learning_curves
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

TICK_SECONDS = 2.0
CHOSEN = "class-stage"
OWN = ("you", "class")
"""Pages on which the teacher would see themselves."""


def show(room: Room) -> None:
    """Who is on stage, and what they look at; nothing in an empty class."""
    names = {person.id: person.name for person in rooms.members(room)}
    if not names:
        return
    st.session_state[CHOSEN] = room.on_stage if room.on_stage in names else None
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
        help="For the projector: shows, in large type, the page and run that this member has open, or their latest "
        "run. The member sees a note.",
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
        st.header(plain(f"On stage: {entry.member.name}"), anchor=False)
        place = presence.place_of(entry.member.id)
        _place(place)
        latest = _open_run(place) or entry.latest
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
            learning_curves.draw(curves, is_live=latest.state in UNDER_WAY)


def _place(place: Place | None) -> None:
    """The page that the member has open, and a way there."""
    if place is None:
        st.caption("No page open at the moment. This is the latest run.")
        return
    parts = [place.title, *(f"{name} {text}" for name, text in place.query.items() if name != "run")]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain(f"Viewing: {', '.join(parts)}"), width="content")
        if (
            place.path
            and place.path not in OWN
            and st.button("Open this page", key="class-stage-page", icon=":material/visibility:")
        ):
            links.go(f"{place.path}.py", **place.query)


def _open_run(place: Place | None) -> Work | None:
    """The run that the member has open, if the teacher sees it."""
    if place is None or "run" not in place.query:
        return None
    try:
        return work.described(runs.find(place.query["run"]))
    except UserError:
        return None
