"""Backends: found by file name, chosen by a variable."""

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
from imgcls.runs import all_runs
from imgcls.runs import run as run_module
from imgcls.system.processes import is_locked


def test_the_local_backend_is_the_default(monkeypatch):
    monkeypatch.delenv("IMGCLS_BACKEND", raising=False)
    assert isinstance(backends.choose(), LocalBackend)
    assert backends.choose() is backends.choose()
    assert "local" in backends.names()


def test_a_new_file_adds_a_backend(tmp_path, monkeypatch):
    (tmp_path / "cluster.py").write_text("def create():\n    return 'the cluster'\n")
    (tmp_path / "_shared.py").write_text("")
    monkeypatch.setattr(backends, "__path__", [*backends.__path__, str(tmp_path)])
    monkeypatch.setenv("IMGCLS_BACKEND", "cluster")
    assert {"cluster", "local"} <= set(backends.names())
    assert "_shared" not in backends.names()
    assert backends.choose() == "the cluster"


def test_an_unknown_backend_gives_one_error_with_the_choices(monkeypatch):
    monkeypatch.setenv("IMGCLS_BACKEND", "moon")
    sentence = r"^IMGCLS_BACKEND is 'moon', but there is no such backend\. Choose one of: local, [a-z, ]+\.$"
    with pytest.raises(SettingError, match=sentence):
        backends.choose()
    with pytest.raises(SettingError, match=sentence):
        jobs.begin(Config())
    assert all_runs() == []


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
