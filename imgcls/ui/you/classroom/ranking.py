"""The leaderboard of a class."""

import streamlit as st

from imgcls import models, sharing
from imgcls.jobs.classroom import leaderboard
from imgcls.jobs.classroom.assignments import closing
from imgcls.jobs.classroom.leaderboard import Place
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app.errors import plain
from imgcls.ui.visitors import watching
from imgcls.ui.widgets import formatting
from imgcls.ui.you import ranked
from imgcls.ui.you.classroom import titles
from imgcls.ui.you.ranked import Row

HELP = N_(
    "Each person's best run by validation accuracy. A shared rank means that the runs are statistically "
    "indistinguishable: the 95% confidence interval of their difference includes 0. More attempts make a high score by "
    "chance more likely."
)
WHAT = N_("Runs outside assignments, by validation accuracy: on images that are not trained on.")
TICK_SECONDS = 10.0


def show(room: Room) -> None:
    """The table for one dataset, also while models train; nothing without scores."""
    st.fragment(run_every=watching.apart(TICK_SECONDS) if room.is_open else None)(_show)(room)


def _show(room: Room) -> None:
    works = leaderboard.competing(closing.others(room), room)
    names = leaderboard.datasets(works)
    if not names:
        if rooms.manages(sharing.current(), room):  # it is all there is on their tab
            st.header(_("Leaderboard of the class"), anchor=False, help=_(HELP))
            st.caption(_("No scores yet. Runs outside assignments appear here as soon as they have an epoch."))
        return
    st.header(_("Leaderboard of the class"), anchor=False, help=_(HELP))
    data = names[0]
    if len(names) > 1:
        data = st.selectbox(_("Dataset"), names, format_func=titles.data, key="class-leaderboard-data", width=420)
        where = ""
    else:
        where = plain(titles.data(data)) + ". "
    st.caption(where + _(WHAT))
    places = leaderboard.places(works, data)
    visitor = sharing.current().id
    rows = [
        Row(
            place.rank,
            place.best.owner_name,
            formatting.fraction(place.best.val_accuracy),
            _details(place),
            place.best.owner == visitor,
        )
        for place in places
    ]
    ranked.show(rows, _("Leaderboard of the class"))
    for sentence in leaderboard.ties(places):
        st.caption(plain(sentence))


def _details(place: Place) -> str:
    return " · ".join(
        (
            models.title(place.best.model),
            ngettext("{n} attempt", "{n} attempts", place.attempts).format(n=place.attempts),
        )
    )
