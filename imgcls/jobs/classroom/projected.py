"""What the projector shows of an assignment: its goal and its leaderboard, with names only as far as approved.

The texts are in the language of whoever has opened the page.
"""

import hashlib
from dataclasses import dataclass

from imgcls import languages
from imgcls.jobs.classroom import leaderboard, work
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, closing, goals
from imgcls.jobs.classroom.assignments.assignment import Assignment
from imgcls.jobs.classroom.leaderboard import Place
from imgcls.jobs.classroom.work import TRAINING, Work
from imgcls.jobs.together import activities, names
from imgcls.jobs.together.activities import Kind
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.sharing.classroom.rooms import Room

MOST = 36
BY_VALIDATION = N_("By validation accuracy. Test scores follow when the assignment is closed.")
NOT_EVALUATED = N_("By validation accuracy. The assignment is closed; its test scores are not there yet.")
BY_TEST = N_("Final: by test accuracy, on images never used in training or selection.")
NO_SCORES = N_("No scores yet.")


@dataclass(frozen=True)
class Line:
    """One person: `score` and `interval` as texts, `value`, `low` and `high` as fractions for a bar.

    `key` tells people with the same name apart, without their ID; `is_met` whether the goal is met, None if there is
    none yet; `remark` what is missing to it, or how far the training is.
    """

    key: str
    rank: int
    name: str
    score: str
    interval: str
    value: float
    low: float | None
    high: float | None
    is_met: bool | None
    is_training: bool
    has_medal: bool
    remark: str


@dataclass(frozen=True)
class Board:
    """An assignment as the projector shows it.

    `status` says what ranks or what is computed, `note` explains ties and medals; `training` who trains while there are
    no scores; `line` the accuracy of the goal as a fraction, None without one or if other scores are shown; `is_final`
    whether nothing changes any more: `best` then says who is first.
    """

    title: str
    goal: str
    status: str
    lines: tuple[Line, ...]
    others: int
    note: str
    attempts: str
    training: str
    line: float | None
    is_final: bool
    best: str


def shows_names(room: Room) -> bool:
    """Whether a screen of this class shows names: of who draws for its model, or competes in an assignment."""
    activity = activities.find(room)
    is_collection = activity is not None and activity.kind is Kind.COLLECTION
    return is_collection or newest(room) is not None


def newest(room: Room) -> Assignment | None:
    """The latest assignment with a leaderboard, those that are open first."""
    found = [one for one in assignments.of_room(room) if one.page == "train"]
    return next((one for one in found if one.is_open), found[0] if found else None)


def board(assignment: Assignment, room: Room) -> Board:
    """The leaderboard as it is now. Who may see it is checked by the caller."""
    on_test = closing.final(assignment) is not None
    places = closing.places(assignment, on_test=on_test)
    shown = names.on_screen(room)
    entered = attempts.of(assignment)
    works = closing.works(assignment)
    return Board(
        assignment.title,
        _goal(assignment, places, on_test=on_test),
        _status(assignment, places, works, shown, on_test=on_test),
        tuple(_line(place, assignment, shown, on_test=on_test) for place in places[:MOST]),
        max(len(places) - MOST, 0),
        " ".join(_notes(assignment, places)),
        _attempts(len(entered), len({one.visitor for one in entered}), works),
        "" if places else ", ".join(_busy(works, shown)[:MOST]),
        None if on_test else assignment.goal.val_accuracy,
        on_test,
        leaderboard.best_text(goals.best(assignment.goal, places), shown, on_test=True) if on_test else "",
    )


def _goal(assignment: Assignment, places: list[Place], *, on_test: bool) -> str:
    """The goal; at the end, with how many have met it: the scores that are then shown do not tell."""
    text = goals.text_of(assignment.goal)
    if not text or not on_test:
        return text
    met = sum(goals.is_met(assignment.goal, place.best) for place in places)
    return text + " – " + (_("met by {met} of {count}").format(met=met, count=len(places)) if met else _("not met"))


def _notes(assignment: Assignment, places: list[Place]) -> list[str]:
    is_shared = len({place.rank for place in places}) < len(places)
    found = [_(leaderboard.SHARED)] if is_shared else []
    return [*found, _(goals.MEDALS_NEED_GOAL)] if places and goals.text_of(assignment.goal) else found


def _status(
    assignment: Assignment, places: list[Place], works: list[Work], shown: dict[str, str], *, on_test: bool
) -> str:
    if on_test:
        return _(BY_TEST)
    if not assignment.is_open and (closing.is_evaluating(assignment) or closing.has_just_begun(assignment)):
        return closing.progress_text(assignment, works, shown)
    if not places:
        return _(NO_SCORES)
    return _(BY_VALIDATION if assignment.is_open else NOT_EVALUATED)


def _line(place: Place, assignment: Assignment, shown: dict[str, str], *, on_test: bool) -> Line:
    best = place.best
    found = leaderboard.interval(best, on_test=on_test)
    has_goal, is_training = bool(goals.text_of(assignment.goal)), best.state in TRAINING
    value = best.test_accuracy if on_test else best.val_accuracy
    return Line(
        hashlib.sha256(f"{assignment.code} {best.owner}".encode()).hexdigest()[:12],
        place.rank,
        shown.get(best.owner) or _(names.GONE),
        languages.percent(value),
        f"{languages.percent(found.low)} – {languages.percent(found.high)}" if found else "",
        value or 0.0,
        found.low if found else None,
        found.high if found else None,
        goals.is_met(assignment.goal, best) if has_goal and not is_training else None,
        is_training,
        goals.has_medal(assignment.goal, best, place.rank),
        _progress(best) if is_training else (goals.missed if on_test else goals.to_go)(assignment.goal, best),
    )


def _progress(run: Work) -> str:
    if not run.epochs:
        return _("still training")
    return _("epoch {epoch} of {epochs}").format(epoch=run.epoch, epochs=run.epochs)


def _attempts(entered: int, people: int, works: list[Work]) -> str:
    text = _("{attempts} by {people}.").format(
        attempts=ngettext("{n} attempt", "{n} attempts", entered).format(n=entered),
        people=ngettext("{n} person", "{n} people", people).format(n=people),
    )
    waiting = sum(one.state == "queued" for one in works)
    training = sum(one.state in work.TRAINING for one in works) - waiting
    if training:
        text += " " + ngettext("{n} is training.", "{n} are training.", training).format(n=training)
    if waiting:
        text += " " + ngettext("{n} is waiting.", "{n} are waiting.", waiting).format(n=waiting)
    return text


def _busy(works: list[Work], shown: dict[str, str]) -> list[str]:
    """The names of those who train or wait, each once."""
    return list(dict.fromkeys(shown.get(one.owner) or _(names.GONE) for one in works if one.state in TRAINING))
