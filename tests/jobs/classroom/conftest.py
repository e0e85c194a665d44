"""The class of tests/sharing/classroom, and what its teacher gives it."""

import pytest

from imgcls import jobs
from imgcls.config import Config
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import closing
from imgcls.jobs.classroom.assignments.assignment import settings_of
from imgcls.jobs.classroom.assignments.attempts import Entry
from imgcls.runs import Run
from imgcls.sharing import acting_as, people
from tests.sharing.classroom.conftest import ADA, TEACHER
from tests.sharing.classroom.conftest import classroom as classroom
from tests.sharing.classroom.conftest import join as join
from tests.sharing.classroom.conftest import room as room

CONFIG = Config(data="mnist_sample", epochs=3)


@pytest.fixture
def no_processes(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    monkeypatch.setattr(closing.processes, "spawn", lambda *words, **streams: None)


def as_now(visitor):
    return acting_as(people.visitor(visitor.id))


@pytest.fixture
def given(room, mnist_sample, no_processes):
    """`given(...)`: the teacher gives the class an assignment with the state of CONFIG."""

    def give(**values):
        with as_now(TEACHER):
            return assignments.make(room, "train", "Small network", settings_of(CONFIG), **values)

    return give


@pytest.fixture
def ada(room, join):
    return join(ADA, room, "Ada")


def begin(visitor, task, config=CONFIG, guess=None, run_id="") -> Run:
    with as_now(visitor):
        return jobs.begin(config, run_id=run_id, assignment=Entry(task.code, guess))
