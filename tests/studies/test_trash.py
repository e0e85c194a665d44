"""Deleted studies: kept for a day, and restored by renaming. Their trials stay."""

import time

import filelock
import pytest

from imgcls import jobs, runs, studies
from imgcls.errors import RunError
from imgcls.jobs import personal_data
from imgcls.sharing import NotAllowed, acting_as
from imgcls.studies import trash
from imgcls.studies.driver import LOCK
from tests.sharing.conftest import ADA, BEN
from tests.sharing.conftest import ada as ada
from tests.sharing.conftest import ben as ben
from tests.sharing.conftest import shared as shared
from tests.support.studies import planned


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)


def test_a_deleted_study_can_be_restored_and_its_trials_stay(digits):
    study = studies.create(planned(), study_id="mine")
    trial = runs.create(study.plan.base, run_id=study.run_id(0))
    trash.delete(study)
    assert studies.all_studies() == [] and trial.folder.is_dir()
    with pytest.raises(RunError, match="No study is called 'mine'"):
        studies.find("mine")
    (found,) = trash.deleted()
    assert (found.id, found.title) == ("mine", "Search")
    trash.restore(found)
    assert studies.find("mine").plan == planned() and trash.deleted() == []


def test_a_study_that_runs_is_not_deleted(digits):
    study = studies.create(planned(), study_id="mine")
    with filelock.FileLock(study.folder / LOCK), pytest.raises(RunError, match="Stop it first"):
        trash.delete(study)
    assert studies.find("mine").state == "interrupted"


def test_a_deleted_study_is_not_restored_over_another_or_when_it_is_gone(digits):
    trash.delete(studies.create(planned(), study_id="mine"))
    (found,) = trash.deleted()
    studies.create(planned(title="Another"), study_id="mine")
    with pytest.raises(RunError, match="another study with its ID"):
        trash.restore(found)
    trash.delete(studies.find("mine"))
    found.folder.rename(found.folder.with_name("elsewhere"))
    with pytest.raises(RunError, match="removed for good"):
        trash.restore(found)


def test_after_a_day_a_deleted_study_is_removed(digits, monkeypatch):
    trash.delete(studies.create(planned(), study_id="mine"))
    (found,) = trash.deleted()
    jobs.sweep()
    assert found.folder.is_dir()
    later = time.time() + 2 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    assert trash.deleted() == []
    jobs.sweep()
    assert not found.folder.exists()


def test_only_its_owner_deletes_and_restores_a_study(digits, ada, ben):
    with acting_as(ADA):
        study = studies.create(planned(), study_id="mine")
    with acting_as(BEN), pytest.raises(NotAllowed):
        trash.delete(study)
    with acting_as(ADA):
        trash.delete(study)
        (found,) = trash.deleted()
    with acting_as(BEN):
        assert trash.deleted() == []
        with pytest.raises(NotAllowed):
            trash.restore(found)
    assert found.folder.is_dir()


def test_studies_are_among_what_a_visitor_can_delete_about_themselves(digits, ada):
    with acting_as(ADA):
        kept, deleted = (studies.create(planned(), study_id=name) for name in ("first", "second"))
        trash.delete(deleted)
        (gone,) = trash.deleted()
    personal_data.delete_everything(ADA)
    assert not kept.folder.exists() and not gone.folder.exists()
