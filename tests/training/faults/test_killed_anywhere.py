"""Trainers killed or starved at any moment: the shown state is true, nothing is lost, and resuming works."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time

import filelock
import psutil
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.jobs.backends import local
from imgcls.runs.run import TRAINER_LOCK
from imgcls.system import paths
from tests.support.processes.engine import (
    DIES_AT_ONCE,
    SLOW_STEPS,
    assert_same_training,
    check_files,
    curve,
    has_ended,
    kill,
    lines,
    trainers,
    zombies,
)

CONFIG = Config(
    data="digits",
    model="ann",
    model_settings={"units": 16, "hidden_layers": 1},
    train_images=500,
    epochs=5,
    early_stopping=False,
    deterministic=True,
)
ENDLESS = CONFIG.changed(epochs=1000)
TRUE_SECONDS = 6.0
"""The state should be true within 5 seconds; the rest allows for a busy machine."""
IGNORES_SIGTERM = """
import signal
real = signal.signal
signal.signal = lambda number, handler: real(number, signal.SIG_IGN if number == signal.SIGTERM else handler)
"""
STRANGER = "import sys, time; print('ready', flush=True); time.sleep(600)"
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def python():
    """`python(code, *words)` is a process that printed "ready" and is unrelated to this project."""
    started = []

    def start(code: str, *words: str) -> psutil.Process:
        process = subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return psutil.Process(process.pid)

    yield start
    for process in started:
        process.kill()
        process.communicate()


# ---- killed at any moment


def killed_at_random(moments: int, forks, uninterrupted, wait_until) -> None:
    """One run after another is killed at random moments and resumed, until all kills are done."""
    chance = random.Random(moments)
    run, kills = runs.create(CONFIG), 0
    while kills < moments:
        process = forks.trainer(run, SLOW_STEPS.format(0.02))
        end = time.monotonic() + chance.uniform(0, 3)
        while time.monotonic() < end and not has_ended(process):
            time.sleep(0.005)
        if has_ended(process):
            assert_same_training(run, uninterrupted(CONFIG))
            run = runs.create(CONFIG)
            continue
        before = [line["epoch"] for line in curve(run)]
        kill(process)
        kills += 1
        wait_until(lambda process=process: has_ended(process))
        check_files(run)
        assert [line["epoch"] for line in curve(run)][: len(before)] == before
        began = (run.folder / "heartbeat").exists()
        if began:  # otherwise only a queue can know
            wait_until(lambda run=run: run.state in ("lost", "finished"), seconds=TRUE_SECONDS)
    process = forks.trainer(run)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "finished"
    assert_same_training(run, uninterrupted(CONFIG))
    check_files(run)


def test_killed_at_4_random_moments(forks, uninterrupted, wait_until):
    killed_at_random(4, forks, uninterrupted, wait_until)


@pytest.mark.slow
def test_killed_at_25_random_moments(forks, uninterrupted, wait_until):
    killed_at_random(25, forks, uninterrupted, wait_until)


def test_killed_before_its_first_heartbeat(forks, wait_until):
    run = jobs.begin(CONFIG, run_id="dies-at-once")
    other = jobs.begin(CONFIG, run_id="comes-next")
    queue = forks.queue(trainers={run.id: DIES_AT_ONCE})
    wait_until(lambda: run.folder.joinpath("trainer.json").exists())
    wait_until(lambda: run.state == "lost", seconds=TRUE_SECONDS)
    assert not (run.folder / "heartbeat").exists()
    wait_until(lambda: other.state == "finished", seconds=60)
    assert run.state == "lost"
    jobs.start(run)
    wait_until(lambda: run.state == "finished", seconds=60)
    wait_until(lambda: zombies(queue) == [])
    check_files(run)


# ---- shutdown of a queue and of the machine


def test_after_a_reboot_no_unrelated_process_is_signalled(forks, python, wait_until):
    run = runs.create(CONFIG)
    trainer = forks.trainer(run, SLOW_STEPS.format(0.05))
    wait_until(lambda: run.can_resume, seconds=60)
    trainer.kill()
    wait_until(lambda: run.state == "lost", seconds=TRUE_SECONDS)
    # Its process ID was reused by another program, and even by a trainer of another run.
    for stranger in (python(STRANGER), python(STRANGER, "imgcls.training")):
        (run.folder / "process.json").write_text(json.dumps({"pid": stranger.pid}), "utf-8")
        assert local.process_of(run) is None
        with filelock.FileLock(run.folder / TRAINER_LOCK):  # a concurrent reader
            assert local.process_of(run) is None
        local.LocalBackend().stop(run)
        assert stranger.is_running()
    waiting_list.enter(run)
    forks.queue()
    wait_until(lambda: run.state == "finished", seconds=60)
    assert stranger.is_running()
    assert stranger.status() != psutil.STATUS_ZOMBIE


def test_an_unrelated_process_survives_deleting_a_killed_run(forks, python, wait_until):
    run = runs.create(CONFIG)
    stranger = python(STRANGER, "imgcls.training")
    jobs.claim(run)
    (run.folder / "process.json").write_text(json.dumps({"pid": stranger.pid}), "utf-8")
    (run.folder / TRAINER_LOCK).touch()
    jobs.delete(run)
    time.sleep(0.2)
    assert stranger.status() != psutil.STATUS_ZOMBIE
    assert not run.folder.exists()


# ---- unresponsive trainers


def test_a_suspended_trainer_is_terminated_then_resumed(forks, monkeypatch, wait_until):
    monkeypatch.setenv("IMGCLS_HUNG_SECONDS", "2")
    run = jobs.begin(CONFIG, run_id="is-stopped")
    other = jobs.begin(CONFIG, run_id="comes-next")
    queue = forks.queue(trainers={run.id: SLOW_STEPS.format(0.05)})
    wait_until(lambda: run.can_resume, seconds=60)
    (trainer,) = trainers(run)
    trainer.suspend()
    assert run.state == "running"
    assert other.state == "queued"  # a laptop that was closed briefly: the trainer may continue
    wait_until(lambda: has_ended(trainer))
    wait_until(lambda: other.state == "finished", seconds=60)
    assert run.state == "lost"
    jobs.start(run)
    wait_until(lambda: run.state == "finished", seconds=60)
    assert_same_training(run, other)
    wait_until(lambda: zombies(queue) == [])


def test_a_briefly_suspended_trainer_continues(forks, wait_until):
    run = jobs.begin(CONFIG, run_id="is-stopped")
    forks.queue(trainers={run.id: SLOW_STEPS.format(0.05)})
    wait_until(lambda: lines(run), seconds=60)
    (trainer,) = trainers(run)
    trainer.suspend()
    wait_until(lambda: run.silence > 3)
    assert run.state == "running"
    trainer.resume()
    wait_until(lambda: run.state == "finished", seconds=60)
    assert lines(run, "resumed") == []


def test_an_orderly_shutdown_loses_nothing(forks, uninterrupted, wait_until):
    """SIGTERM: by a shutdown, the end of a container, a service manager."""
    run = runs.create(CONFIG)
    trainer = forks.trainer(run, SLOW_STEPS.format(0.02))
    wait_until(lambda: lines(run), seconds=60)
    trainer.terminate()
    wait_until(lambda: has_ended(trainer))
    assert run.result is None
    wait_until(lambda: run.state == "lost", seconds=TRUE_SECONDS)
    again = forks.trainer(run)
    wait_until(lambda: has_ended(again), seconds=60)
    assert run.state == "finished"
    assert_same_training(run, uninterrupted(CONFIG))


def test_a_shutdown_ends_a_paused_trainer(forks, wait_until):
    run = runs.create(ENDLESS)
    trainer = forks.trainer(run)
    wait_until(lambda: lines(run), seconds=60)
    run.send_request(pause=True)
    wait_until(lambda: run.state == "paused")
    trainer.terminate()
    wait_until(lambda: has_ended(trainer))
    wait_until(lambda: run.state == "lost", seconds=TRUE_SECONDS)


def test_a_shutdown_ends_a_queued_trainer(forks, wait_until):
    run = runs.create(ENDLESS)
    with filelock.FileLock(paths.runs_folder() / ".turn-0.lock"):
        trainer = forks.trainer(run)
        wait_until(lambda: run.state == "queued")
        trainer.terminate()
        wait_until(lambda: has_ended(trainer))
    wait_until(lambda: run.state == "lost", seconds=TRUE_SECONDS)


def test_a_trainer_that_ignores_sigterm_obeys_stop_and_deletion(forks, wait_until):
    run, other = runs.create(ENDLESS), runs.create(ENDLESS)
    trainer = forks.trainer(run, IGNORES_SIGTERM)
    wait_until(lambda: lines(run), seconds=60)
    trainer.terminate()
    done = len(lines(run))
    wait_until(lambda: len(lines(run)) > done + 3)
    assert run.state == "running"
    jobs.stop(run)
    wait_until(lambda: has_ended(trainer), seconds=30)
    assert run.state == "stopped"
    trainer = forks.trainer(other, IGNORES_SIGTERM)
    wait_until(lambda: lines(other), seconds=60)
    jobs.delete(other)
    assert has_ended(trainer)
    assert not other.folder.exists()


# ---- memory


def test_running_out_of_memory_fails_only_that_trainer(forks, wait_until):
    run = jobs.begin(ENDLESS.changed(model_settings={"units": 1024, "hidden_layers": 5}), run_id="is-too-big")
    other = jobs.begin(CONFIG, run_id="comes-next")
    starves = """
