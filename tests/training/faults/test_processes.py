"""Trainers that are killed, hang, are stopped or lose their folder: readers see the true state and intact files."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import filelock
import pytest

from imgcls import datasets, runs
from imgcls.cli import exit_codes
from imgcls.config import Config
from imgcls.runs import run as run_module
from imgcls.runs.metrics_log import Curves
from imgcls.system import paths
from tests.support.processes.engine import check_files, has_ended, kill
from tests.support.uploads import archive, imported, leaves

pytestmark = pytest.mark.timeout(600)

ENDLESS = Config(data="digits", model="ann", epochs=1000, early_stopping=False)
KILLS = 25 if os.environ.get("IMGCLS_SLOW") == "1" else 5


@pytest.fixture
def occupied_slot(own_folders):
    """Another training run occupies the slot."""
    paths.runs_folder().mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(paths.runs_folder() / ".turn-0.lock") as lock:
        yield lock


def epochs_of(run) -> int:
    return len(Curves(run.folder / "metrics.jsonl").refresh().epochs)


# ---- killed


def test_a_trainer_killed_before_its_first_heartbeat_becomes_lost(cold_trainer, monkeypatch, wait_until):
    run = runs.create(ENDLESS)
    process = cold_trainer(run)
    process.kill()
    process.wait()
    assert not (run.folder / "heartbeat").exists()
    assert run.state == "starting"
    monkeypatch.setattr(run_module, "START_SECONDS", 0.5)
    wait_until(lambda: run.state == "lost")
    assert run.has_ended
    assert Curves(run.folder / "metrics.jsonl").refresh().epochs == []


def test_a_trainer_killed_within_an_epoch_is_lost_at_once_and_keeps_its_curve(warm_trainer, wait_until):
    run = runs.create(ENDLESS)
    process = warm_trainer(run)
    # A checkpoint is written in the background, so it may appear later than the line of its epoch.
    wait_until(lambda: epochs_of(run) >= 2 and run.can_resume, seconds=120)
    assert run.state == "running"
    process.kill()
    # The lock is released when the last thread is gone, which may be after the process counts as ended.
    wait_until(lambda: run.state == "lost")
    curves = Curves(run.folder / "metrics.jsonl").refresh()
    assert [line["epoch"] for line in curves.epochs] == list(range(1, len(curves.epochs) + 1))
    assert curves.best is not None
    assert run.can_resume
    assert not run.is_ready
    check_files(run)


def test_a_lock_is_released_when_its_holder_is_killed(warm_trainer, wait_until):
    first, second = runs.create(ENDLESS), runs.create(ENDLESS)
    holder = warm_trainer(first)
    wait_until(lambda: epochs_of(first), seconds=120)
    waiting = warm_trainer(second)
    wait_until(lambda: second.state == "queued")
    holder.kill()
    wait_until(lambda: second.state == "running")
    second.send_request(stop=True)
    wait_until(lambda: has_ended(waiting), seconds=120)
    assert second.state == "stopped"


def test_a_silent_trainer_is_running_while_it_is_alive(warm_trainer, wait_until):
    run = runs.create(ENDLESS)
    process = warm_trainer(run)
    wait_until(lambda: epochs_of(run), seconds=120)
    process.suspend()
    wait_until(lambda: run.silence > 3)
    assert run.state == "running"
    process.resume()
    wait_until(lambda: run.silence < 2)
    assert run.state == "running"


def test_a_trainer_killed_at_any_point_leaves_intact_files(warm_trainer, wait_until):
    """A short run takes about 3 seconds: it is killed at moments spread over it, including its end."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    generator = random.Random(seed)
    config = ENDLESS.changed(epochs=3, batch_size=16, model_settings={"units": 256})
    reference = runs.create(config)
    process = warm_trainer(reference, explains=True)
    whole = wait_until(lambda: has_ended(process), seconds=120)
    assert reference.state == "finished"
    check_files(reference)
    seen = set()
    for number in range(KILLS):
        run = runs.create(config)
        process = warm_trainer(run, explains=True)
        time.sleep(whole * (number + generator.random()) / KILLS)
        kill(process)
        wait_until(lambda process=process, run=run: has_ended(process) and run.state in ("finished", "lost"))
        check_files(run)
        assert (run.state == "finished") == (run.folder / "result.json").exists()
        if run.state == "finished":
            assert run.is_ready
            assert run.is_tested
        seen.add(run.state)
    assert "lost" in seen


# ---- stopped


