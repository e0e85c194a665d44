"""The end of an assignment: the best run of each person is evaluated on the test set, once. `<CODE>.final.json`:

    {"version": 1, "at": 1767225600.0, "runs": ["20260102-…"], "failed": {"<run ID>": "why"}}

Until then no one knows a test score, so no one can choose by it: a private leaderboard. The best run is chosen by its
validation accuracy. Attempts that wait or train when the assignment is closed still count: the evaluation waits for
them, but not for paused ones. The evaluation is a process of its own:
`python -m imgcls.jobs.classroom.assignments CODE`.
"""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import filelock

from imgcls.errors import UserError
from imgcls.evaluation.predictions import spared_test_set
from imgcls.jobs.classroom import leaderboard, work
from imgcls.jobs.classroom.assignments import assignment as files
from imgcls.jobs.classroom.assignments import attempts
from imgcls.jobs.classroom.assignments.assignment import Assignment, changing, load, path_of, require_teacher, write
from imgcls.jobs.classroom.work import Work
from imgcls.languages import gettext as _
from imgcls.languages import ngettext
from imgcls.runs import assignments as records
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.system import atomic, json_files, processes

VERSION = 1
KIND = ".final"
POLL_SECONDS = 2.0
MODULE = "imgcls.jobs.classroom.assignments"
START_SECONDS = 60.0
_begun: dict[str, float] = {}
"""When this server started the evaluation of an assignment, by the code of it."""


@dataclass(frozen=True)
class Final:
    """Which runs were evaluated on the test set, and why others could not be."""

    at: float
    runs: tuple[str, ...]
    failed: dict[str, str] = field(default_factory=dict)


def works(assignment: Assignment) -> list[Work]:
    """The runs for an assignment that the present visitor sees, newest first."""
    room = rooms.find(assignment.room)
    if room is None:
        return []
    entered = {attempt.run for attempt in attempts.of(assignment)}
    return [
        one
        for one in work.of_room(room)
        if one.run.id in entered and (record := records.read(one.run.folder)) and record.code == assignment.code
    ]


def others(room: Room) -> list[Work]:
    """The runs of a room that are no attempts at its assignments, which have leaderboards of their own."""
    given = {one.code for one in files.of_room(room)}
    return [
        one
        for one in work.of_room(room)
        if (record := records.read(one.run.folder)) is None or record.code not in given
    ]


def places(assignment: Assignment, *, on_test: bool = False) -> list[leaderboard.Place]:
    """The leaderboard: by validation accuracy, or by test accuracy once the best runs were evaluated."""
    room = rooms.find(assignment.room)
    found = leaderboard.competing(works(assignment), room) if room else []
    if on_test:
        chosen = final(assignment)
        found = [one for one in found if chosen is not None and one.run.id in chosen.runs]
    counts: dict[str, int] = {}
    for attempt in attempts.of(assignment):
        counts[attempt.visitor] = counts.get(attempt.visitor, 0) + 1
    data = str(assignment.state.get(files.ALWAYS_FIXED, ""))
    return [
        replace(place, attempts=counts.get(place.best.owner, place.attempts))
        for place in leaderboard.places(found, data, on_test=on_test)
    ]


def close(assignment: Assignment) -> Assignment:
    """End an assignment: no run can be started for it, and the best ones are evaluated in the background.

    A message to the class that was sent since it began ends with it.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be written.
    """
    require_teacher(assignment)
    with changing():
        closed = replace(load(assignment.code) or assignment, closed=time.time())
        write(closed)
    if closed.page == "train":
        evaluate_later(closed)
    room = rooms.find(closed.room)
    if room is not None and room.message and room.said >= closed.opened:
        rooms.announce(room, "")  # it was most likely about the assignment
    return closed


def evaluate_later(assignment: Assignment) -> None:
    """Start the evaluation, unless it is under way or done: also after it was killed.

    Raises:
        NotAllowed: the present visitor is not the teacher.
    """
    require_teacher(assignment)
    if not assignment.is_open and final(assignment) is None and not is_evaluating(assignment):
        with contextlib.suppress(OSError):
            processes.spawn(MODULE, assignment.code)
            _begun[assignment.code] = time.monotonic()


def is_evaluating(assignment: Assignment) -> bool:
    """Whether a process evaluates the best runs at the moment."""
    return processes.is_locked(path_of(assignment.code, ".lock"))


def has_just_begun(assignment: Assignment) -> bool:
    """Whether such a process was started a moment ago: it takes seconds until it holds its lock."""
    return time.monotonic() - _begun.get(assignment.code, -START_SECONDS) < START_SECONDS


def progress(assignment: Assignment) -> tuple[int, int]:
    """How many of the best runs have been evaluated on the test set, and how many there are."""
    best = [place.best for place in places(assignment)]
    return sum(one.test_accuracy is not None for one in best), len(best)


def progress_text(assignment: Assignment, works: Sequence[Work], names: Mapping[str, str] | None = None) -> str:
    """Which of these runs the evaluation waits for, or how far it is, in the language of the visitor.

    Args:
        names: What people are called, by their ID, where not everybody may read the names of all.
    """
    training = [one for one in works if one.state in work.TRAINING]
    if training:
        who = [one.owner_name if names is None else names.get(one.owner, "") for one in training]
        people = list(dict.fromkeys(filter(None, who)))
        named = ", ".join(people) if len(people) <= leaderboard.MOST_NAMES else ""
        text = ngettext("Closed. Waiting for {n} run", "Closed. Waiting for {n} runs", len(training))
        then = _("Then the best run of each person is evaluated on the test set.")
        return text.format(n=len(training)) + (f" ({named}). " if named else ". ") + then
    done, total = progress(assignment)
    return _("Evaluating the best run of each person on the test set: {done} of {total} done.").format(
        done=done, total=total
    )


def evaluate(assignment: Assignment) -> Final | None:
    """Evaluate the best run of each person on the test set. Done once: what was chosen is written at the end.

    Returns:
        What was evaluated; None if another process is at it, or the assignment is open.
    """
    lock = filelock.FileLock(path_of(assignment.code, ".lock"))
    try:
        lock.acquire(timeout=1.0, poll_interval=0.02)
    except filelock.Timeout:
        return None
    with lock:
        if assignment.is_open or (done := final(assignment)) is not None:
            return None if assignment.is_open else done
        while any(one.state in work.TRAINING for one in works(assignment)):
            time.sleep(POLL_SECONDS)
        done_runs, failed = [], {}
        for place in places(assignment):
            run = place.best.run
            try:
                spared_test_set.evaluate(run)
                done_runs.append(run.id)
            except UserError as error:
                failed[run.id] = str(error)
        content = {"version": VERSION, "at": time.time(), "runs": done_runs, "failed": failed}
        with changing():
            atomic.write_json(path_of(assignment.code, KIND), content)
        return final(assignment)


def final(assignment: Assignment) -> Final | None:
    """The outcome of the evaluation; None before its end."""
    try:
        content = json_files.read_object(path_of(assignment.code, KIND))
        failed = {str(run): str(why) for run, why in content["failed"].items()}
        return Final(float(content["at"]), tuple(map(str, content["runs"])), failed)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
