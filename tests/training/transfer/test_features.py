"""Features of the backbone are computed once, cached, and found by the training."""

import json
import os
import signal
import sys

import numpy as np
import pytest

from imgcls import datasets, runs
from imgcls.models import feature_cache
from imgcls.runs.predictions import validation_predictions
from imgcls.training.loop.batches import Subset
from imgcls.training.transfer import early_start, features, head_solver
from imgcls.training.transfer.early_start import EarlyStart
from tests.support.processes.engine import assert_same_training, has_ended, lines
from tests.support.training.transfer_runs import CONFIG, HEAD_ALONE

pytestmark = pytest.mark.timeout(240)

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
    # Without augmentation, training images are added to the validation images that are known already.
    assert len(list(feature_cache.root_folder().iterdir())) == count + 1


def test_another_seed_does_not_run_the_backbone(trained, backbone_run):
    config = HEAD_ALONE.changed(epochs=1, rotation=0, shift=0, train_images=0)
    first = trained(config)
    second = trained(config.changed(seed=1), NO_LOOKS)
    assert second.state == "finished"
    assert not np.array_equal(*(np.sort(validation_predictions.read(run).rows) for run in (first, second)))


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
    wait_until(lambda: has_ended(process))
    assert run.state == "stopped"
    assert list(feature_cache.root_folder().iterdir()) == []


def test_a_pause_during_feature_extraction_can_be_resumed(uninterrupted, forks, backbone_run, wait_until):
    run = runs.create(CONFIG)
    process = forks.trainer(run, SLOW_LOOKS)
    wait_until(lambda: lines(run, "features"), seconds=60)
    run.send_request(pause=True)
    wait_until(lambda: run.state == "paused")
    run.send_request(pause=False)
    wait_until(lambda: has_ended(process), seconds=60)
    assert run.state == "finished"
    assert_same_training(run, uninterrupted(CONFIG))


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
    start = EarlyStart.begun(*early)
    start.wait(lambda: None)
    extractor = features.Extractor(config, dataset)
    assert extractor.copies(training).take(np.arange(90))[0].shape == (90, 256)
    assert extractor.subset(validation).take(np.arange(30))[0].shape == (30, 256)
    assert extractor.test().shape == (360, 256)
    assert extractor.images == 0  # nothing was left to compute
    solution = start.solution(dataset, training, validation)
    expected = head_solver.solution(config, 10, *extractor.split(training, validation))
    assert np.array_equal(solution.kernel, expected.kernel)
    assert start.solution(dataset, validation, training) is None, "it belongs to another split"


def test_another_split_of_the_same_images_computes_nothing(early):
    config, dataset, *subsets = early
    features.Extractor(config, dataset).split(*subsets)
    extractor = features.Extractor(config.changed(seed=1), dataset)
    rows = np.random.default_rng(1).permutation(120)
    training, validation = (Subset.of(dataset.x_train, dataset.y_train, part) for part in (rows[:80], rows[80:]))
    found = extractor.split(training, validation)
    assert extractor.images == 0
    infer = features.fastest(config.model_settings, None)
    for images, part in zip((training, validation), found, strict=True):
        assert np.allclose(part.take(np.arange(len(part)))[0], infer(dataset.x_train[images.rows]), atol=1e-4)
        assert np.array_equal(part.labels, images.labels)


def test_more_images_compute_only_what_is_missing(early):
    config, dataset, *_ = early
    extractor = features.Extractor(config, dataset)
    extractor.rows(np.arange(0, 60, 3))
    assert extractor.images == 20
    found, positions = extractor.rows(np.arange(59, -1, -1))
    assert extractor.images == 60
    infer = features.fastest(config.model_settings, None)
    assert np.allclose(found[positions], infer(dataset.x_train[59::-1]), atol=1e-4)


def test_a_stop_ends_the_early_computation(early):
    def stop():
        raise features.Stopped

    start = EarlyStart.begun(*early)
    with pytest.raises(features.Stopped):
        start.wait(stop)
    start._thread.join(20)
    assert not start._thread.is_alive()


def test_nothing_is_computed_early_for_another_backbone_or_many_images(early, monkeypatch):
    config, *rest = early
    monkeypatch.setattr(early_start, "MOST_EARLY_IMAGES", 100)
    for other in (config, config.changed(model_settings={"backbone": "VGG16"})):
        start = EarlyStart.begun(other, *rest)
        assert not start._thread.is_alive()
        start.wait(lambda: None)
    assert feature_cache.total_bytes() == 0


def test_an_interrupt_during_feature_extraction_is_a_stop(forks, backbone_run, wait_until):
    run = runs.create(CONFIG)
    process = forks.trainer(run, SLOW_LOOKS)
    wait_until(lambda: lines(run, "features"), seconds=60)
    os.kill(process.pid, signal.SIGINT)
    wait_until(lambda: has_ended(process))
    assert run.state == "stopped"
