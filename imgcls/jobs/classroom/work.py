"""What the people of a room train: for its teacher, who can pause all of it and take it home as a table."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from imgcls import jobs, runs
from imgcls.errors import UserError
from imgcls.jobs.together import activities
from imgcls.runs import Run
from imgcls.runs.metrics_log import Curves
from imgcls.sharing import Action, ownership, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.people import Person
from imgcls.system import safe_csv

TRAINING = ("queued", "starting", "running")
FAILED = ("failed", "lost", "damaged")
COLUMNS = (
    "name",
    "run",
    "run name",
    "dataset",
    "model",
    "state",
    "epoch",
    "epochs",
    "validation accuracy",
    "validation images",
    "test accuracy",
    "parameters",
    "training seconds",
    "created",
)
TEACHER = "Teacher"
LATE_SECONDS = 300.0
"""For this long after joining, a member without a run is not reported as stuck."""


@dataclass(frozen=True)
class Work:
    """One run of a room as others read it. Fractions from 0 to 1; None and 0 for what is not known (yet)."""

    run: Run
    owner: str
    owner_name: str
    name: str
    data: str
    model: str
    state: str
    epoch: int = 0
    epochs: int = 0
    val_accuracy: float | None = None
    validation_images: int = 0
    test_accuracy: float | None = None
    test_images: int = 0
    parameters: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class MemberWork:
    """A member, their latest run if they have one, how many they have, and whether they have none long after others."""

    member: Person
    latest: Work | None
    attempts: int
    is_late: bool = False

    @property
    def is_stuck(self) -> bool:
        """Whether their latest run failed, or they have none although the class trains."""
        return self.is_late if self.latest is None else self.latest.state in FAILED


def of_room(room: Room) -> list[Work]:
    """The runs of a room that the present visitor sees, newest first. A teacher without a name is called that."""
    found = [described(run) for run in runs.all_runs() if ownership.of(run.folder).room == room.id]
    if people.find(room.teacher).name:
        return found
    return [replace(one, owner_name=TEACHER) if one.owner == room.teacher else one for one in found]


def of_members(room: Room) -> list[MemberWork]:
    """Each member with their latest run, by name."""
    found, now = of_room(room), time.time()
    others_train = any(one.owner != room.teacher for one in found)  # the class's own model is the teacher's run
    activity = activities.find(room)
    drew = 0.0 if activity is None else now if activity.is_open else activity.finished  # nobody trains meanwhile
    return [
        MemberWork(
            member,
            next((work for work in found if work.owner == member.id), None),
            count,
            is_late=others_train and now - max(member.changed, drew) > LATE_SECONDS,
        )
        for member in rooms.members(room)
        for count in [sum(work.owner == member.id for work in found)]
    ]


def described(run: Run) -> Work:
    """A run as others read it; a damaged one says so in its state."""
    thing = ownership.of(run.folder)
    owner_name, state = thing.shown_owner, run.state
    try:
        data, model = runs.data_and_model(run)
        result = run.result or {}
    except UserError:
        return Work(run, thing.owner, owner_name, run.label, "", "", state)
    curves = _curves(run.folder).refresh()
    return Work(
        run,
        thing.owner,
        owner_name,
        run.label,
        data,
        model,
        state,
        epoch=result.get("epochs") or (int(curves.epochs[-1]["epoch"]) if curves.epochs else 0),
        epochs=curves.total_epochs,
        val_accuracy=result.get("val_accuracy", _score_so_far(curves.epochs)),
        validation_images=curves.plan.get("validation") or 0,
        test_accuracy=result.get("test_accuracy"),
        test_images=(result.get("counts") or {}).get("test") or 0,
        parameters=result.get("parameters", curves.plan.get("parameters")),
        seconds=result.get("training_seconds"),
    )


def _score_so_far(epochs: Sequence[Mapping[str, Any]]) -> float | None:
    """The validation accuracy of the epoch whose weights would be kept now. Another epoch may have had a higher one,
    but with it, the score would fall when the run ends."""
    measured = [line for line in epochs if line.get("val_accuracy") is not None]
    kept = [line["val_accuracy"] for line in measured if line.get("best")]
    return kept[-1] if kept else max((line["val_accuracy"] for line in measured), default=None)


def pause_all(room: Room) -> int:
    """Pause every training run of the room's members, also those that wait; returns how many. They can be resumed.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: the room cannot be written.
    """
    room = rooms.note_paused(room, True)
    return _for_each(room, lambda run: run.send_request(pause=True), TRAINING)


def resume_all(room: Room) -> int:
    """Let every training run of the room's members go on that is paused or about to be; returns how many.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: the room cannot be written.
    """
    room = rooms.note_paused(room, False)
    return _for_each(room, lambda run: jobs.start(run) if run.request.pause else None, (*TRAINING, "paused"))


def _for_each(room: Room, act, states: tuple[str, ...]) -> int:
    done = 0
    for run in runs.all_runs():
        thing = ownership.of(run.folder)
        if thing.room == room.id and thing.owner != room.teacher and run.state in states:
            with contextlib.suppress(UserError):  # it has ended or was deleted meanwhile
                act(run)
                done += 1
    return done


def table(room: Room) -> bytes:
    """Everything about a room as a CSV file: a line for each run, and one for each member without a run.

    Raises:
        NotAllowed: the present visitor is not the teacher.
    """
    rooms.require(Action.EXPORT_CLASS, room)
    found = of_room(room)
    rows: list[tuple] = [
        (
            work.owner_name,
            work.run.id,
            work.name,
            work.data,
            work.model,
            work.state,
            work.epoch,
            work.epochs,
            rounded(work.val_accuracy),
            work.validation_images or None,
            rounded(work.test_accuracy),
            work.parameters,
            rounded(work.seconds, 1),
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(work.run.created)),
        )
        for work in found
    ]
    with_runs = {work.owner for work in found}
    empty = (None,) * (len(COLUMNS) - 1)
    rows += [(member.name, *empty) for member in rooms.members(room) if member.id not in with_runs]
    rows.sort(key=lambda row: row[0].casefold())
    return safe_csv.csv_file({name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)})


def rounded(value: float | None, digits: int = 4) -> float | None:
    """As a table for people has it."""
    return None if value is None else round(value, digits)


@lru_cache(1024)
def _curves(folder: Path) -> Curves:
    """The metrics of a run: each look reads only what is new."""
    return Curves(folder / "metrics.jsonl")
