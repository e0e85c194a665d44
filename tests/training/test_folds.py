"""Cross-validation: each image is predicted by a model that never saw it, and an interruption loses little."""

import json

import numpy as np
import pytest

from imgcls import datasets, runs
from imgcls.config import Config
from imgcls.errors import RunError, SettingError
from imgcls.evaluation.label_errors import training_set
from imgcls.runs.predictions import fold_predictions
from imgcls.training.trainer import Trainer

SETTINGS = {"filters": 8, "blocks": 1, "units": 16, "dropout": 0.0}


def trained(listener=lambda line: None, **changes) -> runs.Run:
    config = Config(
        **{"data": "digits", "model": "cnn", "model_settings": SETTINGS, "epochs": 2, "train_images": 400, "folds": 3}
        | changes
    )
    run = runs.create(config, "Folds")
    Trainer(run, listener=listener, in_turn=False).train()
    return run


@pytest.fixture(scope="module")
def cross_validated(prepared_dataset, keras, tmp_path_factory):
    """A run with three folds, trained once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGCLS_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("IMGCLS_CACHE", str(prepared_dataset("digits").parent.parent))
        yield trained()


def test_every_image_is_predicted_once_by_a_fold_model(cross_validated, digits):
    found = fold_predictions.read(cross_validated)
    dataset = datasets.open_dataset("digits")
    training, validation = datasets.training_split(dataset, cross_validated.config)
    assert found.rows.tolist() == sorted([*training, *validation])
    assert np.array_equal(found.labels, dataset.y_train[found.rows])
    assert np.bincount(found.folds).min() >= 400 // 3 - 1
    assert np.allclose(found.probabilities.sum(1), 1, atol=1e-3)
    assert cross_validated.state == "finished" and not list(cross_validated.folder.glob("fold-*"))


def test_the_result_has_the_mean_of_the_folds_and_an_interval(cross_validated):
    found, result = fold_predictions.read(cross_validated), cross_validated.result["folds"]
    right = found.probabilities.argmax(1) == found.labels
    each = [right[found.folds == fold].mean() for fold in range(3)]
    assert result["each"] == pytest.approx(each, abs=1e-6) and result["count"] == 400
    assert result["accuracy"] == pytest.approx(np.mean(each))
    assert 0 <= result["low"] < result["accuracy"] < result["high"] <= 1


def test_the_curves_belong_to_the_runs_own_model(cross_validated, strict_lines):
    lines = strict_lines(cross_validated.folder / "metrics.jsonl")
    assert [line["epoch"] for line in lines if line["kind"] == "epoch"] == [1, 2]
    assert [(line["number"], line["total"]) for line in lines if line["kind"] == "fold"] == [(1, 3), (2, 3), (3, 3)]
    phases = [line["phase"] for line in lines if line["kind"] == "phase"]
    assert phases == ["loading", "training", "folds", "testing", "saving"]


def test_label_errors_use_the_out_of_fold_predictions(cross_validated, digits):
    run = cross_validated
    training_set.make(run, lambda fraction, text: None)
    found = training_set.read(run)
    assert found.source == "folds" and found.count == 400
    stored = fold_predictions.read(run)
    assert found.accuracy == pytest.approx((stored.probabilities.argmax(1) == stored.labels).mean())
    assert training_set.has_folds(run)


def test_a_stop_in_a_fold_keeps_the_model_and_drops_the_folds(keras, digits):
    def listen(line):
        if line["kind"] == "fold" and line["number"] == 2:
            (run,) = runs.all_runs()
            run.send_request(stop=True)

    run = trained(listen)
    assert run.state == "finished" and "folds" not in run.result and fold_predictions.read(run) is None
    assert (run.folder / "model.tflite").exists()


def test_a_killed_training_continues_with_the_next_fold(keras, digits, monkeypatch):
    from imgcls.training import folds as training_folds

    class Killed(BaseException):
        pass

    def listen(line):
        if line["kind"] == "fold" and line["number"] == 3:
            raise Killed

    config = Config(data="digits", model="cnn", model_settings=SETTINGS, epochs=1, train_images=300, folds=3)
    run = runs.create(config, "Killed")
    with pytest.raises(Killed):
        Trainer(run, listener=listen, in_turn=False).train()
    assert sorted(path.name for path in run.folder.glob("fold-*")) == ["fold-0.npz", "fold-1.npz"]
    kept = {number: np.load(run.folder / f"fold-{number}.npz")["probabilities"] for number in (0, 1)}
    predicted = []
    real = training_folds._Images.predict
    monkeypatch.setattr(training_folds._Images, "predict", lambda self, *args: predicted.append(1) or real(self, *args))
    Trainer(run, in_turn=False).train()
    assert len(predicted) == 1 and run.state == "finished"
    found = fold_predictions.read(run)
    for number, probabilities in kept.items():
        assert np.array_equal(found.probabilities[found.folds == number], probabilities)


def test_heads_on_a_backbone_are_cross_validated_on_features(keras, finished_run):
    run = trained(
        model="transfer",
        model_settings={"backbone": "One of your runs", "backbone_run": finished_run.id},
        train_images=300,
    )
    assert run.state == "finished", run.result
    assert run.result["folds"]["accuracy"] > 0.5 and len(fold_predictions.read(run).rows) == 300


def test_a_damaged_file_gives_a_clear_error(cross_validated):
    path = cross_validated.folder / fold_predictions.NAME
    content = path.read_bytes()
    try:
        path.write_bytes(content[:100])
        with pytest.raises(RunError, match="damaged"):
            fold_predictions.read(cross_validated)
    finally:
        path.write_bytes(content)


def test_one_fold_is_refused():
    with pytest.raises(SettingError, match="at least 2"):
        Config(folds=1)
    assert json.loads(json.dumps(Config(folds=5).as_dict()))["folds"] == 5
