"""Corrupted images, the model's predictions for them, and the augmentations that are recommended."""

import json
import subprocess
import sys

import numpy as np
import pytest

from imgcls import datasets
from imgcls.config import PARAMS, Config
from imgcls.errors import DatasetError, RunError
from imgcls.evaluation.robustness import evaluate, recommendations
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS, STRENGTHS, random_numbers
from imgcls.system import paths
from tests.support.runs.evaluations import found_with


@pytest.fixture(scope="module")
def images():
    """Smooth images with many grey levels: uint8 (24, 28, 28, 1)."""
    y, x = np.mgrid[0:28, 0:28]
    phases = np.random.default_rng(0).uniform(0, 6, (24, 2))
    waves = [np.sin(x / 4 + a) * np.cos(y / 5 + b) for a, b in phases]
    return np.round(128 + 100 * np.array(waves)).astype(np.uint8)[..., None]


@pytest.mark.parametrize("name", list(CORRUPTIONS))
@pytest.mark.parametrize("channels", [1, 3])
def test_a_corruption_increases_with_severity_and_does_not_modify_its_input(name, channels, images):
    images = np.repeat(images, channels, 3)
    before = images.copy()
    distances = []
    for strength in STRENGTHS:
        corrupted = CORRUPTIONS[name](images, strength, random_numbers(len(images)))
        assert corrupted.shape == images.shape and corrupted.dtype == np.uint8
        distances.append(np.abs(corrupted.astype(float) - images).mean())
    assert np.array_equal(images, before)
    assert distances[0] > 0
    assert distances == sorted(distances)


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_an_image_is_corrupted_the_same_way_alone_and_in_a_batch(name, images):
    """Otherwise the examples on the page would not be what the model saw."""
    drawn = random_numbers(len(images))
    together = CORRUPTIONS[name](images, 3, drawn)
    alone = CORRUPTIONS[name](images[[5]], 3, drawn[:, [5]])

    assert np.array_equal(together[[5]], alone)


def test_corruptions_match_their_names(images):
    drawn = random_numbers(len(images))
    grey = np.full((200, 28, 28, 1), 100, np.uint8)
    many = random_numbers(200)
    assert CORRUPTIONS["noise"](grey, 2, many).astype(float).std() == pytest.approx(20, abs=1)
    assert set(np.unique(CORRUPTIONS["brightness"](grey, 1, many))) == {75, 126}  # 25.5 down and up, rounded
    contrast = CORRUPTIONS["contrast"](images, 2, drawn)
    assert contrast.std((1, 2, 3)) == pytest.approx(images.std((1, 2, 3)) / 2, rel=0.02)
    moved = CORRUPTIONS["shift"](images, 3, drawn)  # 12% of 28 are 3 pixels
    assert all(
        any(
            np.array_equal(after[3:-3, 3:-3], np.roll(before, (-3 * y, -3 * x), (0, 1))[3:-3, 3:-3])
            for y in (-1, 0, 1)
            for x in (-1, 0, 1)
        )
        for before, after in zip(images, moved, strict=True)
    )
    spot = np.zeros((4, 28, 28, 1), np.uint8)
    spot[:, ::2] = 255
    hidden = CORRUPTIONS["occlusion"](spot, 5, random_numbers(4)) == 127
    assert hidden.sum((1, 2, 3)).tolist() == [15 * 15] * 4  # 55% of 28, and the whole square lies inside


