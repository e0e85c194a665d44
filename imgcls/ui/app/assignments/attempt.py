"""A run that is an attempt at an assignment: the prediction before it begins, and the verdict on it."""

import time

import streamlit as st

from imgcls import languages, sharing
from imgcls.datasets import DatasetInfo
from imgcls.errors import UserError
from imgcls.jobs.classroom import work
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, goals, guesses
from imgcls.jobs.classroom.assignments.assignment import Assignment
from imgcls.jobs.classroom.assignments.attempts import Entry, Guess
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import ENDED, Run
from imgcls.runs import assignments as records
from imgcls.sharing import Mode
from imgcls.ui.app import links
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.assignments.banner import CLOSED
from imgcls.ui.app.errors import plain
from imgcls.ui.app.paths import PAGES

FIRST = "First predict the result: fill in the three fields of “Predict first”, above the name of the run."
FIELDS = ("guess-accuracy", "guess-first", "guess-second")
FOCUS = (
    "<script>{{const at=document.querySelector('.st-key-{field} input');at?.focus({{preventScroll:true}});"
    "at?.scrollIntoView({{block:'center'}})}}/*{now}*/</script>"
)
"""Runs once each time: the element differs by the time."""
MET = N_("Goal met.")
NONE_LEFT = N_("No attempt is left: you have used {used} of {count}.")
MARKS = {
    True: ":green-badge[:material/check: {}]",
    False: ":orange-badge[:material/close: {}]",
    None: ":gray-badge[{}]",
}


def entry(info: DatasetInfo) -> Entry | None:
    """What Start sends for the assignment of the page, with the prediction that it asks for; None without one."""
    found = fixed_controls.present()
    if found is None:
        return None
    earlier = attempts.of(found, sharing.current().id)
    return Entry(found.code, _guess(info) if attempts.is_guess_due(found, earlier) else None)


def obstacle(found: Entry | None) -> str:
    """Why no run can be started for the assignment of the page; "" if one can, or there is no assignment."""
    present = fixed_controls.present()
    if found is None or present is None:
        return ""
    if not present.is_open:
        return _(CLOSED)
    own = attempts.of(present, sharing.current().id)
    if attempts.is_none_left(present, own):
        return _(NONE_LEFT).format(used=len(own), count=present.attempts)
    return ""


def say(reason: str) -> None:
    """An obstacle, beside Start: above the page it may be out of sight."""
    if reason:
        st.info(plain(reason), icon=":material/lock:")
        st.page_link(PAGES / "class.py", label=_("See the leaderboard"), icon=":material/leaderboard:")


def lacks_guess(found: Entry | None) -> bool:
    """Whether the prediction has to be filled in first."""
    present = fixed_controls.present()
    if found is None or present is None or found.guess is not None:
        return False
    return attempts.is_guess_due(present, attempts.of(present, sharing.current().id))


def awaits_guess() -> bool:
    """Whether the visitor still has to predict the result, so that nothing may give it away."""
    present = fixed_controls.present()
    return present is not None and attempts.is_guess_due(present, attempts.of(present, sharing.current().id))


def say_preview() -> None:
    """Start was pressed in a preview."""
    st.toast(_(attempts.PREVIEW), icon=":material/visibility:", duration="long")


def ask_for_guess() -> None:
    """Start was pressed too early: says so, and leads to the first field that is empty; or to the second class, if both
    are the same."""
    st.toast(FIRST, icon=":material/edit:", duration="long")
    field = next((name for name in FIELDS if st.session_state.get(name) is None), FIELDS[-1])
    st.html(FOCUS.format(field=field, now=time.time()), unsafe_allow_javascript=True)


def _guess(info: DatasetInfo) -> Guess | None:
    """The inputs; None until all are filled in."""
    with st.container(border=True, key="predict-first"):
        st.markdown("**Predict first:** what will the result be?")
        with st.grid(min_column_width=150, gap="medium", vertical_alignment="bottom"):
            accuracy = st.number_input("Validation accuracy, %", 0.0, 100.0, None, 1.0, format="%g", key=FIELDS[0])
            first, second = (
                st.selectbox(label, info.classes, index=None, placeholder="Choose", key=key)
                for label, key in zip(("Most confused: class", "with class"), FIELDS[1:], strict=True)
            )
        if first is not None and first == second:
            st.caption("Choose two different classes.")
    if accuracy is None or first is None or second is None or first == second:
        return None
    return Guess(accuracy / 100, (first, second))