import psutil, resource
from imgcls.training.loop import loop
ran = loop.Loop.run
def starved(self):
    limit = psutil.Process().memory_info().vms + 2_000_000
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    ran(self)
loop.Loop.run = starved
"""
    queue = forks.queue(trainers={run.id: starves})
    wait_until(lambda: run.state in ("failed", "lost"), seconds=60)
    if run.state == "failed":
        assert run.result["message"]
    wait_until(lambda: other.state == "finished", seconds=60)
    assert trainers(run) == []
    wait_until(lambda: zombies(queue) == [])
    check_files(run)


# ---- the clock


@pytest.mark.parametrize("seconds", [3600, -3600], ids=["an hour ahead", "an hour back"])
def test_a_clock_jump_starts_nothing_twice(seconds, forks, wait_until):
    """What was written before the jump looks an hour old, or like from the future."""
    run = jobs.begin(ENDLESS, run_id="is-running")
    other = jobs.begin(ENDLESS, run_id="is-waiting")
    queue = forks.queue()
    wait_until(lambda: lines(run), seconds=60)
    (trainer,) = trainers(run)
    forks.calls.clear()
    for _ in range(3):
        now = time.time() - seconds
        for path in [*paths.runs_folder().iterdir(), *paths.runs_folder().glob("*/*")]:
            with contextlib.suppress(FileNotFoundError):  # temporary files are renamed meanwhile
                os.utime(path, (now, now))
        jobs.wake()
        wait_until(lambda: run.state == "running")
        assert other.state == "queued"
    time.sleep(2.5)  # the queue polls again
    assert trainers(run) == [trainer]
    assert trainers(other) == []
    assert forks.calls == []  # no other queue
    assert queue.is_running()
    jobs.stop(run)
    wait_until(lambda: lines(other), seconds=60)
    assert run.state == "stopped"
    assert run.result["seconds"] >= 0
