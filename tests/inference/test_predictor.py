"""Predictions without Keras: equal to Keras in any batch and thread; a damaged model gives one clear error."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from imgcls import datasets, runs
from imgcls.errors import RunError
from imgcls.inference.predictor import BATCH, Predictor


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 1), dtype=np.uint8)


@pytest.fixture
def predictor(finished_run) -> Predictor:
    return Predictor(finished_run.folder / "model.tflite")


def test_it_predicts_the_same_as_keras(keras, finished_run, predictor):
    images = noise(300)
    expected = keras.models.load_model(finished_run.folder / "model.keras")(images).numpy()
    answered = predictor.probabilities(images)
    assert answered.dtype == np.float32
    assert np.abs(answered - expected).max() < 1e-3


def test_it_reproduces_the_trainers_test_predictions(finished_run, predictor):
    dataset = datasets.open_dataset("digits")
    with np.load(finished_run.folder / "predictions.npz", allow_pickle=False) as file:
        assert np.abs(predictor.probabilities(np.asarray(dataset.x_test)) - file["probabilities"]).max() < 1e-3
        assert np.array_equal(file["labels"], dataset.y_test)
    with np.load(finished_run.folder / "gallery.npz", allow_pickle=False) as file:
        assert np.array_equal(file["pictures"], dataset.x_test[file["indices"]])
    facts = json.loads((finished_run.folder / "model.json").read_bytes())
    assert facts["checks"]["largest_difference_of_exported_model"] < 1e-3
    assert facts["checks"]["pictures_compared"] == 64


@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH, BATCH + 1, 200])
def test_the_batch_size_does_not_change_predictions(predictor, count):
    images = noise(200)
    one_by_one = np.concatenate([predictor.probabilities(image[None]) for image in images[:count]])
    together = predictor.probabilities(images[:count])
    assert together.shape == (count, 10)
    assert np.abs(together - one_by_one).max() < 1e-5
    assert np.allclose(together.sum(1), 1, atol=1e-5)


def test_no_images_give_no_predictions(predictor):
    assert predictor.probabilities(noise(0)).shape == (0, 10)


def test_a_prediction_is_not_overwritten_by_the_next(predictor):
    first = predictor.probabilities(noise(3, seed=1))
    kept = first.copy()
    predictor.probabilities(noise(3, seed=2))
    assert np.array_equal(first, kept)


def test_eight_threads_get_the_same_predictions_as_one(predictor):
    batches = [noise(1 + 7 * number % 90, seed=number) for number in range(64)]
    expected = [predictor.probabilities(batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(predictor.probabilities, batches))
    for got, right in zip(answered, expected, strict=True):
        assert np.abs(got - right).max() < 1e-6


def test_a_model_in_use_outlives_its_file(finished_run, predictor):
    finished_run.delete()
    assert predictor.probabilities(noise(2)).shape == (2, 10)


def test_a_missing_model_gives_a_clear_error(tmp_path):
    with pytest.raises(RunError, match=r"^This run has no trained model\. Choose another run, or train one\.$"):
        Predictor(tmp_path / "model.tflite")


@pytest.mark.parametrize("corruption", ["empty", "short", "text", "half", "zeros", "folder"])
def test_a_damaged_model_gives_a_clear_error(trained_folder, tmp_path, corruption):
    path, whole = tmp_path / "model.tflite", (trained_folder / "model.tflite").read_bytes()
    contents = {
        "empty": b"",
        "short": whole[:7],
        "text": b"no model at all",
        "half": whole[: len(whole) // 2],
        "zeros": bytes(len(whole)),
    }
    if corruption == "folder":
        path.mkdir()
    else:
        path.write_bytes(contents[corruption])
    with pytest.raises(RunError, match=r"^The model of this run is damaged[.:].* Train it again"):
        Predictor(path)


@pytest.mark.parametrize("shape", [(1, 28, 28, 1), (1, 8, 8, 3), (8, 8, 1), (1, 4, 4, 4)])
def test_images_of_another_size_are_refused(predictor, shape):
    with pytest.raises(RunError, match=r"^This model expects images of 8×8×1 values; these have \d.*\.$"):
        predictor.probabilities(np.zeros(shape, np.uint8))
    assert predictor.probabilities(noise(2)).shape == (2, 10)


def test_the_layer_table_of_a_run_matches_its_model(finished_run):
    facts = json.loads((finished_run.folder / "model.json").read_text())
    assert facts["classes"] == list("0123456789")
    assert facts["shape"] == [8, 8, 1]
    assert facts["data"] == "digits"
    assert facts["parameters"] == sum(row["parameters"] for row in facts["layers"])
    assert runs.find(finished_run.id).is_ready
