"""An interrupted training resumes exactly: the same results as an uninterrupted one, to 1e-6."""

import time

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.runs.metrics_log import Curves
from imgcls.training.process.checkpoint import Checkpoint
from tests.support.processes.engine import (
    KILLED_AT_STEP,
    SLOW_STEPS,
    assert_same_training,
    check_files,
    curve,
    has_ended,
    lines,
)

pytestmark = pytest.mark.timeout(240)

CYCLE = Config(
    data="digits",
    model="cnn",
    model_settings={"filters": 4, "units": 16, "dropout": 0.3, "batch_normalisation": True},
    rotation=10,
    shift=1,
    zoom=0.1,
    schedule="one_cycle",
    learning_rate=0.01,
    ema_decay=0.9,
    label_smoothing=0.1,
    batch_size=64,
    epochs=4,
    train_images=800,
    deterministic=True,
    seed=3,
)
PLATEAU = Config(
    data="digits",
    model="ann",
    model_settings={"units": 32, "dropout": 0.2},
    optimizer="adamw",
    weight_decay=0.01,
    schedule="plateau",
    plateau_patience=1,
    learning_rate=0.05,
    batch_size=64,
    epochs=12,
    patience=2,
    train_images=500,
    deterministic=True,
)
CONFIGS = {"one_cycle, augmented, averaged": CYCLE, "plateau, early stopping": PLATEAU}
KILLED_WHILE_SAVING = """
import os
import imgcls.training.export.results
imgcls.training.export.results.export = lambda *arguments: os.kill(os.getpid(), 9)
"""
WRITES_IN_PEACE_AT_STEP = """
import time
from imgcls.training.loop import loop
unhurried = loop.Loop._apply_request
def waiting(self, asked):
    if self.steps_done == {}:
        time.sleep(0.5)
    unhurried(self, asked)
loop.Loop._apply_request = waiting
"""
LINE_BY_LINE = """
from imgcls.training.process import metrics_writer
metrics_writer.LINE_SECONDS = 0
"""
BATCH_BY_BATCH = """
from imgcls.training.loop import loop
loop.CHECKPOINT_SECONDS = 0
"""


@pytest.fixture
def assert_resumes_to(forks, wait_until):
    """`assert_resumes_to(run, other)` resumes a run to its end and compares it with the other."""

    def check(run: runs.Run, other: runs.Run) -> None:
        process = forks.trainer(run)
        wait_until(lambda: has_ended(process), seconds=120)
        assert run.state == "finished", (run.result, (run.folder / "log.txt").read_text())
        assert_same_training(run, other)
        check_files(run)

    return check


def killed(forks, wait_until, run, step: int, before: str = "") -> None:
    process = forks.trainer(run, before + KILLED_AT_STEP.format(step))
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.result is None


def steps_per_epoch(run) -> int:
    return lines(run, "plan")[0]["steps"]


