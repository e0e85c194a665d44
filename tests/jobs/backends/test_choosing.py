"""Backends: found by file name, chosen by a variable, and by each run if there are several."""

import os
import subprocess
import sys
import time

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.jobs import backends, waiting_list
from imgcls.jobs.backends.local import LocalBackend
from imgcls.jobs.queue import Queue
from imgcls.jobs.worker import Worker
from imgcls.runs import all_runs
from imgcls.runs import run as run_module
from imgcls.system.processes import is_locked
from tests.support.processes.engine import FakeBackend


def test_the_local_backend_is_the_default(monkeypatch):
    monkeypatch.delenv("IMGCLS_BACKEND", raising=False)
    assert isinstance(backends.get(backends.configured()[0]), LocalBackend)
    assert backends.get("local") is backends.get("local")
    assert "local" in backends.names()


def test_a_new_file_adds_a_backend(tmp_path, monkeypatch):
    (tmp_path / "cluster.py").write_text("def create():\n    return 'the cluster'\n")
    (tmp_path / "_shared.py").write_text("")
    monkeypatch.setattr(backends, "__path__", [*backends.__path__, str(tmp_path)])
    monkeypatch.setenv("IMGCLS_BACKEND", "cluster")
    assert {"cluster", "local"} <= set(backends.names())
    assert "_shared" not in backends.names()
    assert backends.get(backends.configured()[0]) == "the cluster"


def test_an_unknown_backend_gives_one_error_with_the_choices(monkeypatch):
    monkeypatch.setenv("IMGCLS_BACKEND", "moon")
    sentence = r"^IMGCLS_BACKEND is 'moon', but there is no such backend\. Choose one of: local, [a-z, ]+\.$"
    with pytest.raises(SettingError, match=sentence):
        backends.configured()
    with pytest.raises(SettingError, match=sentence):
        jobs.begin(Config())
    assert all_runs() == []


# ---- several backends


@pytest.fixture
def two_backends(monkeypatch):
    """This machine and Slurm, each with a fake backend behind its name."""
    monkeypatch.setenv("IMGCLS_BACKEND", "local, slurm")
    monkeypatch.setattr(jobs, "wake", lambda: None)
    fakes = {"local": FakeBackend(), "slurm": FakeBackend()}
    monkeypatch.setattr(backends, "get", fakes.__getitem__)
    return fakes


def test_each_run_trains_on_the_backend_that_it_was_queued_for(two_backends):
    here, there = jobs.begin(Config(), run_id="here"), jobs.begin(Config(), run_id="there", backend="slurm")
    assert [waiting_list.wanted_backend(run) for run in (here, there)] == ["local", "slurm"]
    Queue().round()
    assert [fake.started for fake in two_backends.values()] == [["here"], ["there"]]
    assert [run.job["backend"] for run in (here, there)] == ["local", "slurm"]


def test_a_full_backend_does_not_hold_up_runs_for_another(two_backends):
    for number in range(3):
        jobs.begin(Config(), run_id=f"here-{number}")
    jobs.begin(Config(), run_id="there", backend="slurm")
    queue = Queue()
    queue.round()
    queue.round()
    assert [fake.started for fake in two_backends.values()] == [["here-0"], ["there"]]


def test_a_backend_that_cannot_be_reached_does_not_hold_up_another(two_backends):
    def unreachable(run):
        raise backends.Unreachable("Slurm does not answer.")

    two_backends["slurm"].submit = unreachable
    there, here = jobs.begin(Config(), run_id="there", backend="slurm"), jobs.begin(Config(), run_id="here")
    Queue().round()
    assert two_backends["local"].started == ["here"]
    assert there.state == "queued"
    assert waiting_list.problem("slurm") == waiting_list.problem() == "Slurm does not answer."
    assert waiting_list.problem("local") == ""
    assert backends.name_for(here) == "local"


def test_a_resumed_run_goes_where_it_was_unless_that_is_no_longer_configured(two_backends, monkeypatch):
    run = jobs.begin(Config(), backend="slurm")
    Queue().round()
    two_backends["slurm"].stop(run)
    waiting_list.enter(run)
    assert backends.name_for(run) == "slurm"
    monkeypatch.setenv("IMGCLS_BACKEND", "local,workers")
    assert backends.name_for(run) == "local"


def test_deleting_a_run_ends_it_where_it_trains(two_backends):
    run = jobs.begin(Config(), backend="slurm")
    Queue().round()
    jobs.delete(run)
    assert two_backends["slurm"].running == set()


def test_a_worker_leaves_runs_for_other_backends_alone(digits, monkeypatch):
    monkeypatch.setenv("IMGCLS_BACKEND", "local,workers")
    monkeypatch.setattr(jobs, "wake", lambda: None)
    config = Config(data="digits", model="ann")
    jobs.begin(config, run_id="here")
    jobs.begin(config, run_id="there", backend="workers")
    backend = FakeBackend()
    Worker(backend).round()
    assert backend.started == ["there"]


def test_a_backend_that_is_not_configured_is_refused_before_anything_is_written(two_backends):
    with pytest.raises(
        SettingError, match=r"^The backend 'ray' is not configured\. IMGCLS_BACKEND lists: local, slurm"
    ):
        jobs.begin(Config(), backend="ray")
    assert all_runs() == []


def test_a_single_backend_is_not_recorded(monkeypatch):
    monkeypatch.delenv("IMGCLS_BACKEND", raising=False)
    monkeypatch.setattr(jobs, "wake", lambda: None)
    assert waiting_list.wanted_backend(jobs.begin(Config())) == ""


# ---- starting


def test_a_trainer_with_slow_imports_is_starting_while_it_is_alive(monkeypatch):
    """On a busy machine starting Python takes longer than a run is given to start."""
    run = runs.create(Config(), place=waiting_list.last_place())
    jobs.claim(run, waiting_list.ticket(run))
    backend = LocalBackend()
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    monkeypatch.setattr(backend, "spawn_trainer", lambda run: process)
    backend.submit(run)

    old = time.time() - 2 * run_module.START_SECONDS
    os.utime(run.folder / "trainer.json", (old, old))
    assert run.state == "starting"
    assert backend.alive(run)
    backend.reap()
    assert run.state == "starting"

    process.communicate(b"\n")
    backend.reap()
    assert run.state == "lost"
    assert not backend.alive(run)


def test_a_trainer_holding_its_lock_needs_no_start_record(monkeypatch, hold_trainer_lock):
    run = runs.create(Config(), place=waiting_list.last_place())
    backend = LocalBackend()
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    monkeypatch.setattr(backend, "spawn_trainer", lambda run: process)
    backend.submit(run)
    hold_trainer_lock(run)
    backend.reap()
    assert not is_locked(run.folder / run_module.STARTING_LOCK)
    backend.stop(run)
    assert process.wait(10) != 0, "it is terminated even before it writes its process ID"
