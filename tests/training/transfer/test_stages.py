"""Transfer learning: head and fine-tuning as one training run, interrupted and resumed."""

import numpy as np
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.inference.predictor import Predictor
from imgcls.runs.metrics_log import Curves
from imgcls.training.process.checkpoint import Checkpoint
from tests.support.processes.engine import SLOW_STEPS, assert_same_training, check_files, curve, has_ended, lines
from tests.support.training.toys import same_weights
from tests.support.training.transfer_runs import CONFIG, HEAD_ALONE, SETTINGS

pytestmark = pytest.mark.timeout(240)

KILLED_IN_STAGE = """
import os
from imgcls.training.loop import loop
obeyed = loop.Loop._apply_request
def counted(self, asked):
    if (self.progress.stage, self.steps_done) == ({}, {}):
        os.kill(os.getpid(), 9)
    obeyed(self, asked)
loop.Loop._apply_request = counted
"""


def test_both_stages_form_one_curve_with_a_boundary(uninterrupted, backbone_run):
    run = uninterrupted(CONFIG)
    assert len(curve(run)) == 7
    (stage,) = lines(run, "stage")
    assert (stage["epoch"], stage["name"]) == (4, "fine-tuning")
    rates = [line["learning_rate"] for line in lines(run)]
    assert rates == pytest.approx([0.01] * 4 + [0.002] * 3)
    now = Curves(run.folder / "metrics.jsonl").refresh()
    assert (now.total_epochs, now.stage_start, now.stage_end) == (7, 4, 7)
    assert run.result["head_epochs"] == 4
    assert run.result["epochs"] == 7
    assert run.result["test_accuracy"] > 0.7
    check_files(run)


def test_a_head_alone_leaves_the_backbone_unchanged_and_the_export_is_complete(uninterrupted, backbone_run, keras):
    run = uninterrupted(HEAD_ALONE)
    assert lines(run, "stage") == []
    model = keras.models.load_model(run.folder / "model.keras", compile=False)
    before = (
        keras.models.load_model(backbone_run.folder / "model.keras", compile=False)
        .get_layer("block1_conv1")
        .get_weights()
    )
    trunk = model.get_layer("base").get_layer("trunk")
    assert same_weights(trunk.get_layer("block1_conv1").get_weights(), before)
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), dtype=np.uint8)
    predictions = model(images).numpy()
    assert np.allclose(predictions.sum(1), 1, atol=1e-5)
    assert np.allclose(Predictor(run.folder / "model.tflite").probabilities(images), predictions, atol=1e-4)


def test_the_test_predictions_match_the_saved_model(uninterrupted, backbone_run, keras):
    from imgcls import datasets

    run = uninterrupted(HEAD_ALONE)
    model = keras.models.load_model(run.folder / "model.keras", compile=False)
    images = np.asarray(datasets.open_dataset("digits").x_test)
    with np.load(run.folder / "predictions.npz", allow_pickle=False) as stored:
        assert np.allclose(stored["probabilities"], model.predict_on_batch(images), atol=1e-4)


def test_fine_tuning_changes_the_last_block_and_freezes_batch_normalisation(trained, keras):
    wide = {"filters": 4, "units": 16, "batch_normalisation": True, "dropout": 0.0}
    normed = trained(Config(data="digits", model="cnn", model_settings=wide, epochs=1, train_images=300, batch_size=64))
    settings = {**SETTINGS, "backbone_run": normed.id, "fine_tuning_blocks": 2, "fine_tuning_epochs": 1}
    run = trained(CONFIG.changed(model_settings=settings, epochs=1))
    before = keras.models.load_model(normed.folder / "model.keras", compile=False)
    trunk = keras.models.load_model(run.folder / "model.keras", compile=False).get_layer("base").get_layer("trunk")
    changed = set()
    for layer in trunk.layers:
        if layer.weights and not same_weights(layer.get_weights(), before.get_layer(layer.name).get_weights()):
            changed.add(layer.name)
    # Where no epoch of fine-tuning was better, the head's best is kept and nothing has changed.
    if run.result["best_epoch"] > 1:
        assert changed == {"dense", "block2_conv1"} | (changed & {"block2_conv2"})
    assert not any("norm" in name for name in changed)


def test_fine_tuning_follows_early_stopping_of_the_head(trained):
    config = CONFIG.changed(early_stopping=True, patience=1, learning_rate=3.0, epochs=40)
    run = trained(config)
    (stage,) = lines(run, "stage")
    assert stage["epoch"] < 40
    assert Curves(run.folder / "metrics.jsonl").refresh().total_epochs == stage["epoch"] + 3


