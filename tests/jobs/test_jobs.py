"""A page's requests take effect once even if repeated, and deleted runs are gone in any state."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import psutil
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.jobs import waiting_list
from imgcls.jobs.queue import LOCK
from imgcls.system import paths
from imgcls.system.processes import NICENESS, is_locked
from tests.support.processes.engine import SLOW_STEPS, has_ended, kill, lines, processes, trainers, zombies

SHORT = Config(data="digits", model="ann", epochs=2, early_stopping=False)
ENDLESS = SHORT.changed(epochs=1000)
TRIALS = 20
TURNS = 50
PRESSES = """
import sys, time
from imgcls import jobs
from imgcls.config import Config
config = Config(data="digits", model="ann", epochs=1000, early_stopping=False)
print("ready", flush=True)
for line in sys.stdin:
    run_id, at = line.split()
    time.sleep(max(0.0, float(at) - time.monotonic()))
    print(jobs.begin(config, run_id=run_id).id, flush=True)
"""
BEGINS = """
import sys, time
from imgcls import jobs
from imgcls.config import Config
run = jobs.begin(Config(data="digits", model="ann", epochs=1000, early_stopping=False), run_id=sys.argv[1])
print("begun", flush=True)
time.sleep(600)
"""
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def real_queue(monkeypatch, own_folders):
    """Real queues, started like the app starts them; no queue or trainer is left after the test."""
    monkeypatch.setenv("IMGCLS_STANDBY", "off")
    monkeypatch.setenv("IMGCLS_IDLE_SECONDS", "30")
    yield
    for kind in ("jobs", "training"):
        for process in processes(kind):
            kill(process)


@pytest.fixture
def no_free_slot(own_folders, monkeypatch):
    """All training slots are occupied, so trainers wait before they import TensorFlow."""
    monkeypatch.setenv("IMGCLS_TRAININGS", str(TURNS))
    paths.runs_folder().mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        for number in range(TURNS):
            held.enter_context(filelock.FileLock(paths.runs_folder() / f".turn-{number}.lock"))
        yield


@pytest.fixture
def python():
    """`python(code, *words)` starts a process that prints a line when it is ready."""
    started = []

    def start(code: str, *words: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", code, *words],
            cwd=paths.repository_folder(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def has_started(run) -> bool:
    return (run.folder / "process.json").exists()


def queue_process(wait_until) -> psutil.Process:
    """The only queue process. For a moment, a forked child has the same name."""
    found: list[psutil.Process] = []

    def is_alone() -> bool:
        found[:] = processes("jobs")
        return len(found) == 1

    wait_until(is_alone)
    return found[0]


# ---- repeated clicks


def test_three_clicks_and_two_processes_at_once_start_one_run_and_one_trainer(forks, no_free_slot, python, wait_until):
    forks.queue()
    wait_until(lambda: is_locked(paths.runs_folder() / LOCK))
    tabs = [python(PRESSES) for _ in range(2)]
    for trial in range(TRIALS):
        at = time.monotonic() + 0.02
        run_id = f"trial-{trial}"
        for tab in tabs:
            print(run_id, at, file=tab.stdin, flush=True)
        with ThreadPoolExecutor(3) as pool:
            time.sleep(max(0.0, at - time.monotonic()))
            pressed = set(pool.map(lambda _, name=run_id: jobs.begin(ENDLESS, run_id=name).id, range(3)))
        assert {*pressed, *(tab.stdout.readline().strip() for tab in tabs)} == {run_id}
        assert len(runs.all_runs()) == trial + 1
    wait_until(lambda: all(map(has_started, runs.all_runs())), seconds=60)
    time.sleep(0.5)
    assert processes("jobs") == []  # no other queue was started
    for run in runs.all_runs():
        assert len(trainers(run)) == 1
        assert (run.folder / "log.txt").read_bytes() == b""  # otherwise it would contain "already being trained"
        assert run.state == "queued"


def test_clicking_resume_three_times_starts_one_trainer(forks, wait_until):
    run = runs.create(ENDLESS)
    trainer = forks.trainer(run, SLOW_STEPS.format(0.01))
    wait_until(lambda: run.can_resume, seconds=60)
    trainer.kill()
    queue = forks.queue()
    wait_until(lambda: run.state == "lost")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: jobs.start(run), range(3)))
    wait_until(lambda: lines(run, "resumed"), seconds=60)
    jobs.start(run)
    time.sleep(0.5)
    assert len(trainers(run)) == 1
    assert len(lines(run, "resumed")) == 1
    assert run.state == "running"
    assert zombies(queue) == []


def test_a_click_during_a_run_changes_nothing(forks, wait_until):
    run = jobs.begin(SHORT, run_id="pressed-again")
    forks.queue(trainers={run.id: SLOW_STEPS.format(0.01)})
    wait_until(lambda: lines(run, "batch"), seconds=60)
    before = json.loads((run.folder / "trainer.json").read_bytes())
    assert jobs.begin(SHORT, run_id="pressed-again") == run
    jobs.start(run)
    wait_until(lambda: run.state == "finished", seconds=60)
    assert jobs.begin(SHORT, run_id="pressed-again").state == "finished"
    assert json.loads((run.folder / "trainer.json").read_bytes()) == before


# ---- the queue started by a page


def test_a_page_starts_one_queue_and_the_next_click_replaces_a_killed_one(real_queue, no_free_slot, wait_until):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: jobs.begin(ENDLESS, run_id=f"run-{number}"), range(4)))
    wait_until(lambda: is_locked(paths.runs_folder() / LOCK))
    queue = queue_process(wait_until)
    jobs.wake()
    jobs.wake()
    assert queue_process(wait_until) == queue
    queue.kill()
    queue.wait()  # its lock is free a moment before it counts as ended
    wait_until(lambda: not is_locked(paths.runs_folder() / LOCK))
    run = jobs.begin(ENDLESS, run_id="pressed-at-once")
    wait_until(lambda: has_started(run))
    assert queue_process(wait_until) != queue


def test_a_server_starts_queued_runs_after_any_process_was_killed(real_queue, no_free_slot, monkeypatch, wait_until):
    monkeypatch.setattr(jobs, "WATCH_SECONDS", 0.2)
    run = runs.create(ENDLESS, run_id="left-waiting", place=waiting_list.last_place())  # and then the machine shut down
    stop = jobs.watch()
    wait_until(lambda: has_started(run))
    stop.set()


def test_a_queue_without_work_ends_and_leaves_no_zombie(real_queue, monkeypatch, wait_until):
    monkeypatch.setenv("IMGCLS_IDLE_SECONDS", "0.2")
    before = zombies(psutil.Process())
    jobs.wake()
    wait_until(lambda: is_locked(paths.runs_folder() / LOCK))
    wait_until(lambda: not processes("jobs"))
    wait_until(lambda: set(zombies(psutil.Process())) <= set(before))


def test_the_trainer_survives_killing_the_server_and_the_queue(real_queue, no_free_slot, python, wait_until):
    server = python(BEGINS, "outlives-all")
    run = runs.find("outlives-all")
    wait_until(lambda: has_started(run))
    (trainer,), (queue,) = trainers(run), processes("jobs")
    assert trainer.nice() == max(NICENESS, psutil.Process().nice())
    assert os.getsid(trainer.pid) == trainer.pid  # Ctrl-C at the server does not reach it
    if (session := Path(f"/proc/{trainer.pid}/autogroup")).exists():  # where the scheduler groups processes by session
        assert session.read_text().split()[-1] == str(NICENESS)
    os.killpg(server.pid, signal.SIGKILL)
    queue.kill()
    wait_until(lambda: has_ended(queue))
    killed = time.time()
    wait_until(lambda: (run.folder / "heartbeat").stat().st_mtime > killed + 1)
    assert trainer.is_running()
    assert run.state == "queued"
    other = jobs.begin(ENDLESS, run_id="comes-later")  # a restarted server
    wait_until(lambda: has_started(other))
    assert trainers(run) == [trainer]
    assert len(processes("jobs")) == 1
    jobs.delete(run)
    wait_until(lambda: has_ended(trainer))


# ---- deleting


def assert_deleted(run) -> None:
    assert runs.all_runs() == []
    assert not run.folder.exists()
    assert list(paths.runs_folder().glob(".deleted-*")) == []


def test_deleting_a_queued_run_leaves_nothing(own_folders, monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)
    run = jobs.begin(ENDLESS)
    jobs.delete(run)
    assert_deleted(run)
    assert jobs.waiting() == []


def test_deleting_an_active_run_ends_its_process_and_leaves_no_zombie(forks, wait_until):
    run = jobs.begin(ENDLESS)
    queue = forks.queue()
    wait_until(lambda: lines(run), seconds=60)
    (trainer,) = trainers(run)
    jobs.delete(run)
    assert has_ended(trainer)
    assert_deleted(run)
    wait_until(lambda: zombies(queue) == [])
    time.sleep(0.3)
    assert_deleted(run)


def test_deleting_a_run_also_ends_a_hanging_trainer(forks, wait_until):
    run = runs.create(ENDLESS)
    trainer = forks.trainer(run)
    wait_until(lambda: lines(run, "batch"), seconds=60)
    trainer.suspend()
    jobs.delete(run)
    wait_until(lambda: has_ended(trainer))
    assert_deleted(run)


def test_a_run_deleted_while_its_trainer_starts_does_not_come_back(forks, wait_until):
    run = runs.create(ENDLESS)
    trainer = forks.trainer(run, "import time; time.sleep(0.5)")
    jobs.delete(run)
    wait_until(lambda: has_ended(trainer))
    assert_deleted(run)


def test_deleting_a_finished_run_signals_no_process(finished_run, monkeypatch):
    (finished_run.folder / "process.json").write_text(json.dumps({"pid": os.getpid()}), "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(psutil.Process, "kill", lambda process: pytest.fail("no process should be killed"))
        jobs.delete(finished_run)
    assert_deleted(finished_run)


# ---- invalid requests


def test_a_deleted_run_cannot_be_started(own_folders):
    run = runs.create(ENDLESS)
    run.delete()
    with pytest.raises(RunError, match=r"^“Dense network on Small digits” was deleted a moment ago\."):
        jobs.start(run)
    assert runs.all_runs() == []


def test_a_run_without_a_checkpoint_cannot_be_extended(own_folders):
    run = runs.create(ENDLESS)
    with pytest.raises(RunError, match=r"^This run has no checkpoint, so it cannot be continued\. Train a new run"):
        jobs.extend(run, 3)
    assert runs.all_runs() == [run]
