"""The training loop on toy data: learning, best weights, counters and log lines."""

import numpy as np
import pytest

from imgcls.training.loop.state import Progress
from tests.support.training.toys import TOY, same_weights, toy

pytestmark = [pytest.mark.usefixtures("keras"), pytest.mark.timeout(300)]


def test_it_learns_three_grey_levels(make_loop):
    loop = make_loop(TOY.changed(epochs=15))
    loop.run()
    assert loop.best["val_accuracy"] == 1
    assert loop.epochs_done == 15
    assert loop.steps_done == 15 * 3
    assert [line["epoch"] for line in loop.lines()] == list(range(1, 16))
    assert loop.lines("batch")[-1]["epoch"] == 15


def test_the_weights_of_the_best_epoch_are_kept(make_loop):
    loop = make_loop(validation=toy(15, wrong=True))
    loop.run()
    # The validation labels contradict the training: the first epoch is the best, and later ones are worse.
    assert [line["best"] for line in loop.lines()] == [True, False, False]
    assert loop.best["epoch"] == 1
    assert not same_weights(loop.best_weights, loop.model.get_weights())
    loop.model.set_weights(loop.best_weights)
    loss, accuracy = loop.evaluate(loop.validation)
    assert loss == pytest.approx(loop.lines()[0]["val_loss"], abs=1e-6)
    assert accuracy == pytest.approx(loop.lines()[0]["val_accuracy"], abs=1e-6)


@pytest.mark.parametrize(("early_stopping", "epochs"), [(True, 3), (False, 6)])
def test_early_stopping_stops_after_its_patience(make_loop, early_stopping, epochs):
    loop = make_loop(TOY.changed(epochs=6, patience=2, early_stopping=early_stopping), validation=toy(15, wrong=True))
    loop.run()
    assert loop.epochs_done == epochs
    assert not loop.was_stopped


@pytest.mark.parametrize(
    ("monitor", "loss", "accuracy", "better"),
    [
        ("loss", 0.4, 0.1, True),
        ("loss", 0.5, 0.9, False),
        ("loss", 0.6, 0.9, False),
        ("accuracy", 0.9, 0.8, True),
        ("accuracy", 0.4, 0.7, True),
        ("accuracy", 0.5, 0.7, False),
        ("accuracy", 0.1, 0.6, False),
    ],
)
def test_the_monitored_metric_determines_the_best_epoch(monitor, loss, accuracy, better):
    progress = Progress()
    assert progress.is_better(monitor, 9.0, 0.0)
    progress.best = {"val_loss": 0.5, "val_accuracy": 0.7}
    assert progress.is_better(monitor, loss, accuracy) is better


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop", "nadam"])
def test_every_optimizer_learns(make_loop, name):
    loop = make_loop(TOY.changed(optimizer=name, learning_rate=0.01, epochs=6))
    before = loop.evaluate(loop.validation)[0]
    loop.run()
    assert loop.best["val_loss"] < 0.9 * before