@pytest.mark.parametrize("moment", [(0, 5), (1, 3), (1, 15)], ids=["head", "first epoch of fine-tuning", "last"])
def test_a_kill_in_either_stage_resumes_exactly(moment, trained, uninterrupted, forks, wait_until):
    run = runs.create(CONFIG)
    process = forks.trainer(run, KILLED_IN_STAGE.format(*moment))
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.result is None
    trained(CONFIG, run=run)
    assert_same_training(run, uninterrupted(CONFIG))
    check_files(run)
    # Logged twice, as fine-tuning may end with its first line: readers count it once.
    assert len(Curves(run.folder / "metrics.jsonl").refresh().stages) == 1


def test_pausing_and_parking_in_both_stages_resumes_exactly(trained, uninterrupted, forks, monkeypatch, wait_until):
    monkeypatch.setenv("IMGCLS_PARK_SECONDS", "0.3")
    run = runs.create(CONFIG)
    for stage in (0, 1):
        process = forks.trainer(run, SLOW_STEPS.format(0.05))
        wait_until(lambda: len(lines(run)) > 4 * stage, seconds=60)  # noqa: B023
        run.send_request(pause=True)
        wait_until(lambda: has_ended(process), seconds=60)  # noqa: B023
        assert run.is_parked
        assert Checkpoint.read(run.folder / "checkpoint.npz").state["stage"] == stage
        run.send_request(pause=False)
    trained(CONFIG, run=run)
    assert_same_training(run, uninterrupted(CONFIG))


def test_stopping_fine_tuning_keeps_the_best_epoch_of_both_stages(forks, backbone_run, wait_until):
    run = runs.create(CONFIG.changed(model_settings={**SETTINGS, "fine_tuning_epochs": 50}))
    process = forks.trainer(run, SLOW_STEPS.format(0.05))
    wait_until(lambda: len(lines(run)) > 4, seconds=60)
    run.send_request(stop=True)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "stopped"
    best = min(lines(run), key=lambda line: line["val_loss"])
    assert run.result["val_loss"] == pytest.approx(best["val_loss"])
    assert run.is_ready


def test_finished_fine_tuning_can_be_extended(trained, uninterrupted, monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)
    short = CONFIG.changed(model_settings={**SETTINGS, "fine_tuning_epochs": 1})
    run = jobs.extend(trained(short), 2)
    assert run.config == CONFIG
    trained(CONFIG, run=run)
    assert_same_training(run, uninterrupted(CONFIG))
    assert Curves(run.folder / "metrics.jsonl").refresh().total_epochs == run.result["epochs"]


def test_a_stop_in_the_first_epoch_keeps_the_trained_head(forks, backbone_run, wait_until):
    run = runs.create(CONFIG)
    process = forks.trainer(run, SLOW_STEPS.format(0.3))
    wait_until(lambda: lines(run, "batch"), seconds=60)
    run.send_request(stop=True)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "stopped"
    assert run.result["message"].startswith("Stopped during the first epoch")
    assert run.is_ready


def test_parking_then_stopping_in_the_first_epoch_keeps_the_trained_head(forks, backbone_run, monkeypatch, wait_until):
    monkeypatch.setenv("IMGCLS_PARK_SECONDS", "0.3")
    run = runs.create(CONFIG)
    process = forks.trainer(run, SLOW_STEPS.format(0.3))
    wait_until(lambda: lines(run, "batch"), seconds=60)
    run.send_request(pause=True)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.is_parked
    run.send_request(pause=False, stop=True)
    process = forks.trainer(run)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "stopped", (run.folder / "log.txt").read_text()[-3000:]
    assert run.result["message"].startswith("Stopped during the first epoch")
    assert run.is_ready


def test_diverging_fine_tuning_keeps_the_head_and_names_its_own_rate(forks, backbone_run, wait_until):
    run = runs.create(CONFIG)
    broken = """
import numpy as np
from imgcls.training.loop import loop, running_metrics
taken = running_metrics.RunningMeans.take
def nan(self):
    values, count = taken(self)
    return ((float("nan"),) * len(values), count) if NOW else (values, count)
NOW = False
running_metrics.RunningMeans.take = nan
obeyed = loop.Loop._apply_request
def look(self, asked):
    global NOW
    NOW = bool(self.progress.stage)
    obeyed(self, asked)
loop.Loop._apply_request = look
"""
    process = forks.trainer(run, broken)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "stopped"
    assert run.result["message"].startswith("Training stopped at epoch 5: the loss is no longer a number.")
    assert "(it was 0.002)" in run.result["message"]
    assert run.result["best_epoch"] <= 4
