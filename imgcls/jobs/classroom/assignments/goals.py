"""Whether a run meets the goal of its assignment. The trainer measured what counts; nothing comes from a page."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgcls.jobs.classroom.assignments.assignment import Goal

if TYPE_CHECKING:  # the banner of each page needs goals, but nothing that reads what the class draws
    from imgcls.jobs.classroom.work import Work


@dataclass(frozen=True)
class Condition:
    """One condition as text, and whether it is met; None while it is not known."""

    text: str
    is_met: bool | None


def text_of(goal: Goal) -> str:
    """The goal in words; "" without one."""
    return " and ".join(condition.text for condition in conditions(goal, None))


def conditions(goal: Goal, work: "Work | None") -> list[Condition]:
    """Each condition of a goal, for a run or before there is one."""
    accuracy = work.val_accuracy if work else None
    parameters = work.parameters if work else None
    seconds = work.seconds if work else None
    found = []
    if goal.val_accuracy is not None:
        is_met = None if accuracy is None else accuracy >= goal.val_accuracy
        found.append(Condition(f"validation accuracy ≥ {100 * goal.val_accuracy:g}%", is_met))
    if goal.parameters is not None:
        is_met = None if parameters is None else parameters < goal.parameters
        found.append(Condition(f"fewer than {goal.parameters:,} parameters", is_met))
    if goal.seconds is not None:
        found.append(Condition(f"at most {goal.seconds:,g} s", None if seconds is None else seconds <= goal.seconds))
    return found


def is_met(goal: Goal, work: "Work") -> bool:
    """Whether a run has ended and meets every condition."""
    found = conditions(goal, work)
    return work.state in ("finished", "stopped") and bool(found) and all(one.is_met for one in found)
