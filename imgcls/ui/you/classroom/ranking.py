"""The leaderboard of a class."""

import streamlit as st

from imgcls import datasets, models
from imgcls.errors import UserError
from imgcls.jobs.classroom import leaderboard, work
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting

HELP = (
    "Each person's best run by validation accuracy. A shared rank means that the runs are statistically "
    "indistinguishable: the 95% confidence interval of their difference includes 0. More attempts make a high score by "
    "chance more likely."
)
TICK_SECONDS = 10.0


def show(room: Room) -> None:
    """The table for one dataset, also while models train; nothing without scores."""
    st.fragment(run_every=TICK_SECONDS if room.is_open else None)(_show)(room)


def _show(room: Room) -> None:
    works = leaderboard.competing(work.of_room(room), room)
    names = leaderboard.datasets(works)
    if not names:
        return
    st.header("Leaderboard", anchor=False, help=HELP)
    data = names[0]
    if len(names) > 1:
        data = st.selectbox("Dataset", names, format_func=_title, key="class-leaderboard-data", width=420)
    else:
        st.caption(plain(f"On {_title(data)}."))
    places = leaderboard.places(works, data)
    shared = [place for place in places if place.rank == 1]
    if len(shared) > 1:
        st.caption(f"The first {len(shared)} are statistically indistinguishable.")
    st.dataframe(
        {
            "Rank": [place.rank for place in places],
            "Name": [place.best.owner_name for place in places],
            "Validation accuracy": [formatting.fraction(place.best.val_accuracy) for place in places],
            "Model": [models.title(place.best.model) for place in places],
            "Parameters": [place.best.parameters for place in places],
            "Attempts": [place.attempts for place in places],
        },
        hide_index=True,
        height=formatting.table_height(len(places)),
        column_config={"Parameters": st.column_config.NumberColumn(format="localized")},
        alt="The best run of each person of the class.",
    )


def _title(name: str) -> str:
    try:
        return datasets.facts(name).title
    except UserError:
        return name
