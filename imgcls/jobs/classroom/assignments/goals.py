"""Whether a run meets the goal of its assignment. The trainer measured what counts; nothing comes from a page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgcls import languages
from imgcls.jobs.classroom.assignments.assignment import Goal
from imgcls.languages import N_
from imgcls.languages import gettext as _

if TYPE_CHECKING:  # the banner of each page needs goals, but nothing that reads what the class draws
    from imgcls.jobs.classroom.leaderboard import Place
    from imgcls.jobs.classroom.work import Work


ENDED = ("finished", "stopped")
MEDALS = 3
MEDALS_NEED_GOAL = N_("Medals need the goal.")
CLOSE_POINTS = 2.0
"""So many percentage points below the goal are close to it."""


@dataclass(frozen=True)
class Condition:
    """One condition as text, and whether it is met; None while it is not known."""

    text: str
    is_met: bool | None


def text_of(goal: Goal) -> str:
    """The goal in words; "" without one."""
    both = _("and")
    return f" {both} ".join(condition.text for condition in conditions(goal, None))


def conditions(goal: Goal, work: "Work | None") -> list[Condition]:
    """Each condition of a goal, for a run or before there is one."""
    accuracy = work.val_accuracy if work else None
    parameters = work.parameters if work else None
    seconds = work.seconds if work else None
    found = []
    if goal.val_accuracy is not None:
        is_met = None if accuracy is None else accuracy >= goal.val_accuracy
        text = _("validation accuracy ≥ {percent}%").format(percent=f"{100 * goal.val_accuracy:g}")
        found.append(Condition(text, is_met))
    if goal.parameters is not None:
        is_met = None if parameters is None else parameters < goal.parameters
        text = _("fewer than {count} parameters").format(count=languages.number(goal.parameters))
        found.append(Condition(text, is_met))
    if goal.seconds is not None:
        text = _("at most {seconds} s").format(seconds=f"{goal.seconds:,g}")
        found.append(Condition(text, None if seconds is None else seconds <= goal.seconds))
    return found


def shortfall(goal: Goal, work: "Work", fixed: Collection[str] = ()) -> str:
    """How far a run that has ended is from the goal, and what may help; "" if it meets the goal or is not known.

    Args:
        fixed: Settings that cannot be changed, so that no advice names them.
    """
    if goal.val_accuracy is not None and work.val_accuracy is not None and work.val_accuracy < goal.val_accuracy:
        gap = max(100 * (goal.val_accuracy - work.val_accuracy), 0.1)
        missing = _("{points} percentage points below the goal.").format(points=languages.decimal(gap, 1))
        close = _("So close:") + " " if gap <= CLOSE_POINTS else ""
        change = _("Change a setting that is not fixed.")
        advice = change if "epochs" in fixed else _("Train for more epochs, or change another setting.")
        return f"{close}{missing} {advice}"
    if goal.parameters is not None and work.parameters is not None and work.parameters >= goal.parameters:
        count = languages.number(work.parameters - goal.parameters + 1)
        return _("{count} parameters too many. Make the network smaller.").format(count=count)
    if goal.seconds is not None and work.seconds is not None and work.seconds > goal.seconds:
        seconds = languages.decimal(max(work.seconds - goal.seconds, 0.1), 1)
        return _("{seconds} s too slow. Use fewer epochs or a smaller network.").format(seconds=seconds)
    return ""


def to_go(goal: Goal, work: "Work") -> str:
    """What a run lacks to the goal, beside a name that others read: short and without a verdict; "" if nothing."""
    if goal.val_accuracy is not None and work.val_accuracy is not None and work.val_accuracy < goal.val_accuracy:
        gap = max(100 * (goal.val_accuracy - work.val_accuracy), 0.1)
        return _("{points} to go").format(points=languages.decimal(gap, 1))
    if goal.parameters is not None and work.parameters is not None and work.parameters >= goal.parameters:
        return _("{count} parameters to go").format(count=languages.number(work.parameters - goal.parameters + 1))
    if goal.seconds is not None and work.seconds is not None and work.seconds > goal.seconds:
        return _("{seconds} s to go").format(seconds=languages.decimal(max(work.seconds - goal.seconds, 0.1), 1))
    return ""


def missed(goal: Goal, work: "Work") -> str:
    """That a run whose score is final does not meet the goal, with what was measured; "" if it does, or without a goal.

    The measured accuracy is that of the validation images, whatever score ranks.
    """
    if work.state not in ENDED or is_met(goal, work) or not text_of(goal):
        return ""
    measured = []
    if goal.val_accuracy is not None:
        measured.append(_("validation {percent}").format(percent=languages.percent(work.val_accuracy)))
    if goal.parameters is not None and work.parameters is not None:
        measured.append(_("{count} parameters").format(count=languages.number(work.parameters)))
    if goal.seconds is not None and work.seconds is not None:
        measured.append(_("{seconds} s").format(seconds=languages.decimal(work.seconds, 1)))
    return _("Goal not met ({measured})").format(measured=", ".join(measured))


def has_medal(goal: Goal, work: "Work", rank: int) -> bool:
    """Whether the run with this place has a medal: one of the first that have ended and meet the goal, if any."""
    return rank <= MEDALS and work.state in ENDED and (not text_of(goal) or is_met(goal, work))


def best(goal: Goal, places: "Sequence[Place]") -> "list[Place]":
    """Who share the first place: among those with a medal, or among all if nobody has met the goal."""
    found = [place for place in places if has_medal(goal, place.best, place.rank)] or places
    return [place for place in found if place.rank == found[0].rank]


def is_met(goal: Goal, work: "Work") -> bool:
    """Whether a run has ended and meets every condition."""
    found = conditions(goal, work)
    return work.state in ENDED and bool(found) and all(one.is_met for one in found)
