"""Trainers that are killed, stopped, robbed of their folder or of the disk: readers see what is true and whole."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import filelock
import numpy as np
import psutil
import pytest

from imgcls import atomic, jobs, places, runs
from imgcls.config import Config
from imgcls.curves import Curves
from imgcls.errors import RunError
from imgcls.serving import Predictor

pytestmark = pytest.mark.timeout(600)

ENDLESS = Config(data="digits", model="ann", epochs=1000, early_stopping=False)
LARGE = ENDLESS.changed(model_settings={"units": 1024, "hidden_layers": 3})  # its weights take 3 MB
KILLS = 25 if os.environ.get("IMGCLS_LONG_TESTS") else 5


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """A busy machine may keep a living trainer from its heartbeat for longer than a calm one does."""
    monkeypatch.setattr(runs, "SILENT_SECONDS", 20.0)


@pytest.fixture
def cold_trainer():
    """Starts `python -m imgcls.training RUN_FOLDER` itself, all imports included."""
    processes = []

    def start(run):
        jobs.claim(run)
        command = [sys.executable, "-m", "imgcls.training", str(run.folder)]
        with (run.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(command, cwd=places.repository_folder(), stdout=log, stderr=log)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def held_lock(own_folders):
    """Another training has its turn."""
    places.runs_folder().mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(places.runs_folder() / ".trainer.lock") as lock:
        yield lock


def epochs_of(run) -> int:
    return len(Curves(run.folder / "metrics.jsonl").refresh().epochs)


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def check_every_file(run) -> None:
    """Every file under a final name is whole; what is not whole has the name of a leftover."""
    for path in run.folder.iterdir():
        if atomic.is_leftover(path):
            continue
        if path.suffix == ".json" and path.name != "trainer.json":
            json.loads(path.read_bytes(), parse_constant=pytest.fail)
        elif path.name == "model.keras":
            import zipfile

            with zipfile.ZipFile(path) as file:
                assert file.testzip() is None
                assert "model.weights.h5" in file.namelist()
        elif path.name == "model.tflite":
            answers = Predictor(path).probabilities(np.zeros((1, 8, 8, 1), np.uint8))
            assert answers.sum() == pytest.approx(1, abs=1e-4)
        elif path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                assert all(len(file[name]) for name in file.files)
        elif path.name == "metrics.jsonl":
            whole = path.read_bytes().rpartition(b"\n")[0]
            for line in whole.splitlines():
                json.loads(line, parse_constant=pytest.fail)
        else:
            known = ("config.json", "label.txt", "log.txt", "heartbeat", "trainer.json", "request.json", "result.json")
            assert path.name in known, path.name


# ---- killed


def test_a_trainer_killed_before_its_first_heartbeat_becomes_lost(cold_trainer, monkeypatch, wait_until):
    run = runs.create(ENDLESS)
    process = cold_trainer(run)
    process.kill()
    process.wait()
    assert not (run.folder / "heartbeat").exists()
    assert run.state == "starting"
    monkeypatch.setattr(runs, "START_SECONDS", 0.5)
    wait_until(lambda: run.state == "lost")
    assert run.is_over
    assert Curves(run.folder / "metrics.jsonl").refresh().epochs == []


def test_a_trainer_killed_within_an_epoch_becomes_lost_and_keeps_its_curve(warm_trainer, monkeypatch, wait_until):
    run = runs.create(ENDLESS)
    process = warm_trainer(run)
    wait_until(lambda: epochs_of(run) >= 2, seconds=120)
    assert run.state == "running"
    process.kill()
    wait_until(lambda: has_ended(process))
    monkeypatch.setattr(runs, "SILENT_SECONDS", 1.0)
    wait_until(lambda: run.state == "lost")
    curves = Curves(run.folder / "metrics.jsonl").refresh()
    assert [line["epoch"] for line in curves.epochs] == list(range(1, len(curves.epochs) + 1))
    assert curves.best is not None
    assert (run.folder / "model.keras").exists()
    assert not run.is_ready
    check_every_file(run)


def test_a_lock_is_free_again_when_its_holder_is_killed(warm_trainer, wait_until):
    first, second = runs.create(ENDLESS), runs.create(ENDLESS)
    holder = warm_trainer(first)
    wait_until(lambda: epochs_of(first), seconds=120)
    waiting = warm_trainer(second)
    wait_until(lambda: (second.folder / "heartbeat").exists())
    assert second.state == "queued"
    holder.kill()
    wait_until(lambda: second.state == "running")
    second.ask_to_stop()
    wait_until(lambda: has_ended(waiting), seconds=120)
    assert second.state == "stopped"


def test_a_trainer_that_hangs_is_lost_until_it_goes_on(warm_trainer, monkeypatch, wait_until):
    run = runs.create(ENDLESS)
    process = warm_trainer(run)
    wait_until(lambda: epochs_of(run), seconds=120)
    process.suspend()
    monkeypatch.setattr(runs, "SILENT_SECONDS", 2.0)
    wait_until(lambda: run.state == "lost")
    process.resume()
    wait_until(lambda: run.state == "running")


def test_wherever_a_trainer_is_killed_every_file_is_whole(warm_trainer, wait_until):
    """A short run takes about 3 seconds: it is killed at moments that spread over it, its end included."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    generator = random.Random(seed)
    config = ENDLESS.changed(epochs=3, batch_size=16, model_settings={"units": 256})
    reference = runs.create(config)
    process = warm_trainer(reference)
    whole = wait_until(lambda: has_ended(process), seconds=120)
    assert reference.state == "finished"
    check_every_file(reference)
    seen = set()
    for number in range(KILLS):
        run = runs.create(config)
        process = warm_trainer(run)
        time.sleep(whole * (number + generator.random()) / KILLS)
        if not has_ended(process):
            process.kill()
        wait_until(lambda process=process: has_ended(process))
        check_every_file(run)
        (run.folder / "heartbeat").touch()
        os.utime(run.folder / "heartbeat", (1, 1))
        assert run.state in ("finished", "lost")
        assert (run.state == "finished") == (run.folder / "result.json").exists()
        if run.state == "finished":
            assert run.is_ready
            assert run.is_tested
        seen.add(run.state)
    assert "lost" in seen


