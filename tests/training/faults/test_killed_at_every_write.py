"""Trainers killed at every disk operation, and a disk that fills up at every write: readers see the old or new file."""

import shutil
import time

import numpy as np
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.inference.predictor import Predictor
from imgcls.jobs import waiting_list
from imgcls.jobs.queue import Queue
from imgcls.system import paths
from imgcls.training.process.checkpoint import Checkpoint
from tests.support.processes.engine import (
    SLOW_STEPS,
    FakeBackend,
    assert_same_training,
    check_files,
    curve,
    has_ended,
    lines,
    trainers,
)

CONFIG = Config(
    data="digits",
    model="ann",
    model_settings={"units": 16, "hidden_layers": 1},
    train_images=500,
    epochs=4,
    early_stopping=False,
    deterministic=True,
)
FAILS = "import disk_failures\ndisk_failures.at({}, {!r}, *{!r})\n"
pytestmark = pytest.mark.timeout(900)
WRITES = """
from pathlib import Path
import numpy as np
from imgcls.training.process.checkpoint import PARTS, Checkpoint
folder = Path({!r})
arrays = [np.full((60, 60), 2.0, np.float32)] * 2
Checkpoint({{"epoch": 2}}, dict.fromkeys(PARTS, arrays)).write(folder / "checkpoint.npz")
(folder / "survived").touch()
"""
CLAIMS = """
from pathlib import Path
from imgcls.jobs import waiting_list
from imgcls.jobs.claims import claim
from imgcls.runs import Run
run = Run(Path({!r}))
claim(run, waiting_list.ticket(run))
(run.folder / "survived").touch()
"""


@pytest.fixture
def train_to_exit(forks, wait_until):
    """`train_to_exit(run, before)` trains until the process is gone, for whatever reason."""

    def train(run, before: str = "") -> None:
        process = forks.trainer(run, before)
        wait_until(lambda: has_ended(process), seconds=60)

    return train


# ---- killed


def test_a_kill_at_any_step_of_a_checkpoint_leaves_the_old_or_the_new_one(forks, wait_until):
    run, seen = runs.create(CONFIG), []
    old = Checkpoint(
        {"epoch": 1}, {part: [np.ones((60, 60), np.float32)] * 2 for part in ("now", "opt", "mean", "best")}
    )
    for step in range(1, 1000):
        old.write(run.folder / "checkpoint.npz")
        code = WRITES.format(str(run.folder))
        process = forks.process(
            do="code", folder=str(paths.runs_folder()), before=FAILS.format(step, "killed", [run.id]) + code
        )
        wait_until(lambda process=process: has_ended(process))
        checkpoint = Checkpoint.read(run.folder / "checkpoint.npz")
        epoch = checkpoint.state["epoch"]
        assert all((array == epoch).all() for arrays in checkpoint.arrays.values() for array in arrays)
        seen.append(epoch)
        if (run.folder / "survived").exists():
            break
    assert seen == sorted(seen)
    assert seen.count(1) > 20
    assert seen.count(2) == 2  # after the rename, and without a kill


def killed_in_its_checkpoints(steps, train_to_exit, uninterrupted, wait_until) -> None:
    for step in steps:
        run = runs.create(CONFIG)
        train_to_exit(run, FAILS.format(step, "killed", ["checkpoint"]))
        if run.result is not None:
            break
        wait_until(lambda run=run: run.state == "lost")
        check_files(run)
        train_to_exit(run)
        assert run.state == "finished", step
        assert_same_training(run, uninterrupted(CONFIG))
        check_files(run)
    else:
        return
    assert step > 20


def test_a_trainer_killed_while_checkpointing_can_be_resumed(train_to_exit, uninterrupted, wait_until):
    killed_in_its_checkpoints((1, 30, 70), train_to_exit, uninterrupted, wait_until)


@pytest.mark.slow
def test_a_trainer_killed_at_any_step_of_checkpointing_can_be_resumed(train_to_exit, uninterrupted, wait_until):
    killed_in_its_checkpoints(range(1, 1000), train_to_exit, uninterrupted, wait_until)


