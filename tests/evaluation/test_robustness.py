"""Damaged pictures: each damage does what it says, answers are the model's, advice is in the form's terms."""

import json
import subprocess
import sys

import numpy as np
import pytest

from imgcls import datasets
from imgcls.config import PARAMS, Config
from imgcls.errors import DatasetError, RunError
from imgcls.evaluation.robustness import evaluate, recommendations
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS, STRENGTHS, chances
from imgcls.evaluation.robustness.evaluate import Found
from imgcls.system import paths


@pytest.fixture(scope="module")
def images():
    """Smooth pictures with a little of everything: uint8 (24, 28, 28, 1)."""
    y, x = np.mgrid[0:28, 0:28]
    phases = np.random.default_rng(0).uniform(0, 6, (24, 2))
    waves = [np.sin(x / 4 + a) * np.cos(y / 5 + b) for a, b in phases]
    return np.round(128 + 100 * np.array(waves)).astype(np.uint8)[..., None]


@pytest.mark.parametrize("name", list(CORRUPTIONS))
@pytest.mark.parametrize("channels", [1, 3])
def test_a_damage_grows_with_its_strength_and_leaves_the_image_alone(name, channels, images):
    images = np.repeat(images, channels, 3)
    before = images.copy()
    distances = []
    for strength in STRENGTHS:
        damaged = CORRUPTIONS[name](images, strength, chances(len(images)))
        assert damaged.shape == images.shape and damaged.dtype == np.uint8
        distances.append(np.abs(damaged.astype(float) - images).mean())
    assert np.array_equal(images, before)
    assert distances[0] > 0
    assert distances == sorted(distances)


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_the_same_image_is_damaged_the_same_way_alone_and_among_others(name, images):
    """Or the examples of the page would not be what the model saw."""
    drawn = chances(len(images))
    together = CORRUPTIONS[name](images, 3, drawn)
    alone = CORRUPTIONS[name](images[[5]], 3, drawn[:, [5]])

    assert np.array_equal(together[[5]], alone)


def test_the_damages_are_what_their_names_say(images):
    drawn = chances(len(images))
    grey = np.full((200, 28, 28, 1), 100, np.uint8)
    many = chances(200)
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
    hidden = CORRUPTIONS["occlusion"](spot, 5, chances(4)) == 127
    assert hidden.sum((1, 2, 3)).tolist() == [15 * 15] * 4  # 55% of 28, and the whole square lies inside


def test_a_process_asks_the_model_and_the_answers_are_its_own(finished_run):
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

    assert found.damaged.shape == (8, 5, 360)
    with np.load(finished_run.folder / "predictions.npz", allow_pickle=False) as file:
        assert (found.clean == file["probabilities"].argmax(1)[found.indices]).mean() > 0.995
    dataset = datasets.open_dataset("digits")
    from imgcls.inference.predictor import Predictor

    place = int(found.flips("occlusion", 5)[0])
    _, worse = evaluate.example(dataset, found, CORRUPTIONS["occlusion"], 5, place)
    answer = Predictor(finished_run.folder / "model.tflite").probabilities(worse[None]).argmax()
    assert answer == found.damaged[found.names.index("occlusion"), 4, place] != found.labels[place]


def test_a_data_set_that_is_gone_or_another_one_is_said_so(finished_run, tmp_path):
    labels = dict(np.load(finished_run.folder / "predictions.npz", allow_pickle=False))
    np.savez(finished_run.folder / "predictions.npz", **labels | {"labels": labels["labels"][::-1]})
    with pytest.raises(RunError, match="other test pictures"):
        evaluate.start(finished_run)
    np.savez(finished_run.folder / "predictions.npz", **labels)
    assert evaluate.images_of(finished_run).facts.name == "digits"
    model = json.loads((finished_run.folder / "model.json").read_text())
    (finished_run.folder / "model.json").write_text(json.dumps(model | {"shape": [16, 16, 1]}))
    with pytest.raises(RunError, match="other test pictures"):
        evaluate.start(finished_run)
    (paths.cache_folder() / "datasets" / "digits" / "dataset.json").unlink()
    with pytest.raises(DatasetError, match="not prepared yet"):
        evaluate.start(finished_run)
    assert evaluate.task_of(finished_run).state().state == "idle"


@pytest.mark.parametrize("corruption", ["torn", "version", "class", "shape"])
def test_answers_that_cannot_be_read_are_a_sentence(corruption, made):
    run = made(**{"model.json": {"classes": ["a", "b"], "shape": [4, 4, 1], "ink": False}})
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
    if corruption == "torn":
        path.write_bytes(path.read_bytes()[:100])
    else:
        wrong = {
            "version": {"version": 99},
            "class": {"clean": np.array([0, 1, 2])},
            "shape": {"damaged": np.zeros((8, 4, 3), int)},
        }[corruption]
        np.savez(path, **sound | wrong)
    with pytest.raises(RunError, match="Ask again"):
        evaluate.read(run)


def found_with(broken: str, fraction: float, count: int = 200) -> Found:
    """All answers right, but for a share of those to one damage."""
    labels = np.zeros(count, int)
    damaged = np.zeros((8, 5, count), int)
    damaged[list(CORRUPTIONS).index(broken), :, : round(fraction * count)] = 1
    return Found(np.arange(count), labels, labels.copy(), damaged, tuple(CORRUPTIONS))


@pytest.mark.parametrize(("corruption", "name"), recommendations.SETTINGS.items())
def test_the_advice_is_a_value_that_the_form_takes(corruption, name):
    facts = datasets.facts("cifar10")
    (wish,) = recommendations.advice(found_with(corruption, 0.4), Config(), facts)

    assert (wish.corruption, wish.name) == (corruption, name)
    assert wish.loss.value == pytest.approx(0.4)
    limits = next(param.limits for param in PARAMS if param.name == name)
    assert limits.low < wish.value <= limits.high
    assert Config(**{name: wish.value})
    assert recommendations.advice(found_with(corruption, 0.4), Config(**{name: wish.value}), facts) == []


def test_no_advice_for_what_costs_little_or_cannot_be_trained():
    facts = datasets.facts("cifar10")
    assert recommendations.advice(found_with("noise", 0.02), Config(), facts) == []
    assert recommendations.advice(found_with("noise", 0.0), Config(), facts) == []
    assert recommendations.advice(found_with("JPEG", 0.9), Config(), facts) == []
    # One of twenty: five points, and yet no more than chance.
    assert recommendations.advice(found_with("noise", 0.05, 20), Config(), facts) == []


def test_at_most_three_changes_are_advised_those_against_what_costs_most():
    found = found_with("noise", 0.1)
    for corruption, fraction in (("blur", 0.5), ("contrast", 0.4), ("shift", 0.3), ("occlusion", 0.2)):
        found.damaged[list(CORRUPTIONS).index(corruption), :, : round(200 * fraction)] = 1

    wished = recommendations.advice(found, Config(), datasets.facts("cifar10"))

    assert [entry.corruption for entry in wished] == ["blur", "contrast", "shift"]


def test_what_is_damaged_is_always_the_same_and_at_most_a_thousand():
    some = evaluate.chosen(10_000)

    assert len(some) == evaluate.MOST == len(set(some.tolist()))
    assert np.array_equal(some, evaluate.chosen(10_000))
    assert evaluate.chosen(20).tolist() == list(range(20))
