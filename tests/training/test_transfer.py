"""Transfer learning: two stages as one training, on features that are computed once."""

import json
import os
import signal
import sys

import numpy as np
import pytest

from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.inference.predictor import Predictor
from imgcls.models import feature_cache
from imgcls.models.backbones import NETWORKS, RUN
from imgcls.runs.metrics_log import Curves
from imgcls.training.loop.batches import Subset
from imgcls.training.process.checkpoint import Checkpoint
from imgcls.training.transfer import features
from tests.support.processes.engine import SLOW_STEPS, assert_same_training, check_files, curve, has_ended, lines
from tests.support.training.toys import same_weights

pytestmark = pytest.mark.timeout(240)

BASE_ID = "20260101-120000-0badcafe"
SETTINGS = {
    "backbone": RUN,
    "backbone_run": BASE_ID,
    "augmented_copies": 2,
    "fine_tuning_epochs": 3,
    "fine_tuning_rate": 0.002,
    "fine_tuning_blocks": 1,
}
CONFIG = Config(
    data="digits",
    model="transfer",
    model_settings=SETTINGS,
    rotation=10,
    shift=1,
    learning_rate=0.01,
    batch_size=64,
    epochs=4,
    train_images=500,
    early_stopping=False,
    deterministic=True,
)
HEAD_ALONE = CONFIG.changed(model_settings={**SETTINGS, "fine_tuning_epochs": 0})
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
KILLED_WHILE_LOOKING = """
import os
from imgcls.training.transfer import features as extract
looking = extract.inference_function
def dies(base):
    look = looking(base)
    def once(pictures, seen=[]):
        seen.append(1)
        if len(seen) > 1:
            os.kill(os.getpid(), 9)
        return look(pictures)
    return once
extract.inference_function = dies
"""
SLOW_LOOKS = """
import time
from imgcls.training.transfer import features as extract
looking = extract.inference_function
def slow(base):
    look = looking(base)
    def slowly(pictures):
        time.sleep(0.4)
        return look(pictures)
    return slowly
extract.inference_function = slow
"""
NO_LOOKS = """
from imgcls.training.transfer import features as extract
def never(base):
    raise AssertionError("the backbone was run, although its features are cached")
extract.inference_function = never
"""


@pytest.fixture
def backbone_run(finished_run):
    return finished_run


@pytest.fixture
def trained(forks, backbone_run, wait_until):
    """`trained(config)` trains to the end and gives the run."""

    def train(config: Config, before: str = "", run: runs.Run | None = None) -> runs.Run:
        run = run or runs.create(config)
        process = forks.trainer(run, before)
        wait_until(lambda: has_ended(process), seconds=120)
        assert run.state == "finished", (run.result, (run.folder / "log.txt").read_text()[-3000:])
        return run

    return train


# ---- the two stages


def test_both_stages_form_one_curve_with_a_boundary(trained, backbone_run):
    run = trained(CONFIG)
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


def test_a_head_alone_leaves_the_backbone_unchanged_and_the_export_is_complete(trained, backbone_run, keras):
    run = trained(HEAD_ALONE)
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


def test_the_test_predictions_match_the_saved_model(trained, keras, digits):
    from imgcls import datasets

    run = trained(HEAD_ALONE)
    model = keras.models.load_model(run.folder / "model.keras", compile=False)
    images = np.asarray(datasets.open_dataset("digits").x_test)
    with np.load(run.folder / "predictions.npz", allow_pickle=False) as stored:
        assert np.allclose(stored["probabilities"], model.predict_on_batch(images), atol=1e-4)


def test_fine_tuning_changes_the_last_block_and_freezes_batch_normalisation(trained, backbone_run, keras):
    trained(HEAD_ALONE)
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


# ---- interrupted


@pytest.mark.parametrize("moment", [(0, 5), (1, 3), (1, 15)], ids=["head", "first epoch of fine-tuning", "last"])
def test_a_kill_in_either_stage_resumes_exactly(moment, trained, forks, backbone_run, wait_until):
    other = trained(CONFIG)
    run = runs.create(CONFIG)
    process = forks.trainer(run, KILLED_IN_STAGE.format(*moment))
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.result is None
    trained(CONFIG, run=run)
    assert_same_training(run, other)
    check_files(run)
    # Logged twice, as fine-tuning may end with its first line: readers count it once.
    assert len(Curves(run.folder / "metrics.jsonl").refresh().stages) == 1


