"""A complete training on the small digits: exact numbers, the export, and the gallery."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imgcls import datasets, runs
from imgcls.config import Config
from imgcls.inference.predictor import Predictor
from imgcls.runs.metrics_log import Curves
from imgcls.system import paths

pytestmark = [pytest.mark.usefixtures("keras"), pytest.mark.timeout(300)]


def train(config: Config, listener=lambda line: None) -> runs.Run:
    """Trains a run in this process, in a thread, where no signal handlers are installed."""
    from imgcls.training.trainer import Trainer

    run = runs.create(config)
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(Trainer(run, listener=listener, in_turn=False).train).result()
    assert run.result == json.loads(json.dumps(result))
    return run


DIGITS = Config(data="digits", model="ann", model_settings={"units": 64}, batch_size=32, learning_rate=3e-3, epochs=6)


@pytest.fixture(scope="module")
def shared_run_folder(keras, prepared_dataset, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGCLS_RUNS", str(tmp_path_factory.mktemp("shared_run")))
        patch.setenv("IMGCLS_CACHE", str(prepared_dataset("digits").parent.parent))
        patch.delenv("IMGCLS_DATA", raising=False)

        def stop_after_the_sixth(line):
            if line["kind"] == "epoch" and line["epoch"] == 6:
                (run,) = runs.all_runs()
                run.send_request(stop=True)

        # Stopped within the seventh epoch, the weights are no longer those of the best one.
        config = DIGITS.changed(normalisation="standardised", rotation=5, epochs=100, early_stopping=False)
        return train(config, stop_after_the_sixth).folder


@pytest.fixture
def shared_run(shared_run_folder, digits):
    folder = paths.runs_folder() / shared_run_folder.name
    shutil.copytree(shared_run_folder, folder)
    return runs.Run(folder)


def test_a_few_epochs_reach_90_percent_on_digits(shared_run):
    result = shared_run.result
    assert result["outcome"] == "stopped"
    assert result["test_accuracy"] > 0.9
    assert result["val_accuracy"] > 0.85
    assert result["epochs"] == 6
    assert result["message"] == ""
    assert result["parameters"] == 64 * 64 + 64 + 64 * 32 + 32 + 32 * 10 + 10
    assert result["seconds"] >= result["training_seconds"] > 0
    assert result["precision"] == "float32"
    given = "config.json data.json label.txt live.npz request.json .trainer.lock"
    written = "checkpoint.npz gallery.npz heartbeat metrics.jsonl model.json model.keras model.tflite predictions.npz"
    explained = ".inside.lock doctor.json epochs.npz inside.json inside.npz inside.tflite neighbours.npz validation.npz"
    depends_on_the_cpu = {"served.json", "served.tflite"}
    assert {path.name for path in shared_run.folder.iterdir()} - depends_on_the_cpu == {
        *given.split(),
        *explained.split(),
        *written.split(),
        "process.json",
        "result.json",
    }


def test_the_metrics_log_of_a_run_is_complete(shared_run, strict_lines):
    lines = strict_lines(shared_run.folder / "metrics.jsonl")
    assert [line["phase"] for line in lines if line["kind"] == "phase"] == ["loading", "training", "testing", "saving"]
    curves = Curves(shared_run.folder / "metrics.jsonl").refresh()
    assert len(curves.epochs) == 6
    assert curves.best["epoch"] == shared_run.result["best_epoch"]
    assert curves.best["val_loss"] == min(line["val_loss"] for line in curves.epochs)
    assert curves.plan["steps"] == -(-1221 // 32)


def test_validation_images_come_from_training_and_never_from_the_test_set(shared_run):
    dataset = datasets.open_dataset("digits")
    config, counts = shared_run.config, shared_run.result["counts"]
    training, validation = datasets.split(
        dataset.y_train, config.train_images, config.validation_fraction, config.seed, 10
    )
    assert counts == {"train": len(training), "validation": len(validation), "test": len(dataset.y_test)}
    assert not set(training) & set(validation)
    assert sorted([*training, *validation]) == list(range(len(dataset.y_train)))
    tested = {image.tobytes() for image in dataset.x_test}
    assert not any(image.tobytes() in tested for image in dataset.x_train)


def test_the_exported_weights_are_those_of_the_best_epoch(keras, shared_run):
    dataset, config = datasets.open_dataset("digits"), shared_run.config
    _, validation = datasets.split(dataset.y_train, config.train_images, config.validation_fraction, config.seed, 10)
    model = keras.models.load_model(shared_run.folder / "model.keras")
    probabilities = model(dataset.x_train[validation]).numpy().astype(float)
    labels = dataset.y_train[validation]
    loss = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
    assert loss == pytest.approx(shared_run.result["val_loss"], abs=1e-4)
    assert (probabilities.argmax(1) == labels).mean() == pytest.approx(shared_run.result["val_accuracy"], abs=1e-6)


def test_the_exported_model_takes_raw_pixels(keras, shared_run):
    images = np.random.default_rng(0).integers(0, 256, (100, 8, 8, 1), dtype=np.uint8)
    expected = keras.models.load_model(shared_run.folder / "model.keras")(images).numpy()
    assert np.abs(Predictor(shared_run.folder / "model.tflite").probabilities(images) - expected).max() < 1e-3
    with np.load(shared_run.folder / "predictions.npz", allow_pickle=False) as file:
        right = (file["probabilities"].argmax(1) == file["labels"]).mean()
        assert np.isfinite(file["probabilities"]).all()
    assert right == pytest.approx(shared_run.result["test_accuracy"])


def stop_at(kind: str):
    """A listener that requests a stop at the first line of a kind, or at a phase."""

    def listen(line):
        if kind in (line["kind"], line.get("phase")):
            (run,) = runs.all_runs()
            run.send_request(stop=True)

    return listen


def test_a_stop_before_the_first_step_saves_no_model(digits):
    run = train(DIGITS, stop_at("training"))
    assert run.state == "stopped"
    assert run.result["message"] == (
        "Stopped before the first training step, so there is no model. Start the run again to get one."
    )
    assert not run.is_ready
    assert not (run.folder / "model.keras").exists()


def test_a_stop_within_the_first_epoch_keeps_a_model(digits):
    run = train(DIGITS.changed(batch_size=1, epochs=1000), stop_at("batch"))  # an epoch has more than one line
    assert run.state == "stopped"
    result = run.result
    assert result["message"] == "Stopped during the first epoch; the saved model has the weights from that point."
    assert (result["epochs"], result["best_epoch"]) == (0, 0)
    assert run.is_ready
    assert run.is_tested
    assert (run.folder / "model.keras").exists()


def test_a_nan_loss_is_explained(digits, strict_lines):
    run = train(DIGITS.changed(optimizer="sgd", learning_rate=1e6, epochs=50, early_stopping=False))
    result = run.result
    lines = strict_lines(run.folder / "metrics.jsonl")
    assert run.state == "failed"
    assert result["message"] == (
        "Training stopped at epoch 1: the loss is no longer a number. Try a smaller learning rate (it was 1e+06)."
    )
    assert lines[-1]["kind"] == "batch"
    assert lines[-1]["loss"] is None
    assert not run.is_ready


# ---- the gallery


@settings(max_examples=100)
@given(st.integers(1, 300), st.integers(2, 8), st.integers(9, 120), st.floats(0, 1), st.integers(0, 2**32 - 1))
@example(count=29, classes=5, most=13, skill=0.0, seed=1)
def test_the_gallery_has_errors_and_an_example_of_every_class(count, classes, most, skill, seed):
    from imgcls.evaluation.predictions import gallery_indices

    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, count)
    probabilities = random.dirichlet(np.ones(classes), count)
    sure = random.random(count) < skill
    probabilities[sure, labels[sure]] += 1
    probabilities /= probabilities.sum(1, keepdims=True)
    right = probabilities.argmax(1) == labels

    chosen = gallery_indices(probabilities, labels, most)
    assert list(chosen) == sorted(set(chosen))
    assert len(chosen) <= most
    wrong_ones, right_ones = chosen[~right[chosen]], chosen[right[chosen]]
    assert len(wrong_ones) == min((~right).sum(), most * 2 // 3)
    assert len(right_ones) == min(right.sum(), most - len(wrong_ones))
    left_out = np.setdiff1d(np.flatnonzero(~right), wrong_ones)
    if len(left_out) and len(wrong_ones):
        assert probabilities[left_out].max() <= probabilities[wrong_ones].max(1).min()
    if len(right_ones) >= classes:
        assert set(labels[right_ones]) == set(labels[right])
