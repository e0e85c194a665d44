"""Workers share one runs folder: each takes the runs that its machine can train."""

import json
import os
import subprocess
import sys

import filelock
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.jobs import backends, waiting_list, worker_reports
from imgcls.jobs.backends import local
from imgcls.jobs.worker import Worker, obstacle
from imgcls.system import nodes, paths
from tests.support.processes import toy_trainer
from tests.support.processes.engine import FakeBackend

SHORT = Config(data="digits", model="ann", epochs=2, early_stopping=False)
WORKER = f"""
import subprocess, sys
from imgcls.jobs.backends.local import LocalBackend
def spawn(self, run):
    with (run.folder / "log.txt").open("ab") as log:
        return subprocess.Popen([sys.executable, {toy_trainer.__file__!r}, str(run.folder), "0.5"], stdout=log)
LocalBackend.spawn_trainer = spawn
from imgcls.cli.main import main
main(["queue", "--worker"])
"""
ALTERED = {"keras": "3.1.0"}


def enqueue(name: str = "first", config: Config = SHORT) -> runs.Run:
    return runs.create(config, run_id=name, place=waiting_list.last_place())


def test_two_worker_processes_share_the_queue_and_train_each_run_once(digits, monkeypatch, wait_until):
    """Two real processes, each of which pretends to be a machine of its own."""
    monkeypatch.setattr(jobs, "wake", lambda: None)
    found = [enqueue(f"run-{number}") for number in range(4)]
    command = [sys.executable, "-u", "-c", WORKER]
    workers = []
    for name in ("north", "south"):
        variables = {**os.environ, "IMGCLS_NODE": name, "IMGCLS_IDLE_SECONDS": "20"}
        workers.append(
            subprocess.Popen(command, cwd=paths.repository_folder(), env=variables, stdout=subprocess.PIPE, text=True)
        )
    try:
        wait_until(lambda: {state.node for state in worker_reports.all_workers()} == {"north", "south"}, seconds=120)
        wait_until(lambda: all(run.state == "finished" for run in found), seconds=240)
    finally:
        printed = []
        for process in workers:
            process.terminate()
            printed.append(process.communicate()[0])
    assert {run.job["node"] for run in found} == {"north", "south"}
    for run in found:
        lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
        assert [line["epoch"] for line in lines if line["kind"] == "epoch"] == [1, 2]
        assert "already being trained" not in (run.folder / "log.txt").read_text()
    assert all("finished" in text for text in printed)


def test_a_run_of_another_version_is_left_to_other_machines(own_folders, digits, capsys):
    run = enqueue()
    content = json.loads((run.folder / waiting_list.NAME).read_bytes())
    (run.folder / waiting_list.NAME).write_text(json.dumps({**content, "versions": ALTERED}))
    backend = FakeBackend()
    worker = Worker(backend)
    worker.round()
    assert backend.started == []
    assert run.state == "queued"
    (state,) = worker_reports.all_workers()
    assert state.problem in capsys.readouterr().out
    here = nodes.versions()["keras"]
    assert state.problem == (
        f"The machine {nodes.name()} has keras {here}, but the run was started with keras 3.1.0. "
        "Install keras==3.1.0 there."
    )


def test_a_run_whose_dataset_is_not_on_this_machine_is_left_to_others(own_folders):
    (run, other) = enqueue(config=SHORT.changed(data="own-roses")), enqueue("second", SHORT.changed(data="own-roses"))
    backend = FakeBackend()
    Worker(backend).round()
    assert backend.started == []
    assert "own-roses" in obstacle(run)
    assert obstacle(run).startswith(f"The machine {nodes.name()} cannot train “{run.label}”: ")
    assert jobs.waiting() == [run, other]


def test_a_worker_takes_as_many_runs_as_it_has_room_for(digits, monkeypatch):
    monkeypatch.setenv("IMGCLS_TRAININGS", "2")
    found = [enqueue(f"run-{number}") for number in range(3)]
    backend = FakeBackend()
    worker = Worker(backend)
    worker.round()
    worker.round()
    assert backend.started == [run.id for run in found[:2]]
    assert worker_reports.all_workers() == [worker_reports.WorkerState(nodes.name(), 2, 2, "")]


def test_a_run_of_another_worker_takes_no_room(digits, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("IMGCLS_NODE", "elsewhere")
        Worker(FakeBackend()).round()
        other, mine = enqueue("first"), enqueue("second")
        assert jobs.claim(other, waiting_list.ticket(other))
    backend = FakeBackend()
    Worker(backend).round()
    assert backend.started == [mine.id]


def test_two_workers_of_one_name_are_refused(own_folders, monkeypatch):
    paths.runs_folder().mkdir(parents=True)
    with (
        filelock.FileLock(paths.runs_folder() / f".worker-{nodes.name()}.lock"),
        pytest.raises(RunError, match=r"^A worker named '.*' already works on .* Set IMGCLS_NODE"),
    ):
        Worker(FakeBackend()).serve()
    assert "IMGCLS_TURNS" not in os.environ  # everything that this process starts later would go without a turn


def test_only_the_trainers_of_a_worker_need_no_turn(own_folders, monkeypatch):
    run = enqueue()
    monkeypatch.setattr(local.processes, "spawn", lambda *words, environment, **streams: environment)
    assert Worker().backend.spawn_trainer(run) == {"IMGCLS_TURNS": "off"}
    assert local.LocalBackend().spawn_trainer(run) == {}


def test_the_queue_beside_the_app_leaves_runs_to_the_workers(own_folders, monkeypatch):
    monkeypatch.setenv("IMGCLS_BACKEND", "workers")
    run = enqueue()
    queue = jobs.queue.Queue()
    queue.round()
    assert run.state == "queued"
    assert waiting_list.problem().startswith("No worker is running, so queued runs wait.")
    worker_reports.write(worker_reports.WorkerState("north", 0, 1, ""))
    backends.get("workers").reap()
    assert waiting_list.problem() == ""
    worker_reports.remove("north")
    assert worker_reports.all_workers() == []


def test_a_damaged_report_of_a_worker_is_ignored(own_folders):
    paths.runs_folder().mkdir(parents=True)
    (paths.runs_folder() / ".worker-north.json").write_bytes(b'{"busy": -1')
    assert worker_reports.all_workers() == []