def test_both_losses_compute_the_same_cross_entropy(make_loop):
    one_hot, sparse = make_loop(), make_loop(TOY.changed(loss="sparse_categorical_crossentropy"))
    assert same_weights(one_hot.model.get_weights(), sparse.model.get_weights())
    assert one_hot.evaluate(one_hot.validation) == pytest.approx(sparse.evaluate(sparse.validation), abs=1e-5)
    one_hot.run()
    sparse.run()
    assert same_weights(one_hot.best_weights, sparse.best_weights, within=1e-5)
    for first, second in zip(one_hot.lines(), sparse.lines(), strict=True):
        assert first["val_loss"] == pytest.approx(second["val_loss"], abs=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_label_smoothing_lowers_the_confidence_in_the_true_class(make_loop, smoothing):
    loop = make_loop(TOY.changed(label_smoothing=smoothing, model_settings=TOY.model_settings | {"dropout": 0.0}))
    probabilities = loop.model(loop.validation.images).numpy().astype(float)
    truth = np.eye(3)[loop.validation.labels]

    def cross_entropy(targets):
        return -(targets * np.log(probabilities)).sum(1).mean()

    loss, accuracy = loop.evaluate(loop.validation)
    learnt_from, _, _ = loop._train_step(loop.validation.images, loop.validation.labels)
    assert float(learnt_from) == pytest.approx(cross_entropy(truth * (1 - smoothing) + smoothing / 3), abs=1e-5)
    assert loss == pytest.approx(cross_entropy(truth), abs=1e-5)  # evaluated without it
    assert accuracy == pytest.approx((probabilities.argmax(1) == loop.validation.labels).mean(), abs=1e-6)


def test_means_weight_a_small_last_batch_by_its_image_count(make_loop, monkeypatch):
    from imgcls.training.loop import loop as module

    loop = make_loop()
    whole = loop.evaluate(loop.validation)
    monkeypatch.setattr(module, "EVALUATION_BATCH", 4)
    assert loop.evaluate(loop.validation) == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("augmentation", [{}, {"rotation": 20, "shift": 1}])
def test_the_same_seed_gives_the_same_curve(make_loop, augmentation):
    config = TOY.changed(model_settings={"units": 16, "hidden_layers": 1, "dropout": 0.3}, **augmentation)
    curves = []
    for seed in (3, 3, 4):
        loop = make_loop(config.changed(seed=seed))
        loop.run()
        curves.append([line["val_loss"] for line in loop.lines()])
    assert curves[0] == pytest.approx(curves[1], abs=1e-6)
    assert curves[0] != pytest.approx(curves[2], abs=1e-4)


def test_every_image_is_seen_once_per_epoch_in_a_new_order(make_loop):
    loop = make_loop(TOY.changed(batch_size=10))
    first, second = ([batch[0] for batch in loop._batches(epoch)] for epoch in (1, 2))
    assert [len(batch) for batch in first] == [10, 10, 10, 10, 8]
    everything = sorted(image.tobytes() for image in loop.training.images)
    for epoch in (first, second):
        assert sorted(image.tobytes() for batch in epoch for image in batch) == everything
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))


def test_augmentation_changes_only_training_images(make_loop):
    loop = make_loop(TOY.changed(shift=2, flip=True))
    originals = {image.tobytes() for image in loop.training.images}
    seen = {image.tobytes() for batch, _ in loop._batches(1) for image in batch}
    assert not seen <= originals
    assert len(loop.model.layers) == len(make_loop(TOY).model.layers)


# ---- non-finite losses


def test_a_huge_learning_rate_diverges(make_loop):
    from imgcls.training.loop.loop import Diverged

    deep = {"units": 64, "hidden_layers": 4, "dropout": 0.0, "activation": "gelu"}
    loop = make_loop(
        TOY.changed(model_settings=deep, optimizer="sgd", learning_rate=1e6, epochs=50, early_stopping=False)
    )
    with pytest.raises(Diverged) as diverged:
        loop.run()
    assert 1 <= diverged.value.args[0] <= 50
    assert loop.lines("batch")[-1]["epoch"] >= diverged.value.args[0] - 1
    if loop.best_weights:
        assert all(np.isfinite(weights).all() for weights in loop.best_weights)


def test_a_non_finite_loss_ends_a_long_epoch_immediately(make_loop, monkeypatch):
    from imgcls.training.loop.loop import Diverged
    from imgcls.training.process import metrics_writer

    def spoil(line):
        if line["kind"] == "batch" and line["epoch"] < 0.2:
            loop.model.set_weights([weights * np.nan for weights in loop.model.get_weights()])

    monkeypatch.setattr(metrics_writer, "LINE_SECONDS", 0)  # a line for every batch
    loop = make_loop(TOY.changed(batch_size=4), listener=spoil)
    with pytest.raises(Diverged) as diverged:
        loop.run()
    assert diverged.value.args == (1,)
    assert loop.steps_done == 2  # of 12: the first one computed with such weights
    assert loop.best is None


def test_a_non_finite_validation_loss_is_never_the_best(make_loop):
    from imgcls.training.loop.loop import Diverged

    def spoil(line):
        if line["kind"] == "batch" and line["epoch"] == 2:
            loop.model.set_weights([weights * np.nan for weights in loop.model.get_weights()])

    loop = make_loop(listener=spoil)
    with pytest.raises(Diverged) as diverged:
        loop.run()
    assert diverged.value.args == (2,)
    assert loop.best["epoch"] == 1
    assert all(np.isfinite(weights).all() for weights in loop.best_weights)


def test_an_earlier_versions_checkpoint_keeps_its_speed():
    progress = Progress.of(
        {"epoch": 3, "summed": [1.5, 1.0, 2], "timed_pictures": 100, "timed_seconds": 4.0, "gone": 1}
    )
    assert (progress.epoch, progress.summed) == (3, (1.5, 1.0, 2))
    assert progress.images_per_second == 25
