"""Who has started which run for an assignment, and the check before a run begins. `<CODE>.attempts.json`:

    {"version": 1, "attempts": [{"visitor": "…", "name": "Ada", "run": "…", "at": 1767225600.0,
                                 "guess": {"accuracy": 0.95, "confused": ["4", "9"]}}]}

Runs that were deleted stay in the list, so that no one gains an attempt by deleting one.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from imgcls import datasets, runs, sharing
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments import drafts
from imgcls.jobs.classroom.assignments.assignment import (
    Assignment,
    Setting,
    changing,
    find,
    load,
    path_of,
    settings_of,
)
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.params import LABELS
from imgcls.runs import Run
from imgcls.runs import assignments as records
from imgcls.runs.assignments import AssignmentRecord
from imgcls.sharing import NotAllowed, Role
from imgcls.sharing.classroom import rooms
from imgcls.system import atomic, json_files

VERSION = 1
KIND = ".attempts"
PREVIEW = N_("This is a preview, so Start trains nothing. Press “Assign to the class” first.")
TITLES = {
    "data": N_("Dataset"),
    "train_images": N_("Training images"),
    "explore": N_("Exploration"),
    "extreme": N_("Images shown"),
    "map-kind": N_("Map"),
    "search-origin": N_("Search for images like"),
    "run": N_("Trained model"),
    "other": N_("Other run"),
    "view": N_("Section"),
    "panel": N_("Overview"),
    "unit": N_("Cells show"),
    "errors-only": N_("Errors only"),
    "suspects": N_("Images of label errors"),
    "yes-from": N_("Threshold value"),
    "mode": N_("Input mode"),
    "photo-source": N_("Source of photos"),
    "cover": N_("Cover regions"),
    "game-keep": N_("Save my drawings"),
}
"""Controls that are no settings of a run, as their pages name them or would."""


@dataclass(frozen=True)
class Guess:
    """What somebody predicts before the first attempt: the validation accuracy, 0 to 1, and the two classes that the
    model will confuse most often, by name, in any order."""

    accuracy: float
    confused: tuple[str, str]


@dataclass(frozen=True)
class Attempt:
    """One run; `at` is when it was started, in seconds since 1970."""

    visitor: str
    name: str
    run: str
    at: float
    guess: Guess | None = None


@dataclass(frozen=True)
class Entry:
    """What a page sends along with the settings of a new run: for which assignment it is, and the prediction."""

    code: str
    guess: Guess | None = None


def of(assignment: Assignment, visitor_id: str | None = None) -> list[Attempt]:
    """All attempts, or those of one visitor, in the order of their start. A damaged file has none."""
    try:
        content = json_files.read_object(path_of(assignment.code, KIND))
        found = [_read(entry) for entry in content["attempts"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return [entry for entry in found if visitor_id is None or entry.visitor == visitor_id]


@contextlib.contextmanager
def entering(entry: Entry, config: Config, run_id: str) -> Iterator[AssignmentRecord]:
    """Check that the present visitor may start this run for the assignment, and count it if the block succeeds.

    Raises:
        UserError: there is no such assignment in the visitor's class, it is closed, a fixed setting was changed, no
            attempt is left, or a prediction is missing. A preview starts nothing.
    """
    if entry.code == drafts.CODE:
        raise UserError(_(PREVIEW))
    assignment, visitor = find(entry.code), sharing.current()
    with changing():
        assignment = find(entry.code)  # it may have been closed meanwhile
        earlier = of(assignment, visitor.id)
        is_new = not (any(attempt.run == run_id for attempt in earlier) and runs.exists(run_id))
        if is_new:  # a second click starts nothing; the ID of a run that was deleted is no second click
            _check(assignment, config, earlier)
            guess = checked_guess(assignment, config, entry.guess) if is_guess_due(assignment, earlier) else None
        else:
            guess = None
        yield AssignmentRecord(assignment.code, tuple(assignment.fixed_state))
        if is_new:
            new = Attempt(visitor.id, visitor.shown_name, run_id, time.time(), guess)
            _write(assignment, [*of(assignment), new])


@contextlib.contextmanager
def continuing(run: Run, config: Config, run_id: str) -> Iterator[AssignmentRecord | None]:
    """The same for a run that continues another one: of an attempt, it is an attempt, too.

    If its assignment was deleted there is nothing to check, but the test set is spared as before.
    """
    record = records.read(run.folder)
    if record is not None and load(record.code) is not None:
        with entering(Entry(record.code), config, run_id) as found:
            yield found
    elif records.exists(run.folder):
        yield record or AssignmentRecord("")
    else:
        yield None


def is_guess_due(assignment: Assignment, earlier: list[Attempt]) -> bool:
    """Whether somebody with these attempts predicts the result before the next one."""
    return assignment.asks_guess and not any(attempt.guess for attempt in earlier)


def is_none_left(assignment: Assignment, earlier: list[Attempt]) -> bool:
    """Whether the present visitor, with these attempts, may start no further one. Teachers may always."""
    is_pupil = sharing.current().role not in (Role.TEACHER, Role.OWNER)
    return is_pupil and bool(assignment.attempts) and len(earlier) >= assignment.attempts


def differences(assignment: Assignment, config: Config) -> dict[str, Setting]:
    """The fixed settings that a run does not have as they should be, with the right values."""
    present = settings_of(config)
    fixed = assignment.fixed_state
    return {name: value for name, value in fixed.items() if name in present and present[name] != value}


def label_of(name: str) -> str:
    """A control as a page names it, in the language of the visitor."""
    name = name.rpartition(".")[2]
    return _(TITLES.get(name) or LABELS.get(name) or name.replace("_", " ").capitalize())


def checked_guess(assignment: Assignment, config: Config, guess: Guess | None) -> Guess:
    """The prediction, if it is one.

    Raises:
        UserError: it is missing, or names no two classes of the dataset.
    """
    if guess is None:
        raise UserError("Predict the accuracy and the two most confused classes first: this assignment asks for it.")
    classes = datasets.facts(config.data).classes
    if not 0 <= guess.accuracy <= 1:
        raise UserError("The predicted accuracy must be between 0% and 100%.")
    if len(set(guess.confused)) != 2 or not set(guess.confused) <= set(classes):
        raise UserError("Choose two different classes of the dataset that the model will confuse.")
    return guess


def forget(visitor_id: str) -> None:
    """Remove a visitor from the attempts at all assignments, at their wish.

    Raises:
        UserError: a file cannot be written.
    """
    from imgcls.jobs.classroom.assignments import assignment as files

    with changing():
        for path in files.folder().glob(f"*{KIND}.json"):
            found = files.load(path.name.partition(".")[0])
            if found is not None and of(found, visitor_id):
                _write(found, [attempt for attempt in of(found) if attempt.visitor != visitor_id])


def _check(assignment: Assignment, config: Config, earlier: list[Attempt]) -> None:
    if assignment.page != "train":
        raise UserError("This assignment is not about training a model.")
    room = rooms.find(assignment.room)
    if not assignment.is_open or room is None or not room.is_open:
        raise NotAllowed("This assignment is closed, so no run can be started for it.")
    if wrong := differences(assignment, config):
        name, value = next(iter(wrong.items()))
        why = f" {assignment.why}" if assignment.why else ""
        text = _("{control} is fixed to {value} in this assignment.")
        raise NotAllowed(text.format(control=label_of(name), value=value) + why)
    if is_none_left(assignment, earlier):
        raise NotAllowed(f"You have used {len(earlier)} of {assignment.attempts} attempts at this assignment.")


def _read(entry: dict) -> Attempt:
    guess = entry.get("guess")
    if guess is not None:
        first, second = guess["confused"]
        guess = Guess(float(guess["accuracy"]), (str(first), str(second)))
    found = Attempt(**{**entry, "guess": None})
    if not all(isinstance(text, str) for text in (found.visitor, found.name, found.run)):
        raise ValueError("an attempt")
    return replace(found, guess=guess)


def _write(assignment: Assignment, attempts: list[Attempt]) -> None:
    content = {"version": VERSION, "attempts": [asdict(attempt) for attempt in attempts]}
    atomic.write_json(path_of(assignment.code, KIND), content)
