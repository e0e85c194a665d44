"""How far a class is with an assignment: attempts, whose runs are under way, who has not started, what is awaited."""

from collections.abc import Sequence

import streamlit as st

from imgcls.jobs.classroom.assignments import attempts, closing, goals
from imgcls.jobs.classroom.assignments.assignment import Assignment
from imgcls.jobs.classroom.assignments.attempts import Attempt
from imgcls.jobs.classroom.assignments.closing import Final
from imgcls.jobs.classroom.work import TRAINING, Work
from imgcls.languages import gettext as _
from imgcls.languages import ngettext
from imgcls.sharing.classroom import rooms
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting

UNDER_WAY = (*TRAINING, "paused")
MOST_NAMES, MOST_WAITED = 3, 30


def show(assignment: Assignment, manages: bool) -> None:
    """Runs every few seconds until the end."""
    entered = attempts.of(assignment)
    works = closing.works(assignment)
    if not entered:
        st.caption(_("No attempt yet."))
        if manages:
            _not_started(assignment, entered)
        return
    st.markdown(standing(assignment, entered, works))
    if manages:
        _not_started(assignment, entered)
    awaited(assignment, closing.final(assignment), works, manages=manages)


def _not_started(assignment: Assignment, entered: Sequence[Attempt]) -> None:
    """For the teacher: who has begun no attempt."""
    room, begun = rooms.find(assignment.room), {one.visitor for one in entered}
    names = [person.name for person in rooms.members(room) if person.id not in begun] if room is not None else []
    if names:
        text, others = ", ".join(names[:MOST_WAITED]), len(names) - MOST_WAITED
        if others > 0:
            text = _("{names} and {count} more").format(names=text, count=others)
        st.caption(plain(_("Not started: {names}").format(names=text)))


def awaited(assignment: Assignment, final: Final | None, works: Sequence[Work], *, manages: bool) -> None:
    """What a closed assignment waits for until its results are there; nothing while it is open, or once they are."""
    if assignment.is_open or final is not None:
        return
    if closing.is_evaluating(assignment) or closing.has_just_begun(assignment):
        st.info(plain(closing.progress_text(assignment, works)), icon=":material/hourglass_top:")
    elif manages:
        st.button(
            _("Evaluate the best runs on the test set"),
            key=f"evaluate-{assignment.code}",
            icon=":material/fact_check:",
            on_click=attempt,
            args=(closing.evaluate_later, assignment),
        )


def standing(assignment: Assignment, entered: Sequence[Attempt], works: Sequence[Work]) -> str:
    """How many attempts there are, in which state, and how many people have met the goal, as Markdown.

    Those in progress are named: a teacher who waits for them asks whose they are.
    """
    people = len({attempt.visitor for attempt in entered})
    text = _("{attempts} by {people}.").format(
        attempts=ngettext("{n} attempt", "{n} attempts", len(entered)).format(n=len(entered)),
        people=ngettext("{n} person", "{n} people", people).format(n=people),
    )
    ended = [one for one in works if one.state not in UNDER_WAY]
    if goals.text_of(assignment.goal) and ended:
        met = len({one.owner for one in works if goals.is_met(assignment.goal, one)})
        text += " " + _("Goal met: {met} of {count}.").format(met=met, count=people)
    for state, (__, icon, colour) in formatting.STATES.items():
        found = [one for one in works if one.state == state]
        if not found:
            continue
        names = list(dict.fromkeys(one.owner_name for one in found))
        named = f" ({', '.join(names)})" if state in UNDER_WAY and len(names) <= MOST_NAMES else ""
        text += f" &nbsp; :{colour}-badge[{icon} {formatting.word(state)}: {len(found)}{plain(named)}]"
    return text


def attempt(act, assignment: Assignment) -> None:
    """Does it, or shows what is wrong."""
    with errors.shown():
        act(assignment)