def test_pausing_and_parking_in_both_stages_resumes_exactly(trained, forks, backbone_run, monkeypatch, wait_until):
    other = trained(CONFIG)
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
    assert_same_training(run, other)


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


def test_finished_fine_tuning_can_be_extended(trained, monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)
    short = CONFIG.changed(model_settings={**SETTINGS, "fine_tuning_epochs": 1})
    other = trained(CONFIG)
    run = jobs.extend(trained(short), 2)
    assert run.config == CONFIG
    trained(CONFIG, run=run)
    assert_same_training(run, other)
    assert Curves(run.folder / "metrics.jsonl").refresh().total_epochs == run.result["epochs"]


# ---- features


def test_a_second_head_does_not_run_the_backbone(trained):
    trained(HEAD_ALONE)
    kept = feature_cache.total_bytes()
    other = HEAD_ALONE.changed(
        model_settings={**HEAD_ALONE.model_settings, "head_units": 64, "dropout": 0.5}, learning_rate=0.002, epochs=6
    )
    run = trained(other, NO_LOOKS)
    assert feature_cache.total_bytes() == kept
    assert "feature_rate" not in run.result
    assert lines(run, "features") == []


def test_settings_that_change_the_features_change_the_cache_entry(trained, backbone_run):
    trained(HEAD_ALONE.changed(epochs=1))
    count = len(list(feature_cache.root_folder().iterdir()))
    assert count == 3  # training, validation, test
    trained(HEAD_ALONE.changed(epochs=1, rotation=5))
    assert len(list(feature_cache.root_folder().iterdir())) == count + 1  # other copies; the rest is as it was
    trained(HEAD_ALONE.changed(epochs=1, rotation=0, shift=0))
    plain = len(list(feature_cache.root_folder().iterdir()))
    assert plain == count + 2
    trained(HEAD_ALONE.changed(epochs=1, rotation=0, shift=0, seed=1))
    assert len(list(feature_cache.root_folder().iterdir())) == plain + 2  # another split


def test_augmented_copies_are_cycled_through(trained, keras, digits, backbone_run):
    from imgcls import datasets
    from imgcls.training.loop.batches import Subset
    from imgcls.training.model_builder import backbone
    from imgcls.training.transfer.features import Extractor

    dataset = datasets.open_dataset("digits")
    part = Subset.of(dataset.x_train, dataset.y_train, np.array([7, 3, 5]))
    extractor = Extractor(CONFIG, dataset, lambda: backbone.build(CONFIG.model_settings, (8, 8, 1)))
    copies = extractor.copies(part)
    assert copies.copies.shape == (2, 3, 32)
    first, second, third = (copies.in_epoch(epoch).take(np.arange(3))[0] for epoch in (1, 2, 3))
    assert np.array_equal(first, third)
    assert not np.allclose(first, second, atol=1e-3)
    plain = extractor.subset(part).take(np.arange(3))
    assert np.array_equal(plain[1], dataset.y_train[[7, 3, 5]])
    expected = backbone.build(CONFIG.model_settings, (8, 8, 1))(dataset.x_train[[7, 3, 5]])
    assert np.allclose(plain[0], expected, atol=1e-5)


def test_a_kill_during_feature_extraction_leaves_no_partial_entry(trained, forks, backbone_run, wait_until):
    run = runs.create(CONFIG)
    process = forks.trainer(run, KILLED_WHILE_LOOKING)
    wait_until(lambda: has_ended(process), seconds=60)
    assert all(path.name.startswith(".new-") for path in feature_cache.root_folder().iterdir())
    trained(CONFIG, run=run)
    assert not any(path.name.startswith(".") for path in feature_cache.root_folder().iterdir())


def test_a_stop_during_feature_extraction_ends_it_immediately_and_caches_nothing(forks, backbone_run, wait_until):
    run = runs.create(CONFIG)
    process = forks.trainer(run, SLOW_LOOKS)
    wait_until(lambda: lines(run, "features"), seconds=60)
    assert lines(run, "phase")[-1]["phase"] == "features"
    run.send_request(stop=True)
    assert wait_until(lambda: has_ended(process), seconds=20) < 5
    assert run.state == "stopped"
    assert list(feature_cache.root_folder().iterdir()) == []


