"""A study as one row of the table: its best trial. A search of a hundred trials would bury all other runs."""

from typing import Any

import streamlit as st

from imgcls import studies
from imgcls.errors import SettingError, UserError
from imgcls.runs.index import Found, conditions
from imgcls.studies.study import OUTCOMES
from imgcls.ui.runs import table_columns
from imgcls.ui.runs.studies.cards import STATES
from imgcls.ui.runs.table_parts import closed_popovers
from imgcls.ui.widgets import formatting

TRIALS = "trials"
"""Whether each trial has a row, in the session and in the URL."""
LABEL = "Show all trials of studies"


def are_trials_wanted(text: str, by: str | None) -> bool:
    """Whether the visitor wants the trials themselves: or names studies in the filter or the groups."""
    try:
        names_study = any(not isinstance(one, str) and one.name == "study" for one in conditions.read(text))
    except SettingError:  # the search says so
        names_study = False
    return bool(st.session_state.get(TRIALS)) or by == "study" or names_study


def switch() -> None:
    """The switch among the other options of the view."""
    st.toggle(LABEL, key=TRIALS, bind="query-params")


def chip() -> None:
    """While trials have rows of their own, a chip that removes them, as of a filter."""
    if st.session_state.get(TRIALS):
        st.button("Trials of studies", icon=":material/close:", key="remove-trials", on_click=_show, args=(False,))


def name_rows(found: Found) -> list[dict[str, Any]]:
    """The rows; that of a study is called after its best trial, as everywhere else, has the study's state, and says of
    how many trials it is the best, or how many match if some do not."""
    rows = []
    for row in found.rows:
        count = found.studies.get(row["study"] or "")
        if not count:
            rows.append(row)
            continue
        everything, ended = _trials(row["study"]) or (count, count)
        if everything > count:
            about = f"{count:,} of {formatting.count(everything, 'trial')} shown"
        else:
            about = f"best of {formatting.count(ended, 'trial')}" if ended > 0 else "no trial has ended"
        name = row["name"] if row["name"] != row["id"] else title(row["study"])
        rows.append(row | {"name": f"{name}: {about}", table_columns.STUDY_STATE: _state(row["study"])})
    return rows


def _trials(study_id: str) -> tuple[int, int] | None:
    """How many trials the study has, and how many of them have ended; None if it was deleted."""
    try:
        trials = studies.find(study_id).runs()
    except UserError:  # deleted meanwhile
        return None
    return len(trials), studies.ended(trials)


def _state(study_id: str) -> str | None:
    """The state of the study, which its best trial does not have: that has ended while others train."""
    try:
        study = studies.find(study_id)
        state, budget = study.state, study.plan.budget
    except UserError:  # deleted meanwhile, or damaged
        return None
    word = STATES[state][0]
    return word if state in (*OUTCOMES, "damaged") else f"{word}, {studies.ended(study.runs())} of {budget}"


def count(found: Found) -> str:
    """How many rows match: '12 runs', '3 runs, 1 study (10 trials)'."""
    number = len(found.studies)
    if not number:
        return formatting.count(found.total, "run")
    of_studies = "1 study" if number == 1 else f"{number:,} studies"
    of_studies = f"{of_studies} ({formatting.count(sum(found.studies.values()), 'trial')})"
    others = found.total - number
    return f"{formatting.count(others, 'run')}, {of_studies}" if others else of_studies


def say(found: Found) -> None:
    """Which trials have no row, with a button that gives them one."""
    hidden = sum(found.studies.values()) - len(found.studies)
    if hidden < 1:
        return
    if len(found.studies) == 1:
        ((study, count),) = found.studies.items()
        text = f"{formatting.count(count, 'trial')} of study “{title(study)}” in one row"
    else:
        text = f"{sum(found.studies.values()):,} trials of {len(found.studies):,} studies in one row each"
    st.button(
        f"{text} · Show all",
        icon=":material/unfold_more:",
        key="runs-show-trials",
        type="tertiary",
        on_click=_show,
        args=(True,),
    )


def _show(are_shown: bool) -> None:
    """A callback."""
    closed_popovers.put(TRIALS, are_shown)


def title(study_id: str) -> str:
    """The title of a study; the ID of one that was deleted."""
    try:
        return studies.find(study_id).title
    except UserError:  # deleted meanwhile
        return study_id