def test_the_process_stores_the_predictions_of_the_model(finished_run):
    done = subprocess.run(
        [sys.executable, "-m", "imgcls.evaluation.robustness", finished_run.id],
        cwd=paths.repository_folder(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert evaluate.task_of(finished_run).state().state == "ready"

    found = evaluate.read(finished_run)

    assert found.corrupted.shape == (8, 5, 360)
    with np.load(finished_run.folder / "predictions.npz", allow_pickle=False) as file:
        assert (found.clean == file["probabilities"].argmax(1)[found.indices]).mean() > 0.995
    dataset = datasets.open_dataset("digits")
    from imgcls.inference.predictor import Predictor

    position = int(found.flips("occlusion", 5)[0])
    _, worse = evaluate.example(dataset, found, CORRUPTIONS["occlusion"], 5, position)
    predicted = Predictor(finished_run.folder / "model.tflite").probabilities(worse[None]).argmax()
    assert predicted == found.corrupted[found.names.index("occlusion"), 4, position] != found.labels[position]


def test_a_missing_or_changed_dataset_is_reported(finished_run, tmp_path):
    labels = dict(np.load(finished_run.folder / "predictions.npz", allow_pickle=False))
    np.savez(finished_run.folder / "predictions.npz", **labels | {"labels": labels["labels"][::-1]})
    with pytest.raises(RunError, match=r"test images of .* have changed"):
        evaluate.start(finished_run)
    np.savez(finished_run.folder / "predictions.npz", **labels)
    assert evaluate.test_set_of(finished_run).facts.name == "digits"
    model = json.loads((finished_run.folder / "model.json").read_text())
    (finished_run.folder / "model.json").write_text(json.dumps(model | {"shape": [16, 16, 1]}))
    with pytest.raises(RunError, match=r"test images of .* have changed"):
        evaluate.start(finished_run)
    (paths.cache_folder() / "datasets" / "digits" / "dataset.json").unlink()
    with pytest.raises(DatasetError, match="not prepared yet"):
        evaluate.start(finished_run)
    assert evaluate.task_of(finished_run).state().state == "idle"


@pytest.mark.parametrize("corruption", ["truncated", "version", "class", "shape"])
def test_unreadable_results_are_reported(corruption, make_run):
    run = make_run(**{"model.json": {"classes": ["a", "b"], "shape": [4, 4, 1], "ink": False}})
    path = run.folder / "robustness.npz"
    sound = {
        "indices": np.arange(3),
        "labels": np.array([0, 1, 0]),
        "clean": np.array([0, 1, 1]),
        "damaged": np.zeros((8, 5, 3), int),
        "names": np.array(list(CORRUPTIONS)),
        "version": evaluate.VERSION,
    }
    np.savez(path, **sound)
    assert evaluate.read(run).right("noise").tolist() == [[True, False, True]] * 5
    if corruption == "truncated":
        path.write_bytes(path.read_bytes()[:100])
    else:
        wrong = {
            "version": {"version": 99},
            "class": {"clean": np.array([0, 1, 2])},
            "shape": {"damaged": np.zeros((8, 4, 3), int)},
        }[corruption]
        np.savez(path, **sound | wrong)
    with pytest.raises(RunError, match="Evaluate again"):
        evaluate.read(run)


@pytest.mark.parametrize(("corruption", "name"), recommendations.SETTINGS.items())
def test_a_recommendation_is_a_value_the_form_accepts(corruption, name):
    facts = datasets.facts("cifar10")
    (wish,) = recommendations.recommend(found_with(corruption, 0.4), Config(), facts)

    assert (wish.corruption, wish.name) == (corruption, name)
    assert wish.loss.value == pytest.approx(0.4)
    limits = next(param.limits for param in PARAMS if param.name == name)
    assert limits.low < wish.value <= limits.high
    assert Config(**{name: wish.value})
    assert recommendations.recommend(found_with(corruption, 0.4), Config(**{name: wish.value}), facts) == []


def test_nothing_is_recommended_for_small_drops_or_without_a_matching_augmentation():
    facts = datasets.facts("cifar10")
    assert recommendations.recommend(found_with("noise", 0.02), Config(), facts) == []
    assert recommendations.recommend(found_with("noise", 0.0), Config(), facts) == []
    assert recommendations.recommend(found_with("JPEG", 0.9), Config(), facts) == []
    # One in twenty: five points, but not significant.
    assert recommendations.recommend(found_with("noise", 0.05, 20), Config(), facts) == []


def test_at_most_the_three_most_important_changes_are_recommended():
    found = found_with("noise", 0.1)
    for corruption, fraction in (("blur", 0.5), ("contrast", 0.4), ("shift", 0.3), ("occlusion", 0.2)):
        found.corrupted[list(CORRUPTIONS).index(corruption), :, : round(200 * fraction)] = 1

    wished = recommendations.recommend(found, Config(), datasets.facts("cifar10"))

    assert [entry.corruption for entry in wished] == ["blur", "contrast", "shift"]


def test_the_sample_is_deterministic_and_has_at_most_a_thousand_images():
    some = evaluate.sample(10_000)

    assert len(some) == evaluate.MOST == len(set(some.tolist()))
    assert np.array_equal(some, evaluate.sample(10_000))
    assert evaluate.sample(20).tolist() == list(range(20))
