"""Studies without processes, one of which has ended."""

import filelock
import pytest

from imgcls import studies
from imgcls.jobs.queue import LOCK
from imgcls.studies import driver
from imgcls.system import paths
from tests.support.studies import Trainers, planned


@pytest.fixture(autouse=True)
def no_processes(own_folders, monkeypatch):
    """Neither a queue nor a driver is started, and polls are fast."""
    monkeypatch.setattr(driver, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(studies.processes, "spawn", lambda *words, **streams: None)
    paths.runs_folder().mkdir(parents=True)
    lock = filelock.FileLock(paths.runs_folder() / LOCK)
    yield lock
    lock.release(force=True)


@pytest.fixture
def ended(digits) -> studies.Study:
    """A study of 12 trials that has ended."""
    study = studies.create(planned(trials=12), study_id="mine")
    with Trainers():
        driver.Driver(study).run()
    return study


@pytest.fixture
def few(digits) -> studies.Study:
    """A study of 5 trials that has ended."""
    study = studies.create(planned(trials=5), study_id="mine")
    with Trainers():
        driver.Driver(study).run()
    return study
