"""Pretrained networks, and what checks and commands do before the start."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from imgcls import datasets, runs
from imgcls.config import Config
from imgcls.inference.predictor import Predictor
from imgcls.models.backbones import NETWORKS
from imgcls.training.loop.batches import Subset
from tests.support.processes.engine import has_ended, lines
from tests.support.training.transfer_runs import CONFIG, HEAD_ALONE

pytestmark = pytest.mark.timeout(240)

SHIPPED = {"backbone": "MobileNet 0.25", "backbone_run": "", "input_size": 32}


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


def test_the_command_line_downloads_missing_weights_and_reports_a_failure(backbone_run, monkeypatch, capsys):
    from imgcls.cli.commands.train import _download_weights

    monkeypatch.setenv("IMGCLS_WEIGHTS_URL", "http://127.0.0.1:9")
    _download_weights(CONFIG)
    assert capsys.readouterr().out == ""  # a run is its backbone
    _download_weights(CONFIG.changed(model_settings={"backbone": "MobileNetV2"}))
    output = capsys.readouterr()
    assert output.out.startswith("Downloading the weights of MobileNetV2 (9.4 MB) …\n")
    assert "the server refused the connection. Connect to the internet" in output.err


def test_trainings_in_one_process_share_a_backbone_that_they_do_not_change(keras, tmp_path):
    from imgcls.training import model_builder
    from imgcls.training.model_builder import backbone

    base = backbone.frozen(SHIPPED, (8, 8, 1))
    config = Config(model="transfer", model_settings=SHIPPED)
    first, second = (model_builder.attach_head(config, base, model_builder.head(config, 256, 3)) for _ in range(2))
    for number, model in enumerate((first, second)):
        kernel = np.random.default_rng(number).normal(size=(256, 3))
        model.get_layer("logits").set_weights([kernel, np.zeros(3)])
    images = np.random.default_rng(2).integers(0, 256, (4, 8, 8, 1), dtype=np.uint8)
    second.save(tmp_path / "second.keras")
    loaded = keras.models.load_model(tmp_path / "second.keras", compile=False)
    assert np.allclose(loaded(images), second(images), atol=1e-6)
    assert not np.allclose(first(images), second(images), atol=1e-3)


@pytest.mark.parametrize(("epochs", "is_shared"), [(0, True), (1, False)])
def test_a_backbone_that_is_fine_tuned_is_not_shared(keras, digits, epochs, is_shared):
    from imgcls.training.model_builder import backbone
    from imgcls.training.transfer.loop import TransferLoop

    config = Config(data="digits", model="transfer", model_settings={**SHIPPED, "fine_tuning_epochs": epochs})
    dataset = datasets.open_dataset("digits")
    subset = Subset.of(dataset.x_train, dataset.y_train, np.arange(20))
    loop = TransferLoop(config, dataset, subset, subset, SimpleNamespace(features=None), None)
    assert (loop.whole.base is backbone.frozen(config.model_settings, (8, 8, 1))) == is_shared
    assert backbone.frozen(SHIPPED, (8, 8, 3)) is not backbone.frozen(SHIPPED, (8, 8, 1))