# ---- exact


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_repeated_kills_within_an_epoch_change_no_results(config, forks, uninterrupted, assert_resumes_to, wait_until):
    other = uninterrupted(config)
    steps = steps_per_epoch(other)
    run = runs.create(config)
    killed(forks, wait_until, run, 5)  # before the first checkpoint
    assert not run.can_resume
    killed(forks, wait_until, run, steps + steps // 2, WRITES_IN_PEACE_AT_STEP.format(steps + 1))
    assert [line["epoch"] for line in lines(run)] == [1]
    last = other.result["epochs"] - 1
    killed(forks, wait_until, run, last * steps + 2, WRITES_IN_PEACE_AT_STEP.format(last * steps + 1))
    assert_resumes_to(run, other)
    assert [line["epoch"] for line in lines(run, "resumed")] == [0, 1, last]  # at most the current epoch is lost


def test_a_run_killed_before_its_first_checkpoint_restarts_with_an_empty_curve(forks, uninterrupted, wait_until):
    run = runs.create(PLATEAU)
    killed(forks, wait_until, run, step=5, before=LINE_BY_LINE)
    assert not run.can_resume
    seen = Curves(run.folder / "metrics.jsonl").refresh().batches
    assert len(seen) > 2
    process = forks.trainer(run)
    wait_until(lambda: has_ended(process), seconds=120)
    points = [line["epoch"] for line in Curves(run.folder / "metrics.jsonl").refresh().batches]
    assert points == sorted(set(points))
    assert seen[0] not in Curves(run.folder / "metrics.jsonl").refresh().batches
    assert_same_training(run, uninterrupted(PLATEAU))


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_a_run_killed_in_a_long_epoch_resumes_within_the_epoch(
    config, forks, uninterrupted, assert_resumes_to, wait_until
):
    other = uninterrupted(config)
    steps = steps_per_epoch(other)
    run = runs.create(config)
    killed(forks, wait_until, run, steps * 3 // 2, BATCH_BY_BATCH + SLOW_STEPS.format(0.02))
    state = Checkpoint.read(run.folder / "checkpoint.npz").state
    assert (state["epoch"], 0 < state["step"] < steps) == (2, True)
    assert_resumes_to(run, other)
    seen = state["step"] * config.batch_size / lines(other, "plan")[0]["train"]
    assert lines(run, "resumed")[0]["epoch"] == pytest.approx(1 + seen, abs=1e-5)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_pausing_in_memory_and_parking_change_no_results(
    config, forks, uninterrupted, assert_resumes_to, monkeypatch, wait_until
):
    other = uninterrupted(config)
    run = runs.create(config)
    monkeypatch.setenv("IMGCLS_PARK_SECONDS", "1.5")
    process = forks.trainer(run, SLOW_STEPS.format(0.02))
    wait_until(lambda: lines(run, "batch"), seconds=60)
    run.send_request(pause=True)
    wait_until(lambda: run.state == "paused")
    seen = (run.folder / "metrics.jsonl").read_bytes()
    time.sleep(0.3)
    assert (run.folder / "metrics.jsonl").read_bytes() == seen
    run.send_request(pause=False)
    wait_until(lambda: lines(run))
    assert not run.is_parked
    assert process.is_running()
    run.send_request(pause=True)
    wait_until(lambda: has_ended(process))
    assert run.is_parked
    assert run.state == "paused"
    run.send_request(pause=False)
    assert_resumes_to(run, other)
    assert not run.is_parked


def test_stopping_and_resuming_changes_no_results(forks, uninterrupted, assert_resumes_to, wait_until):
    other = uninterrupted(PLATEAU)
    run = runs.create(PLATEAU)
    process = forks.trainer(run, SLOW_STEPS.format(0.01))
    wait_until(lambda: len(lines(run)) == 2, seconds=60)
    run.send_request(stop=True)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "stopped"
    run.send_request(stop=False)
    assert_resumes_to(run, other)


def test_a_kill_while_evaluating_and_saving_changes_no_results(forks, uninterrupted, assert_resumes_to, wait_until):
    other = uninterrupted(PLATEAU)
    assert lines(other)[-1]["learning_rate"] < PLATEAU.learning_rate, "this test needs a plateau"
    run = runs.create(PLATEAU)
    process = forks.trainer(run, KILLED_WHILE_SAVING)
    wait_until(lambda: has_ended(process), seconds=60)
    assert curve(run) == curve(other)
    assert not run.is_ready
    assert_resumes_to(run, other)
    assert len(lines(run)) == len(curve(other))  # no epoch was trained again


# ---- continued


def test_an_extended_run_equals_a_longer_one(forks, uninterrupted, assert_resumes_to):
    short = PLATEAU.changed(epochs=3, early_stopping=False)
    other = uninterrupted(short.changed(epochs=5))
    before = uninterrupted(short)
    seen = (before.folder / "checkpoint.npz").read_bytes()
    run = jobs.extend(before, 2)
    assert run.state == "queued"
    assert run.config == other.config
    assert_resumes_to(run, other)
    assert (before.folder / "checkpoint.npz").read_bytes() == seen


def test_a_run_that_stopped_early_can_be_continued(forks, uninterrupted, wait_until):
    before = uninterrupted(PLATEAU)
    done = before.result["epochs"]
    assert done < PLATEAU.epochs, "this test needs a run that stops early"
    run = jobs.extend(before, 2)
    assert run.config.epochs == done + 2
    process = forks.trainer(run)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.result["epochs"] == done + 2
    assert curve(run)[:done] == curve(before)


# ---- requests during training


def test_learning_rate_and_early_stopping_can_be_changed_during_training(forks, wait_until):
    config = PLATEAU.changed(epochs=500, early_stopping=False, schedule="constant", learning_rate=0.01, patience=1)
    run = runs.create(config)
    process = forks.trainer(run, SLOW_STEPS.format(0.005))
    wait_until(lambda: lines(run, "batch"), seconds=60)
    run.send_request(learning_rate=0.002)
    wait_until(lambda: lines(run, "change"))
    (change,) = lines(run, "change")
    assert (change["what"], change["value"]) == ("learning_rate", 0.002)
    done = len(lines(run))
    assert done <= change["epoch"] <= done + 1
    wait_until(lambda: len(lines(run)) > done + 1)
    assert lines(run)[-1]["learning_rate"] == pytest.approx(0.002)
    process.kill()
    wait_until(lambda: has_ended(process))
    again = forks.trainer(run)
    wait_until(lambda: len(lines(run)) > done + 4, seconds=60)
    assert lines(run)[-1]["learning_rate"] == pytest.approx(0.002)  # requests outlive the process
    run.send_request(early_stopping=True)
    wait_until(lambda: has_ended(again), seconds=60)
    assert run.state == "finished"
    assert len(curve(run)) < 500
    assert lines(run, "change")[-1]["what"] == "early_stopping"
    assert lines(run, "change")[-1]["value"] is True


def test_early_stopping_can_be_disabled_during_training(forks, wait_until):
    run = runs.create(PLATEAU.changed(patience=2))
    run.send_request(early_stopping=False)
    process = forks.trainer(run)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.result["epochs"] == PLATEAU.epochs
    assert [line["what"] for line in lines(run, "change")] == ["early_stopping"]


# ---- through the queue


def test_a_parked_run_releases_its_slot_and_memory_and_resumes_from_the_queue(forks, monkeypatch, wait_until):
    monkeypatch.setenv("IMGCLS_PARK_SECONDS", "0.5")
    run = jobs.begin(PLATEAU, run_id="is-parked")
    other = jobs.begin(PLATEAU.changed(epochs=2), run_id="comes-next")
    queue = forks.queue(trainers={run.id: SLOW_STEPS.format(0.02)})
    wait_until(lambda: lines(run), seconds=60)
    run.send_request(pause=True)
    wait_until(lambda: other.state in ("running", "finished"))
    assert run.state == "paused"
    wait_until(lambda: run.is_parked)
    jobs.start(run)
    wait_until(lambda: run.state == "finished", seconds=60)
    assert other.state == "finished"
    assert lines(run, "resumed")
    assert queue.is_running()


def test_a_click_while_parking_is_not_lost(forks, monkeypatch, wait_until):
    """Resume is clicked after the trainer has polled for the last time."""
    monkeypatch.setenv("IMGCLS_PARK_SECONDS", "0.3")
    run = jobs.begin(PLATEAU, run_id="is-parked")
    asks = """
from imgcls.runs.run import Run
park = Run.park
def parked(self):
    self.send_request(pause=False)
    park(self)
Run.park = parked
"""
    forks.queue(trainers={run.id: SLOW_STEPS.format(0.02) + asks})
    wait_until(lambda: lines(run), seconds=60)
    run.send_request(pause=True)
    wait_until(lambda: run.state == "finished", seconds=60)