def test_a_pause_during_feature_extraction_can_be_resumed(trained, forks, backbone_run, wait_until):
    other = trained(CONFIG)
    feature_cache.remove_all()
    run = runs.create(CONFIG)
    process = forks.trainer(run, SLOW_LOOKS)
    wait_until(lambda: lines(run, "features"), seconds=60)
    run.send_request(pause=True)
    wait_until(lambda: run.state == "paused")
    run.send_request(pause=False)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "finished"
    assert_same_training(run, other)


def test_features_that_do_not_fit_give_a_clear_error(forks, backbone_run, monkeypatch, wait_until):
    monkeypatch.setenv("IMGCLS_FEATURES_GB", "0.00001")
    run = runs.create(CONFIG)
    process = forks.trainer(run)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "failed"
    assert run.result["message"].startswith(
        "The features of these images take 0 MB, but the cache holds at most 0 MB. Use fewer"
    )


def test_test_features_of_another_backbone_are_discarded(trained, backbone_run):
    run = trained(HEAD_ALONE)
    with np.load(run.folder / "predictions.npz", allow_pickle=False) as stored:
        right = stored["probabilities"]
    for folder in feature_cache.root_folder().iterdir():
        if json.loads((folder / "entry.json").read_bytes())["part"] == "test":
            values = np.load(folder / "features.npy", allow_pickle=False)
            np.save(folder / "features.npy", values[:, ::-1])
    again = trained(HEAD_ALONE)
    with np.load(again.folder / "predictions.npz", allow_pickle=False) as stored:
        assert np.allclose(stored["probabilities"], right, atol=1e-4)


def test_a_linear_head_is_solved_before_its_first_epoch(trained, backbone_run):
    # Such a small learning rate alone moves the probabilities away from 0.1 hardly at all.
    solved = trained(HEAD_ALONE.changed(epochs=1, learning_rate=1e-6))
    settings = {**HEAD_ALONE.model_settings, "head_units": 64}
    deeper = trained(HEAD_ALONE.changed(epochs=1, learning_rate=1e-6, model_settings=settings))
    assert lines(solved)[0]["val_loss"] < 1
    assert lines(deeper)[0]["val_loss"] > 2


# ---- features computed during the TensorFlow import


@pytest.fixture
def early(digits, monkeypatch):
    """Starts the early computation even if TensorFlow is already loaded; also returns its inputs."""
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    config = CONFIG.changed(model_settings={"backbone": "MobileNet 0.25", "input_size": 32}, rotation=0, shift=0)
    dataset = datasets.open_dataset("digits")
    subsets = [Subset.of(dataset.x_train, dataset.y_train, rows) for rows in (np.arange(90), np.arange(90, 120))]
    return config, dataset, *subsets


def test_training_uses_features_computed_early(early):
    config, dataset, training, validation = early
    features.EarlyStart(*early).wait(lambda: None)
    extractor = features.Extractor(config, dataset)
    assert extractor.copies(training).copies.shape == (1, 90, 256)
    assert extractor.subset(validation).images.shape == (30, 256)
    assert extractor.test().shape == (360, 256)
    assert extractor.images == 0  # nothing was left to compute


def test_a_stop_ends_the_early_computation(early):
    def stop():
        raise features.Stopped

    start = features.EarlyStart(*early)
    with pytest.raises(features.Stopped):
        start.wait(stop)
    assert not start._thread.is_alive()


def test_nothing_is_computed_early_for_another_backbone_or_many_images(early, monkeypatch):
    config, *rest = early
    monkeypatch.setattr(features, "MOST_EARLY_IMAGES", 100)
    for other in (config, config.changed(model_settings={"backbone": "VGG16"})):
        start = features.EarlyStart(other, *rest)
        assert not start._thread.is_alive()
        start.wait(lambda: None)
    assert feature_cache.total_bytes() == 0


# ---- pretrained networks


def test_a_network_with_weights_from_a_file_is_trained_and_exported(trained, write_weights, tmp_path, monkeypatch):
    monkeypatch.setenv("IMGCLS_WEIGHTS", str(tmp_path / "weights"))
    write_weights("MobileNetV2", tmp_path / "weights" / NETWORKS["MobileNetV2"].file)
    settings = {"backbone": "MobileNetV2", "input_size": 32}
    config = CONFIG.changed(model_settings=settings, epochs=2, train_images=200, rotation=0, shift=0)
    run = trained(config)
    assert [line["epoch"] for line in lines(run)] == [1, 2]
    assert run.result["parameters"] == 2_257_984 + 2 * 1280 + 1281 * 10
    assert run.card.layers[1]["kind"] == "Functional"
    assert json.loads((run.folder / "model.json").read_text())["checks"]["largest_difference_of_exported_model"] < 1e-3


