"""There is no way round an assignment: what it fixes holds for whatever becomes one of its attempts."""

import json
import shutil

import pytest

from imgcls import jobs, runs
from imgcls.api import actions
from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, closing
from imgcls.runs import assignments as records
from imgcls.runs import trials
from imgcls.sharing import NotAllowed
from tests.jobs.classroom.conftest import CONFIG, as_now, begin
from tests.sharing.classroom.conftest import ADA, TEACHER


@pytest.fixture
def attempt(given, ada, finished_run):
    """`attempt(...)`: an assignment with these values, and Ada's attempt at it, which has ended."""

    def made(**values):
        task = given(**values)
        run = begin(ADA, task)
        (run.folder / "queued.json").unlink()
        for name in ("metrics.jsonl", "result.json", "checkpoint.npz"):
            if (finished_run.folder / name).exists():
                shutil.copy(finished_run.folder / name, run.folder / name)
        (run.folder / "checkpoint.npz").touch()
        return task, run

    return made


def extend(run, epochs=2):
    with as_now(ADA):
        return jobs.extend(run, epochs)


def test_the_id_of_a_deleted_attempt_is_no_way_round_the_fixed_settings(given, ada):
    task = given(fixed=("epochs",), attempts=2)
    with as_now(ADA):
        jobs.delete(begin(ADA, task, run_id="again"))
    with pytest.raises(NotAllowed, match="Epochs is fixed to 3"):
        begin(ADA, task, CONFIG.changed(epochs=50), run_id="again")
    begin(ADA, task, run_id="again")
    assert len(attempts.of(task)) == 2
    with pytest.raises(NotAllowed, match="used 2 of 2 attempts"):
        begin(ADA, task)


def test_who_continues_an_attempt_makes_another_one(attempt):
    task, run = attempt(attempts=2)
    longer = extend(run)
    assert records.read(longer.folder) == records.AssignmentRecord(task.code, ("data",))
    assert trials.is_spared(longer)
    assert [one.run for one in attempts.of(task)] == [run.id, longer.id]
    with pytest.raises(NotAllowed, match="used 2 of 2 attempts"):
        extend(run)


def test_an_attempt_with_fixed_epochs_cannot_be_continued(attempt):
    task, run = attempt(fixed=("epochs",), why="So that all train equally long.")
    with pytest.raises(NotAllowed, match=r"Epochs is fixed to 3 in this assignment\. So that all"):
        extend(run)
    assert len(attempts.of(task)) == 1


def test_an_attempt_at_a_closed_assignment_cannot_be_continued(attempt):
    task, run = attempt()
    with as_now(TEACHER):
        closing.close(task)
    with pytest.raises(NotAllowed, match="is closed"):
        extend(run)


@pytest.mark.parametrize("is_damaged", [False, True])
def test_the_test_set_is_spared_also_when_the_assignment_is_gone(attempt, is_damaged):
    task, run = attempt()
    if is_damaged:
        (run.folder / records.NAME).write_text("{")
    with as_now(TEACHER):
        assignments.delete(task)
    assert trials.is_spared(extend(run))


def test_a_continued_ordinary_run_is_no_attempt(attempt):
    task, run = attempt()
    (run.folder / records.NAME).unlink()
    assert not trials.is_spared(extend(run)) and len(attempts.of(task)) == 1


def test_a_run_of_the_api_or_of_an_assistant_is_no_attempt(given, ada):
    """They take settings and a name; an assignment is neither."""
    task = given(fixed=("epochs",))
    settings = CONFIG.changed(epochs=50).as_dict()
    with as_now(ADA):
        run = actions.begin(settings, task.code)
        with pytest.raises(UserError, match="assignment"):
            actions.begin(settings | {"assignment": task.code})
        assert closing.works(task) == [] and attempts.of(task) == []
    assert not records.exists(run.folder) and runs.exists(run.id)


def test_a_record_that_somebody_forged_is_no_attempt(given, ada):
    """Such as one in the archive of a run from elsewhere."""
    task = given()
    with as_now(ADA):
        run = jobs.begin(CONFIG)
        (run.folder / records.NAME).write_text(json.dumps(records.AssignmentRecord(task.code).as_dict()))
        assert closing.works(task) == []