# ---- stopped


def test_a_signal_stops_a_trainer_with_its_best_model(cold_trainer, digits, wait_until):
    run = runs.create(ENDLESS)
    process = cold_trainer(run)
    wait_until(lambda: epochs_of(run) >= 2, seconds=240)
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0
    assert run.state == "stopped"
    result = run.result
    best = Curves(run.folder / "metrics.jsonl").refresh().best
    assert result["best_epoch"] == best["epoch"]
    assert result["val_loss"] == pytest.approx(best["val_loss"], abs=1e-6)
    assert run.is_ready
    assert run.is_tested
    assert "Traceback" not in (run.folder / "log.txt").read_text()
    check_every_file(run)


def test_a_stop_while_training_is_answered_at_once(warm_trainer, wait_until):
    run = runs.create(ENDLESS.changed(batch_size=8))
    process = warm_trainer(run)
    wait_until(lambda: epochs_of(run), seconds=120)
    run.ask_to_stop()
    phase = lambda: Curves(run.folder / "metrics.jsonl").refresh().phase  # noqa: E731
    assert wait_until(lambda: phase() != "training") < 5  # a second on a calm machine
    wait_until(lambda: run.state == "stopped", seconds=120)
    wait_until(lambda: has_ended(process))
    assert run.is_ready


@pytest.mark.parametrize("by", ["page", "SIGTERM", "SIGINT"])
def test_a_stop_while_waiting_for_its_turn_is_answered_at_once(held_lock, cold_trainer, wait_until, by):
    run = runs.create(ENDLESS)
    process = cold_trainer(run)
    wait_until(lambda: (run.folder / "heartbeat").exists())
    assert run.state == "queued"
    time.sleep(0.5)  # a moment for it to reach the lock
    if by == "page":
        run.ask_to_stop()
    else:
        process.send_signal(getattr(signal, by))
    assert wait_until(lambda: process.poll() is not None) < 10  # a second on a calm machine
    assert run.state == "stopped"
    assert run.result["message"].startswith("It was stopped before it had learnt anything, so there is no model.")
    assert not run.is_ready
    assert held_lock.is_locked


def test_a_stop_asked_for_before_the_trainer_began_is_kept(held_lock, cold_trainer, wait_until):
    run = runs.create(ENDLESS)
    run.ask_to_stop()
    process = cold_trainer(run)
    wait_until(lambda: process.poll() is not None)
    assert run.state == "stopped"


# ---- robbed of its folder


def test_a_trainer_whose_folder_is_deleted_ends_by_itself(warm_trainer, wait_until):
    run = runs.create(ENDLESS)
    process = warm_trainer(run)
    wait_until(lambda: epochs_of(run), seconds=120)
    shutil.rmtree(run.folder, ignore_errors=True)
    run.delete()
    wait_until(lambda: has_ended(process))
    assert not run.folder.exists()


def test_a_waiting_trainer_whose_folder_is_deleted_ends_by_itself(held_lock, cold_trainer, wait_until):
    run = runs.create(ENDLESS)
    process = cold_trainer(run)
    wait_until(lambda: (run.folder / "heartbeat").exists())
    run.delete()
    wait_until(lambda: process.poll() is not None)
    assert runs.everything() == []


