"""The 8-bit model answers where the CPU gains and it is equivalent; scores stay those of the float32 model."""

import json
import shutil

import numpy as np
import pytest

from imgcls.evaluation.predictions import read_gallery
from imgcls.images.loading import to_png
from imgcls.inference import answer, batch, classify, load_predictor, served_model
from imgcls.inference.batch import Item
from imgcls.inference.predictor import Predictor
from imgcls.inference.rejection import unfamiliar
from imgcls.runs import Run
from imgcls.system import hardware, paths

SHIPPED = ("digits", "fashion", "cifar10")


@pytest.fixture
def gains(monkeypatch):
    """This CPU multiplies bytes, whatever it is."""
    monkeypatch.setenv("IMGCLS_QUANTISED", "1")
    monkeypatch.setattr(hardware, "multiplies_bytes", lambda: True)


@pytest.fixture
def run(own_folders) -> Run:
    """A copy of the shipped digit model."""
    return Run(shutil.copytree(paths.repository_folder() / "saved_models" / "digits", paths.runs_folder() / "digits"))


def images(run: Run, count: int) -> np.ndarray:
    return np.asarray(read_gallery(run)[1][:count])


def change(run: Run, **entries) -> None:
    path = run.folder / served_model.RECORD
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | entries), "utf-8")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_answers_with_8_bit_weights_and_predicts_the_same(name, gains):
    run = Run(paths.repository_folder() / "saved_models" / name)
    served, shown = served_model.of(run), images(run, 200)
    assert served is not None and served.images == 2000
    assert abs(served.accuracy - served.stored_accuracy) <= 0.002
    assert (run.folder / served_model.NAME).stat().st_size < (run.folder / "model.tflite").stat().st_size / 3
    fast, exact = (
        predictor.probabilities(shown) for predictor in (load_predictor(run), load_predictor(run, is_exact=True))
    )
    assert 0 < np.abs(fast - exact).max() < 0.1
    assert (fast.argmax(1) == exact.argmax(1)).mean() >= 0.97  # the gallery starts with errors and close calls


def test_it_says_how_unfamiliar_an_image_is_like_the_float32_model(run, gains):
    shown = images(run, 60)
    outputs = load_predictor(run).outputs(shown)
    for image, features in zip(shown, outputs.features, strict=True):
        fast, exact = unfamiliar.measure(run, image, features), unfamiliar.measure(run, image)
        assert abs(fast.percentile - exact.percentile) < 5


def test_one_image_at_a_time_and_a_batch_get_the_same_answer(run, gains):
    shown = images(run, 20)
    items = [Item(str(number), -1, lambda image=image: to_png(image)) for number, image in enumerate(shown)]
    together = list(batch.classified(run, run.card, items))
    for item, result in zip(items, together, strict=True):
        alone = answer(run, item.read())
        assert np.abs(alone.probabilities - result.answer.probabilities).max() < 1e-5
        assert abs(alone.familiarity.percentile - result.answer.familiarity.percentile) < 0.5


@pytest.mark.parametrize(
    "entries",
    [
        {"problem": "Only 90.0% of its predictions are identical."},
        {"gain": 1.1},
        {"gain": float("nan")},
        {"model_sha256": "0" * 64},
        {"version": 0},
        {"identical": "many"},
        {"accuracy": []},
    ],
)
def test_one_that_is_not_equivalent_not_faster_or_of_another_model_does_not_answer(run, gains, entries):
    expected = load_predictor(run, is_exact=True)
    assert load_predictor(run) is not expected
    change(run, **entries)
    assert load_predictor(run) is expected


def test_on_a_cpu_that_gains_nothing_float32_answers(run, gains, monkeypatch):
    monkeypatch.setattr(hardware, "multiplies_bytes", lambda: False)
    assert served_model.of(run) is None
    assert load_predictor(run) is load_predictor(run, is_exact=True)


def test_it_can_be_switched_off(run, gains, monkeypatch):
    monkeypatch.setenv("IMGCLS_QUANTISED", "0")
    assert load_predictor(run) is load_predictor(run, is_exact=True)


@pytest.mark.parametrize("content", [b"", b"TFL3 is not enough", None])
def test_if_the_file_is_damaged_or_changed_float32_answers(run, gains, content):
    path, shown = run.folder / served_model.NAME, images(run, 3)
    path.write_bytes(content if content is not None else (run.folder / "model.tflite").read_bytes())
    expected = Predictor(run.folder / "model.tflite").probabilities(shown)
    assert np.array_equal(classify(run, run.card, shown), expected)
