"""A file system without file locks is named before anything is queued or trained, and nothing is lost."""

import errno
import fcntl
import os
import re

import pytest

from imgcls import jobs, runs, studies
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.jobs import waiting_list
from imgcls.jobs.queue import Queue
from imgcls.jobs.worker import Worker
from imgcls.studies.driver import Driver
from imgcls.system import paths
from imgcls.training.trainer import Trainer
from tests.support.processes.engine import FakeBackend
from tests.support.studies import planned


@pytest.fixture
def queued(own_folders, monkeypatch) -> runs.Run:
    monkeypatch.setattr(jobs, "wake", lambda: None)
    return jobs.begin(Config(data="digits", model="ann"))


@pytest.fixture(params=[errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP], ids=errno.errorcode.get)
def without_locks(queued, request, monkeypatch) -> None:
    """From now on; the run was queued when there were some."""

    def refuse(file, operation):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)


def named(folder) -> str:
    return f"^The file system of {re.escape(str(folder))} has no file locks.* Set IMGCLS_RUNS to a folder on another"


def test_no_run_is_queued_there(without_locks, queued):
    with pytest.raises(RunError, match=named(paths.runs_folder())):
        jobs.begin(Config(data="digits", model="ann"))
    assert runs.all_runs() == [queued]


def test_the_queue_ends_and_pages_say_why(without_locks, queued):
    with pytest.raises(RunError, match=named(paths.runs_folder())):
        Queue(FakeBackend()).serve()
    assert re.match(named(paths.runs_folder()), waiting_list.problem())
    assert queued.is_waiting


def test_a_worker_ends(without_locks, queued):
    with pytest.raises(RunError, match=named(paths.runs_folder())):
        Worker(FakeBackend()).serve()
    assert queued.is_waiting


def test_a_trainer_on_such_a_node_says_why_it_did_not_train(without_locks, queued):
    result = Trainer(queued).train()
    assert result["outcome"] == "failed"
    assert re.match(named(queued.folder), result["message"])
    assert not (queued.folder / "metrics.jsonl").exists()


def test_a_study_waits_for_a_folder_with_locks(digits, without_locks):
    study = studies.create(planned())
    with pytest.raises(RunError, match=named(study.folder)):
        Driver(study).run()
    assert study.state == "interrupted"