# ---- robbed of the disk


@pytest.fixture
def small_disk(tmp_path, monkeypatch, trained_folder, digits):
    """The runs lie on a disk of 900 kB, and one finished run is there already."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    monkeypatch.setenv("IMGCLS_RUNS", str(folder))
    shutil.copytree(trained_folder, folder / trained_folder.name)
    yield runs.Run(folder / trained_folder.name)
    subprocess.run(["umount", "-l", str(folder)], check=True)


def check_failed_for_want_of_room(run, sentence: str) -> None:
    assert run.state == "failed"
    assert run.result["message"] == sentence
    assert not (run.folder / "model.keras").exists()
    assert [path.name for path in run.folder.iterdir() if atomic.is_leftover(path)] == []
    check_every_file(run)


FULL = "The run could not be written: {}. Free some space and resume it."


def test_a_full_disk_ends_a_training_with_a_sentence_and_harms_no_other_run(small_disk, warm_trainer, wait_until):
    run = runs.create(LARGE)
    process = warm_trainer(run)
    wait_until(lambda: has_ended(process), seconds=120)
    check_failed_for_want_of_room(run, FULL.format("No space left on device"))
    assert small_disk.state == "finished"
    check_every_file(small_disk)
    run.delete()
    next_run = runs.create(ENDLESS.changed(epochs=1, model_settings={"units": 32}))
    process = warm_trainer(next_run)
    wait_until(lambda: has_ended(process), seconds=120)
    assert next_run.state == "finished"


def test_a_disk_that_is_full_to_the_last_byte_starts_no_run(small_disk, wait_until):
    root = places.runs_folder()
    with pytest.raises(OSError, match="No space left"), (root / "filler").open("wb") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()
    with pytest.raises(RunError, match=r"^No run can be started: .+\(No space left on device\)\. Free some space"):
        runs.create(LARGE)
    assert runs.everything() == [small_disk]
    small_disk.delete()
    (root / "filler").unlink()
    assert runs.create(LARGE).state == "queued"


def test_a_limit_for_the_size_of_files_ends_a_training_with_a_sentence(warm_trainer, wait_until):
    run = runs.create(LARGE)
    process = warm_trainer(run, most_bytes=500_000)
    wait_until(lambda: has_ended(process), seconds=120)
    check_failed_for_want_of_room(run, FULL.format("File too large"))


def test_a_write_that_fails_leaves_the_model_of_an_earlier_epoch(warm_trainer, wait_until):
    run = runs.create(LARGE)
    (run.folder / "model.keras").write_bytes(b"of an earlier epoch")
    process = warm_trainer(run, most_bytes=500_000)
    wait_until(lambda: has_ended(process), seconds=120)
    assert run.state == "failed"
    assert (run.folder / "model.keras").read_bytes() == b"of an earlier epoch"


# ---- asked for what cannot be


def ends_with(cold_trainer, run) -> str:
    assert cold_trainer(run).wait(120) == 1
    assert run.state == "failed"
    assert "Traceback" not in (run.folder / "log.txt").read_text()
    assert not (run.folder / "model.keras").exists()
    return run.result["message"]


def test_a_setting_out_of_range_fails_with_its_sentence(cold_trainer):
    run = runs.create(ENDLESS)
    values = json.loads((run.folder / "config.json").read_text())
    (run.folder / "config.json").write_text(json.dumps(values | {"epochs": 0}))
    assert run.state == "damaged"
    assert ends_with(cold_trainer, run) == "Epochs must lie between 1 and 1000; it is 0."


def test_torn_settings_fail_with_their_sentence(cold_trainer):
    run = runs.create(ENDLESS)
    (run.folder / "config.json").write_text('{"version": 1, "da')
    assert ends_with(cold_trainer, run) == "The settings file config.json is not valid JSON."


def test_a_data_set_that_is_not_prepared_fails_with_its_sentence(cold_trainer):
    run = runs.create(ENDLESS)
    assert ends_with(cold_trainer, run) == (
        "Small digits is not prepared yet. Open it on the Data page, or run: python -m imgcls.datasets digits"
    )


def test_an_unknown_data_set_fails_with_the_choices(cold_trainer):
    run = runs.create(ENDLESS.changed(data="../../etc"))
    assert ends_with(cold_trainer, run).startswith("No data set is called '../../etc'. There are: mnist_sample, ")


def test_a_folder_that_is_no_run_ends_the_trainer(cold_trainer, tmp_path, wait_until):
    command = [sys.executable, "-m", "imgcls.training", str(tmp_path / "nowhere")]
    done = subprocess.run(command, cwd=places.repository_folder(), capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert not (tmp_path / "nowhere").exists()
