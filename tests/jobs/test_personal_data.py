"""Whoever deletes everything about themselves is in no file of the server any more."""

import numpy as np
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.evaluation import golden
from imgcls.jobs import personal_data
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments.assignment import settings_of
from imgcls.jobs.classroom.assignments.attempts import Entry, Guess
from imgcls.jobs.together import activities, sending
from imgcls.runs.index import views
from imgcls.sharing import Role, acting_as, lesson_progress, people
from imgcls.sharing.classroom import rooms
from imgcls.system import paths
from tests.sharing.classroom.conftest import ADA, BEN, TEACHER
from tests.sharing.classroom.conftest import classroom as classroom
from tests.sharing.classroom.conftest import join as join
from tests.sharing.classroom.conftest import room as room
from tests.support.drawing_together import SEVEN, photo

NAME = "Ada Lovelace"


def traces(words: list[str]) -> list[str]:
    """The files and folders of the server whose name or content has one of these words."""
    roots = [paths.runs_folder(), paths.own_folder()]
    found = [path for root in roots for path in root.rglob("*")]
    return [
        path.name
        for path in found
        if any(word in str(path) or (path.is_file() and word.encode() in path.read_bytes()) for word in words)
    ]


def leave_traces(room, data, join, visitor, name):
    """Everything by which a member of a class is remembered."""
    join(visitor, room, name)
    teacher = people.visitor(TEACHER.id)
    config = Config(data=data, epochs=1)
    with acting_as(teacher):
        task = assignments.make(room, "train", "Task", settings_of(config), asks_guess=True)
        wall = activities.start_collection(room, ["1", "7"])
    with acting_as(people.visitor(visitor.id)):
        jobs.begin(config, assignment=Entry(task.code, Guess(0.9, ("4", "9"))))
        jobs.delete(jobs.begin(config, "to the bin"))
        sending.send(room, wall.id, {"strokes": SEVEN}, 1)
        lesson_progress.write(people.visitor(visitor.id), lesson_progress.Progress().begun("first-drawing"))
        golden.pin(data, np.zeros((28, 28, 1), np.uint8), "7", "test")
        views.save("Mine", "state=finished")
    with acting_as(teacher):
        taken = activities.start_collection(room, ["cup", "pen"], has_photos=True)
        rooms.put_on_stage(room, visitor.id)
    with acting_as(people.visitor(visitor.id)):
        sending.send(room, taken.id, {"photo": photo()}, 0)


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)


def test_no_file_knows_who_deleted_everything_about_themselves(room, mnist_sample, join):
    leave_traces(room, mnist_sample, join, ADA, NAME)
    leave_traces(room, mnist_sample, join, BEN, "Ben")
    assert len(traces([ADA.id, NAME])) > 5
    with acting_as(people.visitor(ADA.id)):
        personal_data.delete_everything(people.visitor(ADA.id))
    assert traces([ADA.id, NAME]) == []
    assert traces([BEN.id])


def test_whoever_is_on_stage_is_not_remembered_as_that(room, mnist_sample, join):
    leave_traces(room, mnist_sample, join, ADA, NAME)
    personal_data.delete_everything(people.visitor(ADA.id))
    assert traces([ADA.id, NAME]) == []


def test_a_teacher_takes_class_drawings_and_assignments_with_them_but_no_runs_of_pupils(room, mnist_sample, join):
    leave_traces(room, mnist_sample, join, ADA, NAME)
    personal_data.delete_everything(people.visitor(TEACHER.id))
    assert traces([TEACHER.id, "Noether"]) == []
    assert people.visitor(ADA.id).role is Role.GUEST and not list(rooms.folder().glob("*.json"))
    assert [run.label for run in runs.all_runs()]


def test_a_demo_deletes_the_views_of_its_guests_after_a_day(classroom, monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "demo")
    for visitor in (ADA, TEACHER):
        with acting_as(people.visitor(visitor.id)):
            views.save("Mine", "state=finished")
    personal_data.sweep_demo()
    assert traces([ADA.id])
    monkeypatch.setattr(personal_data, "DEMO_SECONDS", -1.0)
    personal_data.sweep_demo()
    assert traces([ADA.id]) == []
    assert traces([f"~{TEACHER.id}"])
