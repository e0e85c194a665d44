"""Trainers on a full disk and with invalid requests: a clear error, and nothing incomplete."""

import json
import shutil
import subprocess
import sys

import pytest

from imgcls import runs
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.system import atomic, paths
from tests.support.processes.engine import check_files, has_ended

pytestmark = pytest.mark.timeout(600)

ENDLESS = Config(data="digits", model="ann", epochs=1000, early_stopping=False)
LARGE = ENDLESS.changed(model_settings={"units": 1024, "hidden_layers": 3})  # its weights take 3 MB


# ---- full disk


@pytest.fixture
def small_disk(tmp_path, monkeypatch, trained_folder, digits):
    """The runs are on a 900 kB disk that already has one finished run."""
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


def assert_failed_on_full_disk(run, sentence: str) -> None:
    assert run.state == "failed"
    assert run.result["message"] == sentence
    assert not (run.folder / "model.keras").exists()
    assert [path.name for path in run.folder.iterdir() if atomic.is_leftover(path)] == []
    check_files(run)


FULL = "The run could not be written: {}. Free some disk space and resume the run."


def test_a_full_disk_ends_training_with_a_message_and_affects_no_other_run(small_disk, warm_trainer, wait_until):
    run = runs.create(LARGE)
    process = warm_trainer(run)
    wait_until(lambda: has_ended(process), seconds=120)
    assert_failed_on_full_disk(run, FULL.format("No space left on device"))
    assert small_disk.state == "finished"
    check_files(small_disk)
    run.delete()
    next_run = runs.create(ENDLESS.changed(epochs=1, model_settings={"units": 32}))
    process = warm_trainer(next_run)
    wait_until(lambda: has_ended(process), seconds=120)
    assert next_run.state == "finished"


def test_a_completely_full_disk_starts_no_run(small_disk, wait_until):
    root = paths.runs_folder()
    with pytest.raises(OSError, match="No space left"), (root / "filler").open("wb") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()
    with pytest.raises(RunError, match=r"^The run cannot be created: .+\(No space left on device\)\. Free some space"):
        runs.create(LARGE)
    assert runs.all_runs() == [small_disk]
    small_disk.delete()
    (root / "filler").unlink()
    assert runs.create(LARGE).state == "aside"


def test_a_file_size_limit_ends_training_with_a_message(warm_trainer, wait_until):
    run = runs.create(LARGE)
    process = warm_trainer(run, most_bytes=500_000)
    wait_until(lambda: has_ended(process), seconds=120)
    assert_failed_on_full_disk(run, FULL.format("File too large"))


def test_a_failed_write_keeps_the_model_of_an_earlier_epoch(warm_trainer, wait_until):
    run = runs.create(LARGE)
    (run.folder / "model.keras").write_bytes(b"of an earlier epoch")
    process = warm_trainer(run, most_bytes=500_000)
    wait_until(lambda: has_ended(process), seconds=120)
    assert run.state == "failed"
    assert (run.folder / "model.keras").read_bytes() == b"of an earlier epoch"


# ---- invalid requests


def ends_with(cold_trainer, run) -> str:
    assert cold_trainer(run).wait(120) == 1
    assert run.state == "failed"
    assert "Traceback" not in (run.folder / "log.txt").read_text()
    assert not (run.folder / "model.keras").exists()
    return run.result["message"]


def test_a_setting_out_of_range_fails_with_its_message(cold_trainer):
    run = runs.create(ENDLESS)
    values = json.loads((run.folder / "config.json").read_text())
    (run.folder / "config.json").write_text(json.dumps(values | {"epochs": 0}))
    assert run.state == "damaged"
    assert ends_with(cold_trainer, run) == "Epochs must be between 1 and 1000, not 0."


def test_damaged_settings_fail_with_their_message(cold_trainer):
    run = runs.create(ENDLESS)
    (run.folder / "config.json").write_text('{"version": 1, "da')
    assert ends_with(cold_trainer, run) == "The settings file config.json is not valid JSON."


def test_a_dataset_that_is_not_prepared_fails_with_its_message(cold_trainer):
    run = runs.create(ENDLESS)
    assert ends_with(cold_trainer, run) == (
        "Small digits is not prepared yet. Open it on the Data page, or run: imgcls prepare digits"
    )


def test_an_unknown_dataset_fails_with_the_choices(cold_trainer):
    run = runs.create(ENDLESS.changed(data="../../etc"))
    assert ends_with(cold_trainer, run).startswith("No dataset is called '../../etc'. Available: mnist_sample, ")


def test_the_trainer_exits_for_a_folder_that_is_not_a_run(cold_trainer, tmp_path, wait_until):
    command = [sys.executable, "-m", "imgcls.training", str(tmp_path / "nowhere")]
    done = subprocess.run(command, cwd=paths.repository_folder(), capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert not (tmp_path / "nowhere").exists()
