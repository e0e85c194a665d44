"""Trainers are processes: started once, ended with their run, and alive when whoever started them is not."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from imgcls import jobs, places, runs
from imgcls.config import Config
from imgcls.errors import RunError

ENDLESS = Config(data="digits", model="ann", epochs=1000, early_stopping=False)
pytestmark = pytest.mark.timeout(240)


def trainers(run: runs.Run | None = None) -> list[psutil.Process]:
    """The living processes that were started for a run, or for any run of this test."""
    found, start = [], str(run.folder if run else places.runs_folder())
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if (
            "imgcls.training" in words
            and words[-1].startswith(start)
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ):
            found.append(process)
    return found


def all_zombies() -> set[psutil.Process]:
    return {child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE}


@pytest.fixture
def zombies():
    """Asks for the zombies that came since the test began: another test may have left one of its own kind."""
    before = all_zombies()
    return lambda: sorted(all_zombies() - before, key=lambda process: process.pid)


@pytest.fixture
def held_lock():
    """Another training has its turn, so that a trainer waits before it loads TensorFlow."""
    import filelock

    places.runs_folder().mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(places.runs_folder() / ".trainer.lock"):
        yield


@pytest.fixture(autouse=True)
def none_left(own_folders, wait_until):
    yield
    for process in trainers():
        process.kill()
    wait_until(lambda: not jobs.reap() and not jobs._children)


def test_started_twice_there_is_one_trainer(held_lock, wait_until):
    run = runs.create(ENDLESS)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(jobs.start, [run] * 8))
    wait_until(lambda: (run.folder / "heartbeat").exists())
    assert len(trainers(run)) == 1
    assert run.state == "queued"  # it waits for its turn
    jobs.start(run)
    assert len(trainers(run)) == 1


def test_a_run_is_claimed_once():
    run = runs.create(ENDLESS)
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(jobs.claim, [run] * 8)) == [False] * 7 + [True]
    assert run.state == "starting"
    assert abs(run.created - time.time()) < 60


def test_a_run_that_is_gone_cannot_be_claimed():
    run = runs.create(ENDLESS)
    run.delete()
    with pytest.raises(RunError, match=r"^The run could not be started: No such file or directory\.$"):
        jobs.start(run)
    assert runs.everything() == []


def test_deleting_a_waiting_run_ends_its_process(held_lock, wait_until, zombies):
    run = runs.create(ENDLESS)
    jobs.start(run)
    wait_until(lambda: (run.folder / "heartbeat").exists())
    (process,) = trainers(run)
    jobs.delete(run)
    assert not process.is_running()
    assert [path.name for path in places.runs_folder().iterdir()] == [".trainer.lock"]
    assert zombies() == []


def test_deleting_a_running_run_ends_its_process_and_leaves_no_zombie(digits, wait_until, zombies):
    run = runs.create(ENDLESS)
    jobs.start(run)
    wait_until(
        lambda: run.state == "running" and b'"epoch"' in (run.folder / "metrics.jsonl").read_bytes(), seconds=120
    )
    (process,) = trainers(run)
    start = time.monotonic()
    jobs.delete(run)
    assert time.monotonic() - start < jobs.STOP_SECONDS + 2
    assert not process.is_running()
    assert zombies() == []
    assert runs.everything() == []
    assert list(places.runs_folder().glob(".deleted-*")) == []


def test_deleting_a_run_whose_process_hangs_ends_that_too(held_lock, monkeypatch, wait_until, zombies):
    monkeypatch.setattr(runs, "SILENT_SECONDS", 0.5)
    run = runs.create(ENDLESS)
    jobs.start(run)
    wait_until(lambda: (run.folder / "heartbeat").exists())
    (process,) = trainers(run)
    process.suspend()
    wait_until(lambda: run.state == "lost")
    monkeypatch.setattr(jobs, "STOP_SECONDS", 0.2)
    jobs.delete(run)
    wait_until(lambda: not jobs.reap() and not process.is_running())
    assert zombies() == []


def test_deleting_a_finished_run_touches_no_process(finished_run, monkeypatch):
    def looked(*arguments):
        raise AssertionError("a finished run has no process to look for")

    with monkeypatch.context() as patch:
        patch.setattr(psutil, "process_iter", looked)
        jobs.delete(finished_run)
    assert runs.everything() == []


def test_the_trainer_outlives_whoever_started_it(held_lock, wait_until):
    run = runs.create(ENDLESS)
    code = (
        "import pathlib, sys, time; from imgcls import jobs, runs; "
        "jobs.start(runs.Run(pathlib.Path(sys.argv[1]))); print('started', flush=True); time.sleep(600)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code, str(run.folder)],
        cwd=places.repository_folder(),
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with server.stdout:
        assert server.stdout.readline() == b"started\n"
        wait_until(lambda: (run.folder / "heartbeat").exists())
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    (process,) = trainers(run)
    killed = time.time()
    wait_until(lambda: (run.folder / "heartbeat").stat().st_mtime > killed + 1)
    assert process.is_running()
    assert run.state == "queued"
    jobs.start(run)  # a server that was started again
    assert len(trainers(run)) == 1
    jobs.delete(run)
    wait_until(lambda: not process.is_running())


def test_a_trainer_yields_to_the_browser(held_lock, wait_until):
    run = runs.create(ENDLESS)
    jobs.start(run)
    wait_until(lambda: (run.folder / "heartbeat").exists())
    (process,) = trainers(run)
    assert process.nice() == max(jobs.NICENESS, psutil.Process().nice())
    assert os.getsid(process.pid) == process.pid  # Ctrl-C at the server does not reach it