def test_an_interrupt_stops_a_trainer_with_its_best_model(cold_trainer, digits, wait_until):
    run = runs.create(ENDLESS)
    process = cold_trainer(run)
    wait_until(lambda: epochs_of(run) >= 2, seconds=240)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    assert run.state == "stopped"
    result = run.result
    best = Curves(run.folder / "metrics.jsonl").refresh().best
    assert result["best_epoch"] == best["epoch"]
    assert result["val_loss"] == pytest.approx(best["val_loss"], abs=1e-6)
    assert run.is_ready
    assert run.is_tested
    assert "Traceback" not in (run.folder / "log.txt").read_text()
    check_files(run)


def test_an_interrupted_command_keeps_its_model_and_has_its_own_exit_code(digits):
    settings = ("--data", "digits", "--model", "ann", "--epochs", "1000", "--early-stopping", "off")
    command = [sys.executable, "-u", "-m", "imgcls", "train", *settings, "--id", "interrupted", "--now"]
    with subprocess.Popen(command, cwd=paths.repository_folder(), stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("Epoch 2/"):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stdout.read()
    assert process.returncode == exit_codes.INTERRUPTED
    run = runs.find("interrupted")
    assert run.state == "stopped"
    assert run.is_ready
    assert rest.splitlines()[-1] == f"Run interrupted in {run.folder}"


def test_a_stop_during_training_takes_effect_immediately(warm_trainer, wait_until):
    run = runs.create(ENDLESS.changed(batch_size=8))
    process = warm_trainer(run)
    wait_until(lambda: epochs_of(run), seconds=120)
    run.send_request(stop=True)
    phase = lambda: Curves(run.folder / "metrics.jsonl").refresh().phase  # noqa: E731
    wait_until(lambda: phase() != "training")
    wait_until(lambda: run.state == "stopped", seconds=120)
    wait_until(lambda: has_ended(process))
    assert run.is_ready


@pytest.mark.parametrize("by", ["page", "SIGINT"])
def test_a_stop_while_queued_takes_effect_immediately(occupied_slot, cold_trainer, digits, wait_until, by):
    run = runs.create(ENDLESS)
    process = cold_trainer(run)
    wait_until(lambda: run.state == "queued")
    if by == "page":
        run.send_request(stop=True)
    else:
        process.send_signal(getattr(signal, by))
    wait_until(lambda: process.poll() is not None)
    assert run.state == "stopped"
    assert run.result["message"].startswith("Stopped before the first training step, so there is no model.")
    assert not run.is_ready
    assert occupied_slot.is_locked


def test_a_stop_requested_before_the_trainer_started_is_kept(occupied_slot, cold_trainer, digits, wait_until):
    run = runs.create(ENDLESS)
    run.send_request(stop=True)
    process = cold_trainer(run)
    wait_until(lambda: process.poll() is not None)
    assert run.state == "stopped"


# ---- deleted run folders


def test_a_trainer_whose_folder_is_deleted_exits(warm_trainer, wait_until):
    run = runs.create(ENDLESS)
    process = warm_trainer(run)
    wait_until(lambda: epochs_of(run), seconds=120)
    shutil.rmtree(run.folder, ignore_errors=True)
    run.delete()
    wait_until(lambda: has_ended(process))
    assert not run.folder.exists()


def test_a_waiting_trainer_whose_folder_is_deleted_exits(occupied_slot, cold_trainer, wait_until):
    run = runs.create(ENDLESS)
    process = cold_trainer(run)
    wait_until(lambda: (run.folder / "heartbeat").exists())
    run.delete()
    wait_until(lambda: process.poll() is not None)
    assert runs.all_runs() == []


# ---- deleted datasets


def test_a_dataset_deleted_during_the_training_ends_it_with_a_model_or_a_true_message(
    warm_trainer, own_folders, tmp_path, wait_until
):
    name = imported(archive(tmp_path / "leaves.zip", leaves(count=12)))
    run = runs.create(ENDLESS.changed(data=name))
    process = warm_trainer(run, explains=True)
    wait_until(lambda: epochs_of(run), seconds=120)
    datasets.delete_custom(name)
    run.send_request(stop=True)
    wait_until(lambda: has_ended(process), seconds=240)
    assert run.state == "stopped" and run.is_ready and run.is_tested, run.result
    again = runs.create(ENDLESS.changed(data=name))
    process = warm_trainer(again)
    wait_until(lambda: has_ended(process), seconds=120)
    assert again.state == "failed" and "it was deleted" in again.result["message"]