def of_run(run: Run) -> Assignment | None:
    """The assignment that a run is an attempt at, if the visitor sees it."""
    if sharing.mode() is not Mode.CLASSROOM or (record := records.read(run.folder)) is None:
        return None
    try:
        return assignments.find(record.code)
    except UserError:
        return None


def next_of(run: Run) -> Assignment | None:
    """The assignment that a further run like this one would count for; None if it is closed or no attempt is left."""
    found = of_run(run)
    if found is None or not found.is_open or attempts.is_none_left(found, attempts.of(found, sharing.current().id)):
        return None
    return found


def say_what_counts(found: Assignment | None) -> None:
    """Below the buttons that start a further attempt."""
    if found is not None:
        used = len(attempts.of(found, sharing.current().id))
        text = _("The next run counts for the assignment “{title}”.").format(title=plain(found.title))
        if found.attempts:
            text += " " + _("{used} of {count} attempts used.").format(used=used, count=found.attempts)
        st.caption(text)


def goal_in_numbers(run: Run) -> tuple[str, str, str] | None:
    """The goal that a run is an attempt at, for the row of its numbers: name, value and note; None without one."""
    found = of_run(run)
    goal = None if found is None else found.goal
    if goal is None or not goals.text_of(goal):
        return None
    if goal.val_accuracy is not None:
        return (_("Goal"), f"≥ {100 * goal.val_accuracy:g}%", _("validation accuracy"))
    if goal.parameters is not None:
        return (_("Goal"), f"< {languages.number(goal.parameters)}", _("parameters"))
    return (_("Goal"), f"≤ {goal.seconds:g} s", _("training time"))


def verdict(run: Run) -> None:
    """Whether the run meets the goal of its assignment, and the way back; nothing for other runs."""
    found = of_run(run)
    if found is None:
        return
    described = work.described(run)
    is_training = described.state not in ENDED  # what is not reached yet is not missed
    marks = [
        MARKS[None if is_training and not one.is_met else one.is_met].format(plain(one.text))
        for one in goals.conditions(found.goal, described)
    ]
    with st.container(horizontal=True, vertical_alignment="center", key="assignment-verdict"):
        st.markdown(f":material/assignment: {plain(found.title)} &nbsp; {' '.join(marks)}", width="content")
        is_met = goals.is_met(found.goal, described)
        if not is_met and not is_training and (text := goals.shortfall(found.goal, described, found.fixed_state)):
            st.markdown(f"**{plain(text)}**", width="content")
        st.page_link(PAGES / "class.py", label=_("Class page"), icon=":material/co_present:")
        if st.button(_("Back to the assignment"), type="tertiary", icon=":material/arrow_back:"):
            links.go("train.py", **{fixed_controls.KEY: found.code})
    if is_met:
        st.success(f"**{_(MET)}**", icon=":material/flag:")
    if not is_training and (text := _compared(found, run)):
        st.markdown(text)


def _compared(found: Assignment, run: Run) -> str:
    """The visitor's own prediction beside the result of its run; "" without one."""
    own = {one.run for one in attempts.of(found, sharing.current().id)}
    one = next((one for one in guesses.outcomes(found) if one.run == run.id and one.run in own), None)
    if one is None:
        return ""
    text = _("You predicted {predicted}; the validation accuracy is {actual}.").format(
        predicted=languages.percent(one.guess.accuracy), actual=languages.percent(one.accuracy)
    )
    if one.confused is None:
        return text
    pairs = {"predicted": plain("/".join(one.guess.confused)), "actual": plain("/".join(one.confused))}
    if one.is_pair_right:
        return f"{text} " + _("Most mixed up: {actual}, as you predicted.").format(**pairs)
    return f"{text} " + _("Most mixed up: {actual}, you predicted {predicted}.").format(**pairs)
