"""Model files without Keras: the bytes of a head are replaced where it is certain which they are."""

import os
import subprocess
import sys

import numpy as np
import pytest

from imgcls import datasets, runs
from imgcls.config import Config
from imgcls.inference.predictor import Predictor
from imgcls.system import paths
from imgcls.training.transfer import known_networks
from imgcls.training.transfer.known_networks import Template
from tests.support.processes.engine import check_files, has_ended

pytestmark = pytest.mark.timeout(240)

SETTINGS = {"backbone": "MobileNet 0.25", "input_size": 32}
CONFIG = Config(data="digits", model="transfer", model_settings=SETTINGS, train_images=300, epochs=2)
WITHOUT_TENSORFLOW = """
import sys
from imgcls import runs
from imgcls.training.trainer import Trainer

result = Trainer(runs.find(sys.argv[1]), in_turn=False, explains=False).train()
assert result["outcome"] == "finished", result
print(*(name for name in ("tensorflow", "keras") if name in sys.modules))
"""


def files() -> list:
    return sorted((paths.cache_folder() / "networks").glob("*"))


def test_arrays_are_replaced_and_everything_else_stays():
    first, other = np.arange(4, dtype=np.float32), np.arange(5, 8, dtype=np.float32)
    content = b"begin" + first.tobytes() + b"middle" + other.tobytes() + b"end"
    filled = Template.of(content, [other, first]).filled([other + 1, first - 1])
    assert filled == b"begin" + (first - 1).tobytes() + b"middle" + (other + 1).tobytes() + b"end"


@pytest.mark.parametrize("times", [0, 2])
def test_arrays_that_are_not_there_exactly_once_are_refused(times):
    array = np.zeros(3, np.float32)
    with pytest.raises(ValueError, match="not unique"):
        Template.of(b"begin" + array.tobytes() * times + b"end", [array])


@pytest.mark.parametrize("changes", [{}, {"head_units": 64}], ids=["linear", "hidden layer"])
def test_the_files_are_those_that_keras_writes(trained, keras, changes):
    config = CONFIG.changed(model_settings={**SETTINGS, **changes})
    by_keras = trained(config)
    (file,) = files()
    known = trained(config.changed(seed=1))
    again = trained(config)
    assert files() == [file]
    models = {
        run.id: keras.models.load_model(run.folder / "model.keras", compile=False, safe_mode=True)
        for run in (by_keras, known, again)
    }
    for one, other in zip(models[by_keras.id].get_weights(), models[again.id].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    images = np.asarray(datasets.open_dataset("digits").x_test)
    for run in (by_keras, known, again):
        check_files(run)
        expected = models[run.id].predict_on_batch(images)
        with np.load(run.folder / "predictions.npz") as stored:
            np.testing.assert_allclose(stored["probabilities"], expected, atol=1e-4)
        np.testing.assert_allclose(Predictor(run.folder / "model.tflite").probabilities(images), expected, atol=1e-4)
    assert {path.name for path in by_keras.folder.iterdir()} == {path.name for path in again.folder.iterdir()}
    assert by_keras.result.keys() - {"feature_rate"} == again.result.keys()
    assert by_keras.result["software"] == again.result["software"]
    assert by_keras.card.layers == again.card.layers and by_keras.card.digest != known.card.digest


def test_the_next_run_needs_no_tensorflow(trained):
    def modules_of(run) -> str:
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_TENSORFLOW, run.id], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.splitlines()[-1]

    trained(CONFIG)
    assert modules_of(runs.create(CONFIG.changed(seed=1))) == ""
    files()[0].write_bytes(b"damaged")
    assert "keras" in modules_of(runs.create(CONFIG.changed(seed=2)))
    assert modules_of(runs.create(CONFIG.changed(seed=3))) == "", "it was written again"


@pytest.mark.parametrize(
    "changes",
    [
        {"model_settings": {**SETTINGS, "dropout": 0.5}},
        {"model_settings": {**SETTINGS, "input_size": 64}},
        {"model_settings": {**SETTINGS, "fine_tuning_epochs": 1}},
        {"test_time_augmentation": True},
    ],
    ids=str,
)
def test_another_network_is_not_known(trained, changes):
    trained(CONFIG)
    dataset = datasets.open_dataset("digits")
    found = known_networks.find(CONFIG.changed(seed=9, epochs=50, optimizer="sgd"), dataset)
    assert found is not None and found.about["classes"] == 10
    assert known_networks.find(CONFIG.changed(**changes), dataset) is None


def test_the_least_recently_used_networks_make_room(monkeypatch, tmp_path):
    folder = tmp_path / "networks"
    folder.mkdir()
    for number in range(7):
        path = folder / f"{number}.npz"
        path.write_bytes(b"")
        os.utime(path, (number, number))
    os.utime(folder / "1.npz", (99, 99))
    known_networks._make_room(folder)
    assert sorted(path.stem for path in folder.iterdir()) == ["1", "4", "5", "6"]


def test_explanations_of_a_known_network_are_made_by_keras(forks, trained, wait_until):
    trained(CONFIG)
    run = runs.create(CONFIG.changed(seed=1))
    # Half precision changes what this network of few pixels predicts by more than that of a real one.
    tolerant = "from imgcls.training.export import activations; activations.MAX_DIFFERENCE = 0.1"
    process = forks.trainer(run, tolerant, explains=True)
    wait_until(lambda: has_ended(process), seconds=200)
    assert (run.folder / "inside.json").exists(), (run.folder / "log.txt").read_text()[-2000:]
    check_files(run)
