"""Multi-label training: sigmoid and binary cross-entropy, as Keras computes them."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from imgcls import models, runs
from imgcls.config import Config
from tests.support.importing.multilabel_uploads import listing, some, with_semicolons
from tests.support.uploads import imported

pytestmark = pytest.mark.usefixtures("keras")

PLAIN = {"units": 16, "hidden_layers": 1, "dropout": 0.0}
LABELS = (np.random.default_rng(2).random((32, 3)) < (0.6, 0.3, 0.1)).astype(np.int32)


def settings(**changes) -> Config:
    common = {"model": "ann", "model_settings": PLAIN, "optimizer": "sgd", "learning_rate": 0.1, "precision": "float32"}
    return Config(**common | changes)


def stripes(count: int):
    """Three labels, each its own bright row: learned within moments."""
    from imgcls.training.loop.batches import Subset

    random = np.random.default_rng(count)
    labels = (random.random((count, 3)) < (0.5, 0.4, 0.2)).astype(np.uint8)
    images = random.integers(0, 60, (count, 4, 4, 1))
    images[:, :3] += 180 * labels[:, :, None, None]
    return Subset.of(images.astype(np.uint8), labels)


@pytest.mark.parametrize("name", models.names())
def test_the_layer_table_matches_the_built_network(keras, name):
    from imgcls.training import model_builder

    if models.has_backbone(name):
        built = model_builder.head(settings(model=name, model_settings={}), 256, 5, True)
    else:
        built = model_builder.build(
            Config(model=name), (32, 32, 3), 5, np.zeros((4, 32, 32, 3), np.uint8), is_multilabel=True
        )
    rows = models.table(name, (32, 32, 3), 5, {}, is_multilabel=True)
    last = built.layers[-1]
    assert (rows[-1].name, rows[-1].kind, rows[-1].detail) == (last.name, type(last).__name__, "sigmoid")
    assert rows[-1].shape == last.output.shape[1:] == (5,)
    assert last.activation is keras.activations.sigmoid


@pytest.mark.parametrize(
    ("smoothing", "loss"),
    [(0.0, "categorical_crossentropy"), (0.2, "categorical_crossentropy"), (0.0, "sparse_categorical_crossentropy")],
)
def test_a_step_matches_keras(keras, smoothing, loss):
    from imgcls.training import model_builder
    from imgcls.training.loop import steps

    images = np.random.default_rng(0).integers(0, 256, (32, 6, 6, 1), dtype=np.uint8)
    config = settings(label_smoothing=smoothing, loss=loss)
    keras.utils.set_random_seed(0)
    model = model_builder.build(config, (6, 6, 1), 3, images, is_multilabel=True)
    before = model.get_weights()
    train_step, eval_step = steps.compile_steps(config, model, steps.optimizer_of(config), is_multilabel=True)
    taken = [[float(value) for value in train_step(images, LABELS)[:2]] for _ in range(3)]
    ours, evaluated = model.get_weights(), [float(value) for value in eval_step(images, LABELS)[:2]]

    model.set_weights(before)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
    logits = model_builder.logits_of(model)
    logits.compile(optimizer=steps.optimizer_of(config), loss=cross_entropy)
    for loss_and_accuracy in taken:
        predicted = model.predict_on_batch(images) >= 0.5
        assert loss_and_accuracy[1] == pytest.approx((predicted == LABELS).all(1).mean())
        assert loss_and_accuracy[0] == pytest.approx(float(logits.train_on_batch(images, LABELS)), rel=1e-5)
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(ours, model.get_weights(), strict=True))
    plain = keras.losses.BinaryCrossentropy()(LABELS, model.predict_on_batch(images))
    assert evaluated[0] == pytest.approx(float(plain), rel=1e-5), "the evaluation loss has no smoothing"


def test_an_untrained_network_has_the_loss_log_2(keras):
    from imgcls.training import model_builder
    from imgcls.training.loop import steps

    images = np.zeros((32, 6, 6, 1), np.uint8)
    model = model_builder.build(settings(), (6, 6, 1), 3, images, is_multilabel=True)
    _, eval_step = steps.compile_steps(settings(), model, steps.optimizer_of(settings()), is_multilabel=True)
    assert float(eval_step(images, LABELS)[0]) == pytest.approx(np.log(2), abs=1e-5)


def test_each_label_is_weighted_like_scikit_learn_balanced():
    from sklearn.utils.class_weight import compute_class_weight

    from imgcls.training.loop.class_weights import class_weights

    weights = class_weights(settings(class_weights=True), LABELS, 3)
    for label in range(3):
        expected = compute_class_weight("balanced", classes=np.arange(2), y=LABELS[:, label])
        assert weights[:, label].tolist() == pytest.approx(expected.tolist())
        assert weights[LABELS[:, label], label].mean() == pytest.approx(1)
    never = class_weights(settings(class_weights=True), LABELS * 0, 3)
    assert never.tolist() == [[1, 1, 1], [0, 0, 0]]


def test_weights_affect_only_the_training_loss(keras):
    from imgcls.training import model_builder
    from imgcls.training.loop import steps
    from imgcls.training.loop.class_weights import class_weights

    images = np.random.default_rng(0).integers(0, 256, (32, 6, 6, 1), dtype=np.uint8)
    config = settings(class_weights=True)
    model = model_builder.build(config, (6, 6, 1), 3, images, is_multilabel=True)
    weights = class_weights(config, LABELS, 3)
    train_step, eval_step = steps.compile_steps(config, model, steps.optimizer_of(config), weights, is_multilabel=True)
    predictions = model.predict_on_batch(images)
    losses = -np.log(np.where(LABELS, predictions, 1 - predictions))
    each = np.where(LABELS, weights[1], weights[0])
    assert float(eval_step(images, LABELS)[0]) == pytest.approx(losses.mean(), rel=1e-4)
    assert float(train_step(images, LABELS)[0]) == pytest.approx((each * losses).mean(), rel=1e-4)


def test_the_loop_learns_labels_and_resumes_exactly(make_loop):
    config = settings(epochs=8, batch_size=16, learning_rate=0.5, class_weights=True, early_stopping=False)

    def trained(config, restored=None):
        loop = make_loop(config, training=stripes(96), validation=stripes(30))
        if restored:
            loop.restore(restored)
        loop.run()
        return loop

    whole = trained(config)
    assert whole.best["val_accuracy"] > 0.9
    halfway = trained(config.changed(epochs=4))
    resumed = trained(config, halfway.checkpoint())
    for expected, found in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        assert np.array_equal(expected, found)


def test_the_gallery_has_errors_first_and_some_correct_predictions():
    from imgcls.evaluation.predictions import worst_indices

    labels = np.tile([[1, 0, 1]], (90, 1)).astype(np.uint8)
    probabilities = np.tile([[0.9, 0.1, 0.9]], (90, 1))
    probabilities[:60, 1] = np.linspace(0.51, 0.99, 60)  # one false label with increasing confidence
    kept = worst_indices(probabilities, labels, 30)
    assert set(kept[kept < 60]) == set(range(40, 60)) and (kept >= 60).sum() == 10
    assert worst_indices(probabilities, labels, 500).tolist() == list(range(90))
    kept = probabilities[worst_indices(probabilities, labels, 6, (0.5, 0.9, 0.5)), 1]
    assert (kept >= 0.9).sum() == 4 and kept.min() > 0.87, "the label thresholds determine errors"


def test_the_threshold_comes_from_validation_images(keras):
    from imgcls.evaluation.metrics import multilabel
    from imgcls.training import model_builder
    from imgcls.training.export import results

    part = stripes(40)
    model = model_builder.build(settings(), (4, 4, 1), 3, part.images, is_multilabel=True)
    predictions = model.predict_on_batch(part.images)
    chosen = results.chosen_thresholds(model, part, batch=7)
    assert chosen.common == multilabel.chosen_threshold(predictions, part.labels)
    assert chosen.of_labels == multilabel.chosen_thresholds(predictions, part.labels)


def test_the_preflight_check_counts_labels_and_overfits_a_batch(keras, tmp_path, monkeypatch):
    from imgcls import datasets
    from imgcls.jobs.preflight import verdicts
    from imgcls.training.preflight import checks
    from imgcls.training.preflight.report import Report

    monkeypatch.setattr(checks, "TIMED_SECONDS", 0.1)
    monkeypatch.setattr(checks, "EVALUATION_SECONDS", 0.05)
    name = imported(listing(tmp_path, with_semicolons(some(60))), side=28)
    config = Config(data=name, model="ann", model_settings={"units": 64}, batch_size=16)
    report = Report(tmp_path)
    checks.check(config, report)
    report.finish()
    found, facts = json.loads((tmp_path / "result.json").read_bytes())["found"], datasets.facts(name)
    training, _ = datasets.training_split(datasets.open_dataset(name), config)
    assert found["counts"] == facts.counted(datasets.open_dataset(name).y_train[training]).tolist()
    assert found["batch_size"] == 32 and found["batch_last"] < found["batch_first"]
    lights = {light.name: light for light in verdicts.judge(config, facts, found)}
    assert "ln(2) = 0.69 for each label" in lights["First loss"].sentence
    assert lights["One batch"].level == verdicts.GOOD, lights["One batch"]


def trained(config: Config) -> runs.Run:
    """Trains a run in this process, in a thread, where no signal handlers are installed."""
    from imgcls.training.trainer import Trainer

    run = runs.create(config)
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(Trainer(run, in_turn=False).train).result()
    assert result["outcome"] == "finished", result
    return run


def test_a_run_has_all_page_data_and_can_be_a_backbone(keras, tmp_path):
    from sklearn import metrics

    from imgcls import datasets
    from imgcls.evaluation.metrics.multilabel import THRESHOLDS
    from imgcls.inference.predictor import Predictor
    from imgcls.models.backbones import RUN

    dataset = datasets.open_dataset(imported(listing(tmp_path, with_semicolons(some(60))), side=28))
    config = Config(data=dataset.facts.name, model="ann", model_settings=PLAIN, batch_size=8, epochs=3)
    first = trained(config)
    base = {"backbone": RUN, "backbone_run": first.id, "fine_tuning_epochs": 1, "fine_tuning_blocks": 1, "dropout": 0.0}
    second = trained(
        config.changed(model="transfer", model_settings=base, class_weights=True, test_time_augmentation=True)
    )
    for run in (first, second):
        with np.load(run.folder / "predictions.npz", allow_pickle=False) as file:
            probabilities, labels = file["probabilities"], file["labels"]
        assert labels.dtype == np.uint8 and np.array_equal(labels, dataset.y_test)
        predictions = Predictor(run.folder / "model.tflite").probabilities(np.asarray(dataset.x_test))
        assert np.abs(predictions - probabilities).max() < 1e-3
        assert np.abs(probabilities.sum(1) - 1).max() > 0.05, "labels are independent"
        assert run.card.is_multilabel is True and run.card.threshold in THRESHOLDS
        assert len(run.card.thresholds) == len(run.card.classes) and set(run.card.thresholds) <= set(
            THRESHOLDS.tolist()
        )
        predicted = probabilities >= np.array(run.card.thresholds)
        result = run.result
        assert result["test_accuracy"] == pytest.approx(metrics.accuracy_score(labels, predicted))
        assert result["test_macro_f1"] == pytest.approx(
            metrics.f1_score(labels, predicted, average="macro", zero_division=0), abs=1e-6
        )
        assert result["test_average_precision"] == pytest.approx(
            metrics.average_precision_score(labels, probabilities), abs=1e-6
        )
        journal = [json.loads(text) for text in (run.folder / "metrics.jsonl").read_text().splitlines()]
        assert next(line for line in journal if line["kind"] == "plan")["several"] is True
    assert np.array(second.result["class_weights"]).shape == (2, 3) and second.result["epochs"] == 4
    with np.load(first.folder / "gallery.npz", allow_pickle=False) as file:
        assert np.array_equal(file["pictures"], dataset.x_test[file["indices"]])
