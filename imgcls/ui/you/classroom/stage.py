"""What one pupil looks at: their page, and its run or their latest, followed while it trains.

Nothing can be changed there: it is the teacher's page, drawn from the same files. The projector shows the same page as
the pupil's, see `api.plain_pages.together`.
"""

import streamlit as st

from imgcls import languages, runs
from imgcls.errors import UserError
from imgcls.jobs.classroom import work
from imgcls.jobs.classroom.work import Work
from imgcls.languages import gettext as _
from imgcls.lessons import current_step
from imgcls.runs.run import UNDER_WAY
from imgcls.sharing.classroom import presence, rooms
from imgcls.sharing.classroom.presence import Place
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.train import learning_curves
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number
from imgcls.ui.you.classroom import titles

TICK_SECONDS = 2.0


def show(room: Room) -> None:
    """What the member on stage looks at; nothing if nobody is."""
    if room.on_stage and room.on_stage in {person.id for person in rooms.members(room)}:
        st.fragment(run_every=TICK_SECONDS)(_work)(room)


def _work(room: Room) -> None:
    entry = next((found for found in work.of_members(room) if found.member.id == room.on_stage), None)
    if entry is None:
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(plain(_("On stage: {name}").format(name=entry.member.name)), anchor=False)
            st.link_button(
                _("Show their page on the screen"),
                links.on_server("room", room.code, "stage"),
                icon=":material/cast:",
                help=_("For a projector."),
            )
        place = presence.place_of(entry.member.id)
        lesson = "" if place is None else current_step.title(entry.member.id, place.path, place.query)
        _place(place, lesson)
        latest = _open_run(place) or entry.latest
        if latest is None:
            st.caption(_("No run yet."))
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(formatting.state(latest.state, plain(f"{latest.name} · {titles.of(latest)}")))
            if st.button(_("Open"), key="class-stage-open", icon=":material/open_in_new:"):
                links.go("train.py", run=latest.run.id)
        epoch = _("{done} of {total}").format(done=latest.epoch, total=latest.epochs)
        metric_row.show(
            (
                Number(_("Validation accuracy"), formatting.fraction(latest.val_accuracy), _("best epoch so far")),
                Number(_("Epoch"), epoch if latest.epochs else "–", ""),
                Number(_("Parameters"), languages.number(latest.parameters) if latest.parameters else "–", ""),
            )
        )
        try:
            curves = cached_curves.curves(latest.run)
        except UserError:
            return  # its state says that it is damaged
        if curves.batches or curves.epochs:
            learning_curves.draw(curves, is_live=latest.state in UNDER_WAY)


def _place(place: Place | None, lesson: str) -> None:
    """The page that the member has open, with the step of their lesson, and a way there."""
    if place is None:
        st.caption(_("No page open at the moment. This is the latest run."))
        return
    told = (f"{name} {text}" for name, text in place.query.items() if name not in ("run", "lesson"))
    parts = [_(place.title), *told, *([lesson] if lesson else [])]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain(_("Viewing: {page}").format(page=", ".join(parts))), width="content")
        if place.is_followed and st.button(_("Open this page"), key="class-stage-page", icon=":material/visibility:"):
            links.go(f"{place.path}.py", **place.query)


def _open_run(place: Place | None) -> Work | None:
    """The run that the member has open, if the teacher sees it."""
    if place is None or "run" not in place.query:
        return None
    try:
        return work.described(runs.find(place.query["run"]))
    except UserError:
        return None
