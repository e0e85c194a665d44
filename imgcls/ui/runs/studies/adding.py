"""More trials for a study that has ended or was interrupted: it goes on with what it knows."""

import streamlit as st

from imgcls import studies
from imgcls.sharing import Action
from imgcls.studies import Plan, Study, Trial, more_trials
from imgcls.studies.plan import MOST_TRIALS
from imgcls.ui.app.errors import shown
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting

HELP = (
    "Continues the search with what it has learned; nothing is tried twice. When it ends, the winner is chosen again, "
    "and a new winner is evaluated on the test set."
)


def offer(study: Study, plan: Plan, trials: list[Trial], state: str) -> None:
    """How many, at first those that importances miss, and the button."""
    room = MOST_TRIALS - len(trials)
    if state not in more_trials.CAN_BE_EXTENDED or room < 1:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="add-trials-row"):
        usual = min(room, more_trials.usual(plan, trials))
        count = int(st.number_input("More trials", 1, room, usual, key=f"more-trials-{study.id}", width=150))
        _button(study, count, f"Add {formatting.count(count, 'trial')}", "add-trials")


def _button(study: Study, count: int, label: str, key: str) -> None:
    st.button(
        label,
        icon=":material/add:",
        key=key,
        on_click=_add,
        args=(study, count),
        **rights.button(Action.EXTEND_STUDY, study.folder, help=HELP),
    )


def _add(study: Study, count: int) -> None:
    with shown():
        more_trials.add(study, count)
        studies.drive(study)