@pytest.mark.parametrize(("title", "fine_tuning"), [("MobileNet 0.25", 1), ("EfficientNet-Lite0", 0)])
def test_a_shipped_backbone_trains_offline_and_predicts_with_litert(title, fine_tuning, trained, digits):
    settings = {"backbone": title, "input_size": 64, "fine_tuning_epochs": fine_tuning}
    config = CONFIG.changed(model_settings=settings, epochs=8, train_images=400, rotation=0, shift=0)
    run = trained(config)
    assert run.result["test_accuracy"] > 0.7  # chance is 0.1; random weights reach at most 0.3
    network = NETWORKS[title]
    assert run.result["parameters"] == network.parameters + 2 * network.features + (network.features + 1) * 10
    assert json.loads((run.folder / "model.json").read_text())["checks"]["largest_difference_of_exported_model"] < 1e-3
    images, labels = datasets.open_dataset("digits").x_test, datasets.open_dataset("digits").y_test
    predicted = Predictor(run.folder / "model.tflite").probabilities(images).argmax(1)
    assert (predicted == labels).mean() == pytest.approx(run.result["test_accuracy"], abs=1e-3)


def test_without_weights_the_run_fails_with_solutions(forks, digits, wait_until):
    run = runs.create(CONFIG.changed(model_settings={"backbone": "VGG16"}))
    process = forks.trainer(run)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "failed"
    assert run.result["message"].startswith(
        "The weights of VGG16 are not on this machine: download them on the Train page"
    )


def test_an_interrupt_during_feature_extraction_is_a_stop(forks, backbone_run, wait_until):
    run = runs.create(CONFIG)
    process = forks.trainer(run, SLOW_LOOKS)
    wait_until(lambda: lines(run, "features"), seconds=60)
    os.kill(process.pid, signal.SIGINT)
    wait_until(lambda: has_ended(process), seconds=20)
    assert run.state == "stopped"


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


# ---- checks before the start


class Collected:
    """A progress report that only collects calls."""

    def __init__(self):
        self.found, self.phases = {}, []

    def phase(self, phase: str, fraction: float) -> None:
        self.phases.append(phase)

    def add(self, *, seldom: bool = False, fraction: float | None = None, **found) -> None:
        self.found |= found


def test_the_preflight_check_uses_the_backbone(backbone_run, keras):
    from imgcls import datasets
    from imgcls.jobs.preflight import verdicts
    from imgcls.training.preflight import checks

    report = Collected()
    checks.check(CONFIG, report)
    assert report.found["steps_per_epoch"] == 7  # for all images, although features were computed for only a few
    assert report.found["first_loss"] == pytest.approx(np.log(10), abs=1e-4)
    assert report.found["batch_accuracy"] > 0.99
    assert "low" not in report.found  # the backbone has its own preprocessing
    seen = {light.name: light.sentence for light in verdicts.judge(CONFIG, datasets.facts("digits"), report.found)}
    assert "of feature extraction, which is done once for all heads." in seen["Time"]
    assert "Fine-tuning is not included" in seen["Time"]
    alone = {light.name: light.sentence for light in verdicts.judge(HEAD_ALONE, datasets.facts("digits"), report.found)}
    assert "Fine-tuning" not in alone["Time"]


def test_the_rate_finder_finds_a_rate_for_the_head(backbone_run, keras):
    from imgcls.jobs.preflight.lr_finder import suggestion
    from imgcls.training.preflight import lr_finder

    report = Collected()
    lr_finder.find(CONFIG, report)
    assert report.found["losses"][0] == pytest.approx(np.log(10), abs=1e-3)
    assert 1e-4 < suggestion(report.found["rates"], report.found["losses"]) < 1


# ---- from the command line


def test_the_command_line_downloads_missing_weights_and_reports_a_failure(backbone_run, monkeypatch, capsys):
    from imgcls.cli.commands.train import _download_weights

    monkeypatch.setenv("IMGCLS_WEIGHTS_URL", "http://127.0.0.1:9")
    _download_weights(CONFIG)
    assert capsys.readouterr().out == ""  # a run is its backbone
    _download_weights(CONFIG.changed(model_settings={"backbone": "MobileNetV2"}))
    output = capsys.readouterr()
    assert output.out.startswith("Downloading the weights of MobileNetV2 (9.4 MB) …\n")
    assert "the server refused the connection. Connect to the internet" in output.err