def test_a_queue_killed_at_any_step_of_its_claim_leaves_a_run_that_starts_once(
    forks, finished_run, monkeypatch, tmp_path, wait_until
):
    monkeypatch.setattr("imgcls.runs.run.START_SECONDS", 0.2)
    monkeypatch.setattr("imgcls.jobs.queue.START_SECONDS", 0.2)  # a claim that led to nothing
    (finished_run.folder / "process.json").write_text('{"pid": 1}', "utf-8")
    (finished_run.folder / "parked.json").write_text('{"parked": 1}', "utf-8")
    (finished_run.folder / "heartbeat").write_text("running ", "ascii")
    waiting_list.enter(finished_run)
    stopped_run = shutil.copytree(finished_run.folder, tmp_path / "stopped_run")
    for step in range(1, 100):
        run = finished_run
        shutil.rmtree(run.folder)
        shutil.copytree(stopped_run, run.folder)
        code = FAILS.format(step, "killed", [run.id]) + CLAIMS.format(str(run.folder))
        process = forks.process(do="code", folder=str(paths.runs_folder()), before=code)
        wait_until(lambda process=process: has_ended(process))
        if (run.folder / "survived").exists():
            break
        assert run.state in ("queued", "starting", "lost"), step
        check_files(run)
        somewhere = FakeBackend()
        queue = Queue(somewhere)
        for _ in range(4):
            queue.round()
            time.sleep(0.1)
        queue.round()
        assert somewhere.started == [run.id], step
        assert run.state == "running"
    assert step > 6


# ---- a full disk


def full_at(steps, train_to_exit, uninterrupted, stopped_run, wait_until) -> None:
    """A stopped run with a model is resumed on a disk that is full from some write on."""
    for step in steps:
        run = runs.Run(shutil.copytree(stopped_run, paths.runs_folder() / runs.new_id()))
        run.send_request(stop=False)
        before = len(curve(run))
        train_to_exit(run, FAILS.format(step, "full", [run.id]))
        if run.result is not None and run.result["outcome"] == "finished":
            break
        wait_until(lambda run=run: run.state in ("failed", "lost"))
        if run.result is not None:
            assert "No space left on device" in run.result["message"], (step, run.result)
        check_files(run)
        assert run.is_ready
        assert len(curve(run)) >= before
        Predictor(run.folder / "model.tflite").probabilities(np.zeros((1, 8, 8, 1), np.uint8))
        train_to_exit(run)
        assert run.state == "finished", (step, (run.folder / "log.txt").read_text())
        assert_same_training(run, uninterrupted(CONFIG))
        check_files(run)
        shutil.rmtree(run.folder)
    else:
        return
    assert step > 50


@pytest.fixture
def stopped_run(forks, wait_until, tmp_path):
    """The folder of a run stopped after one or two epochs, with a checkpoint and a model."""
    run = runs.create(CONFIG)
    process = forks.trainer(run, SLOW_STEPS.format(0.05))
    wait_until(lambda: lines(run), seconds=60)
    run.send_request(stop=True)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "stopped"
    assert run.is_ready
    return run.folder.rename(tmp_path / "stopped_run")


def test_a_disk_full_at_some_writes_loses_nothing(train_to_exit, uninterrupted, stopped_run, wait_until):
    full_at((1, 4, 12, 60), train_to_exit, uninterrupted, stopped_run, wait_until)


@pytest.mark.slow
def test_a_disk_full_at_any_write_loses_nothing(train_to_exit, uninterrupted, stopped_run, wait_until):
    full_at(range(1, 1000), train_to_exit, uninterrupted, stopped_run, wait_until)


def test_on_a_full_disk_a_run_keeps_its_queue_position_until_there_is_space(forks, wait_until):
    run = jobs.begin(CONFIG, run_id="needs-room")
    queue = forks.queue(FAILS.format(1, "full", []))
    time.sleep(2.5)
    assert run.state == "queued"
    assert trainers(run) == []
    assert queue.is_running()
    queue.kill()
    forks.queue()
    wait_until(lambda: run.state == "finished", seconds=60)


def test_a_writer_killed_at_any_moment_leaves_no_unreadable_file(forks, wait_until):
    """Requests are written repeatedly, and the writer is killed at any moment."""
    run = runs.create(CONFIG)
    code = "from pathlib import Path\nfrom imgcls.runs import Run\nrun = Run(Path({!r}))\nrate = 0.0\n"
    code += "while True:\n    rate += 0.001\n    run.send_request(learning_rate=rate)\n"
    for _ in range(40):
        process = forks.process(do="code", folder=str(paths.runs_folder()), before=code.format(str(run.folder)))
        wait_until(lambda: run.folder.joinpath("request.json").exists())
        time.sleep(0.01)
        process.kill()
        assert run.request.learning_rate is not None
        check_files(run)
