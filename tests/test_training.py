"""The training loop and what a trainer leaves: exact on toy data, real on the small digits."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imgcls import datasets, places, runs
from imgcls.config import Config
from imgcls.curves import Curves
from imgcls.serving import Predictor

pytestmark = [pytest.mark.usefixtures("keras"), pytest.mark.timeout(300)]

TOY = Config(
    model="ann",
    model_settings={"units": 16, "hidden_layers": 1, "dropout": 0.0},
    batch_size=16,
    epochs=3,
    learning_rate=0.05,
)


def toy(count: int, *, wrong: bool = False):
    """Three classes that differ in brightness; `wrong` gives every picture the label of another class."""
    from imgcls.training.loop import Part

    labels = np.arange(count, dtype=np.int32) % 3
    noise = np.random.default_rng(count).integers(0, 40, (count, 4, 4, 1))
    return Part((noise + labels[:, None, None, None] * 100).astype(np.uint8), (labels + wrong) % 3)


@pytest.fixture
def looped(keras, tmp_path):
    """Makes a loop over toy data: `looped(config, validation=..., listener=...)`; its lines lie in `loop.lines()`."""
    from imgcls.training import network
    from imgcls.training.journal import Journal
    from imgcls.training.loop import Loop

    def make(config=TOY, *, training=None, validation=None, listener=lambda line: None, stop=lambda: False):
        keras.utils.clear_session()
        keras.utils.set_random_seed(config.seed)
        training, validation = training or toy(48), validation or toy(15)
        path = tmp_path / f"metrics-{len(list(tmp_path.iterdir()))}.jsonl"
        model = network.build(config, (4, 4, 1), 3, training.pictures)
        kept = []
        on_best = lambda model: kept.append(model.get_weights())  # noqa: E731
        loop = Loop(config, model, training, validation, Journal(path, listener), stop, on_best)
        loop.kept = kept
        loop.lines = lambda kind="epoch": [line for line in strict_lines(path) if line["kind"] == kind]
        return loop

    return make


def strict_lines(path) -> list[dict]:
    """The lines of a journal, read by a reader that accepts neither NaN nor infinity."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return [json.loads(line, parse_constant=refuse) for line in path.read_text().splitlines()]


def same_weights(first, second, within=0.0) -> bool:
    return all(np.abs(a - b).max() <= within for a, b in zip(first, second, strict=True))


# ---- the loop, on toy data


def test_it_learns_three_levels_of_grey(looped):
    loop = looped(TOY.changed(epochs=15))
    loop.run()
    assert loop.best["val_accuracy"] == 1
    assert loop.epochs_done == 15
    assert loop.steps_done == 15 * 3
    assert [line["epoch"] for line in loop.lines()] == list(range(1, 16))
    assert loop.lines("batch")[-1]["epoch"] == 15


def test_the_weights_of_the_best_epoch_are_kept(looped):
    loop = looped(validation=toy(15, wrong=True))
    loop.run()
    # The validation labels contradict the training: the first epoch is the best, and later ones are worse.
    assert [line["best"] for line in loop.lines()] == [True, False, False]
    assert loop.best["epoch"] == 1
    assert len(loop.kept) == 1
    assert same_weights(loop.best_weights, loop.kept[0])
    assert not same_weights(loop.best_weights, loop.model.get_weights())
    loop.model.set_weights(loop.best_weights)
    loss, accuracy = loop.judged(loop.validation)
    assert loss == pytest.approx(loop.lines()[0]["val_loss"], abs=1e-6)
    assert accuracy == pytest.approx(loop.lines()[0]["val_accuracy"], abs=1e-6)


@pytest.mark.parametrize(("early_stopping", "epochs"), [(True, 3), (False, 6)])
def test_early_stopping_stops_after_its_patience(looped, early_stopping, epochs):
    loop = looped(TOY.changed(epochs=6, patience=2, early_stopping=early_stopping), validation=toy(15, wrong=True))
    loop.run()
    assert loop.epochs_done == epochs
    assert not loop.was_stopped


def test_the_learning_rate_is_lowered_when_validation_stalls(looped):
    config = TOY.changed(
        epochs=6,
        reduce_on_plateau=True,
        plateau_patience=2,
        plateau_factor=0.5,
        learning_rate=0.01,
        early_stopping=False,
    )
    loop = looped(config, validation=toy(15, wrong=True))
    loop.run()
    rates = [line["learning_rate"] for line in loop.lines()]
    assert rates == pytest.approx([0.01, 0.01, 0.01, 0.005, 0.005, 0.0025], rel=1e-5)
    steady = looped(config.changed(reduce_on_plateau=False), validation=toy(15, wrong=True))
    steady.run()
    assert [line["learning_rate"] for line in steady.lines()] == pytest.approx([0.01] * 6, rel=1e-5)


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
def test_what_is_monitored_decides_which_epoch_is_the_best(looped, monitor, loss, accuracy, better):
    loop = looped(TOY.changed(monitor=monitor))
    assert loop._is_better(9.0, 0.0)
    loop.best = {"val_loss": 0.5, "val_accuracy": 0.7}
    assert loop._is_better(loss, accuracy) is better


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop", "nadam"])
def test_every_optimizer_learns(looped, name):
    loop = looped(TOY.changed(optimizer=name, learning_rate=0.01, epochs=6))
    before = loop.judged(loop.validation)[0]
    loop.run()
    assert loop.best["val_loss"] < 0.9 * before


def test_both_losses_are_the_same_cross_entropy(looped):
    one_hot, sparse = looped(), looped(TOY.changed(loss="sparse_categorical_crossentropy"))
    assert same_weights(one_hot.model.get_weights(), sparse.model.get_weights())
    assert one_hot.judged(one_hot.validation) == pytest.approx(sparse.judged(sparse.validation), abs=1e-5)
    one_hot.run()
    sparse.run()
    assert same_weights(one_hot.best_weights, sparse.best_weights, within=1e-5)
    for first, second in zip(one_hot.lines(), sparse.lines(), strict=True):
        assert first["val_loss"] == pytest.approx(second["val_loss"], abs=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_label_smoothing_takes_certainty_from_the_true_class(looped, smoothing):
    loop = looped(TOY.changed(label_smoothing=smoothing, model_settings=TOY.model_settings | {"dropout": 0.0}))
    probabilities = loop.model(loop.validation.pictures).numpy().astype(float)
    truth = np.eye(3)[loop.validation.labels]

    def cross_entropy(targets):
        return -(targets * np.log(probabilities)).sum(1).mean()

    loss, accuracy = loop.judged(loop.validation)
    learnt_from, _ = loop._step(loop.validation.pictures, loop.validation.labels)
    assert float(learnt_from) == pytest.approx(cross_entropy(truth * (1 - smoothing) + smoothing / 3), abs=1e-5)
    assert loss == pytest.approx(cross_entropy(truth), abs=1e-5)  # judged without it
    assert accuracy == pytest.approx((probabilities.argmax(1) == loop.validation.labels).mean(), abs=1e-6)


def test_means_weigh_a_small_last_batch_by_its_pictures(looped, monkeypatch):
    from imgcls.training import loop as module

    loop = looped()
    whole = loop.judged(loop.validation)
    monkeypatch.setattr(module, "EVALUATION_BATCH", 4)
    assert loop.judged(loop.validation) == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("augmentation", [{}, {"rotation": 20, "shift": 1}])
def test_the_same_seed_gives_the_same_curve(looped, augmentation):
    config = TOY.changed(model_settings={"units": 16, "hidden_layers": 1, "dropout": 0.3}, **augmentation)
    curves = []
    for seed in (3, 3, 4):
        loop = looped(config.changed(seed=seed))
        loop.run()
        curves.append([line["val_loss"] for line in loop.lines()])
    assert curves[0] == pytest.approx(curves[1], abs=1e-6)
    assert curves[0] != pytest.approx(curves[2], abs=1e-4)


def test_every_picture_is_seen_once_an_epoch_in_another_order(looped):
    loop = looped(TOY.changed(batch_size=10))
    first, second = ([batch[0] for batch in loop._batches(epoch)] for epoch in (1, 2))
    assert [len(batch) for batch in first] == [10, 10, 10, 10, 8]
    everything = sorted(picture.tobytes() for picture in loop.training.pictures)
    for epoch in (first, second):
        assert sorted(picture.tobytes() for batch in epoch for picture in batch) == everything
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))


def test_augmentation_changes_training_pictures_and_no_others(looped):
    loop = looped(TOY.changed(shift=2, flip=True))
    originals = {picture.tobytes() for picture in loop.training.pictures}
    seen = {picture.tobytes() for batch, _ in loop._batches(1) for picture in batch}
    assert not seen <= originals
    assert len(loop.model.layers) == len(looped(TOY).model.layers)


def test_a_stop_is_heard_at_the_next_batch(looped):
    asked = []
    loop = looped(TOY.changed(epochs=100), stop=lambda: len(asked) >= 4 or asked.append(1))
    loop.run()
    assert loop.was_stopped
    assert loop.steps_done <= 4
    assert loop.epochs_done <= 1


# ---- a loss that is no number


def test_a_huge_learning_rate_diverges(looped):
    from imgcls.training.loop import Diverged

    deep = {"units": 64, "hidden_layers": 4, "dropout": 0.0, "activation": "gelu"}
    loop = looped(TOY.changed(model_settings=deep, optimizer="sgd", learning_rate=1e6, epochs=50, early_stopping=False))
    with pytest.raises(Diverged) as diverged:
        loop.run()
    assert 1 <= diverged.value.args[0] <= 50
    assert loop.lines("batch")[-1]["epoch"] >= diverged.value.args[0] - 1
    if loop.best_weights:
        assert all(np.isfinite(weights).all() for weights in loop.best_weights)


def test_a_loss_that_is_no_number_ends_a_long_epoch_at_once(looped, monkeypatch):
    from imgcls.training import journal
    from imgcls.training.loop import Diverged

    def spoil(line):
        if line["kind"] == "batch" and line["epoch"] < 0.2:
            loop.model.set_weights([weights * np.nan for weights in loop.model.get_weights()])

    monkeypatch.setattr(journal, "LINE_SECONDS", 0)  # a line for every batch
    loop = looped(TOY.changed(batch_size=4), listener=spoil)
    with pytest.raises(Diverged) as diverged:
        loop.run()
    assert diverged.value.args == (1,)
    assert loop.steps_done == 2  # of 12: the first that was learnt with such weights
    assert loop.best is None


def test_a_validation_loss_that_is_no_number_is_never_the_best(looped):
    from imgcls.training.loop import Diverged

    def spoil(line):
        if line["kind"] == "batch" and line["epoch"] == 2:
            loop.model.set_weights([weights * np.nan for weights in loop.model.get_weights()])

    loop = looped(listener=spoil)
    with pytest.raises(Diverged) as diverged:
        loop.run()
    assert diverged.value.args == (2,)
    assert loop.best["epoch"] == 1
    assert all(np.isfinite(weights).all() for weights in loop.best_weights)


def test_weights_that_are_no_numbers_are_not_kept_after_a_stop(looped):
    from imgcls.training.trainer import _keep_what_there_is

    loop = looped()
    assert _keep_what_there_is(loop, loop.validation) is None  # no step was made
    loop.steps_done = 1
    good = loop.model.get_weights()
    loop.model.set_weights([weights * np.nan for weights in good])
    assert _keep_what_there_is(loop, loop.validation) is None
    assert loop.best is None
    loop.model.set_weights(good)
    assert "within its first epoch" in _keep_what_there_is(loop, loop.validation)
    assert loop.best["epoch"] == 0


def test_the_journal_is_strict_json_and_keeps_small_numbers(tmp_path):
    from imgcls.training.journal import Journal

    told = []
    journal = Journal(tmp_path / "metrics.jsonl", told.append)
    journal.phase("training")
    journal.plan(train=3)
    journal.batch(epoch=0.5, loss=float("nan"), rate=float("inf"))
    journal.epoch(epoch=1, learning_rate=5e-9, val_loss=1.23456789, best=True)
    assert strict_lines(tmp_path / "metrics.jsonl") == told  # flushed line by line, before it is closed
    assert told == [
        {"kind": "phase", "phase": "training"},
        {"kind": "plan", "train": 3},
        {"kind": "batch", "epoch": 0.5, "loss": None, "rate": None},
        {"kind": "epoch", "epoch": 1, "learning_rate": 5e-9, "val_loss": 1.234568, "best": True},
    ]
    journal.close()


# ---- a whole training on the small digits


def train(config: Config, listener=lambda line: None) -> runs.Run:
    """Trains a run in this process, in a thread, as signals are not its business here."""
    from imgcls.training.trainer import Trainer

    run = runs.create(config)
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(Trainer(run, listener=listener, in_turn=False).train).result()
    assert run.result == json.loads(json.dumps(result))
    return run


DIGITS = Config(data="digits", model="ann", model_settings={"units": 64}, batch_size=32, learning_rate=3e-3, epochs=6)


@pytest.fixture(scope="module")
def learnt_folder(keras, shelf, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGCLS_RUNS", str(tmp_path_factory.mktemp("learnt")))
        patch.setenv("IMGCLS_CACHE", str(shelf("digits").parent.parent))
        patch.delenv("IMGCLS_DATA", raising=False)

        def stop_after_the_sixth(line):
            if line["kind"] == "epoch" and line["epoch"] == 6:
                (run,) = runs.everything()
                run.ask_to_stop()

        # Stopped within the seventh epoch, the weights are no longer those of the best one.
        config = DIGITS.changed(normalisation="standardised", shift=1, epochs=100, early_stopping=False)
        return train(config, stop_after_the_sixth).folder


@pytest.fixture
def learnt(learnt_folder, digits):
    folder = places.runs_folder() / learnt_folder.name
    shutil.copytree(learnt_folder, folder)
    return runs.Run(folder)


def test_a_few_epochs_read_nine_of_ten_digits(learnt):
    result = learnt.result
    assert result["outcome"] == "stopped"
    assert result["test_accuracy"] > 0.9
    assert result["val_accuracy"] > 0.85
    assert result["epochs"] == 6
    assert result["message"] == ""
    assert result["parameters"] == 64 * 64 + 64 + 64 * 32 + 32 + 32 * 10 + 10
    assert result["seconds"] >= result["training_seconds"] > 0
    written = "gallery.npz heartbeat metrics.jsonl model.json model.keras model.tflite predictions.npz result.json"
    assert {path.name for path in learnt.folder.iterdir()} == {
        "config.json",
        "label.txt",
        "request.json",
        *written.split(),
    }


def test_the_journal_of_a_run_tells_its_whole_story(learnt):
    lines = strict_lines(learnt.folder / "metrics.jsonl")
    assert [line["phase"] for line in lines if line["kind"] == "phase"] == ["loading", "training", "testing", "saving"]
    curves = Curves(learnt.folder / "metrics.jsonl").refresh()
    assert len(curves.epochs) == 6
    assert curves.best["epoch"] == learnt.result["best_epoch"]
    assert curves.best["val_loss"] == min(line["val_loss"] for line in curves.epochs)
    assert curves.plan["steps"] == -(-1221 // 32)


def test_validation_is_cut_from_the_training_pictures_and_never_from_the_test(learnt):
    dataset = datasets.open_dataset("digits")
    config, counts = learnt.config, learnt.result["counts"]
    training, validation = datasets.split(dataset.y_train, config.pictures, config.validation_share, config.seed, 10)
    assert counts == {"train": len(training), "validation": len(validation), "test": len(dataset.y_test)}
    assert not set(training) & set(validation)
    assert sorted([*training, *validation]) == list(range(len(dataset.y_train)))
    tested = {picture.tobytes() for picture in dataset.x_test}
    assert not any(picture.tobytes() in tested for picture in dataset.x_train)


def test_the_exported_weights_are_those_of_the_best_epoch(keras, learnt):
    dataset, config = datasets.open_dataset("digits"), learnt.config
    _, validation = datasets.split(dataset.y_train, config.pictures, config.validation_share, config.seed, 10)
    model = keras.models.load_model(learnt.folder / "model.keras")
    probabilities = model(dataset.x_train[validation]).numpy().astype(float)
    labels = dataset.y_train[validation]
    loss = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
    assert loss == pytest.approx(learnt.result["val_loss"], abs=1e-4)
    assert (probabilities.argmax(1) == labels).mean() == pytest.approx(learnt.result["val_accuracy"], abs=1e-6)


def test_the_model_of_the_pages_takes_the_same_raw_pixels(keras, learnt):
    pictures = np.random.default_rng(0).integers(0, 256, (100, 8, 8, 1), dtype=np.uint8)
    expected = keras.models.load_model(learnt.folder / "model.keras")(pictures).numpy()
    assert np.abs(Predictor(learnt.folder / "model.tflite").probabilities(pictures) - expected).max() < 1e-3
    with np.load(learnt.folder / "predictions.npz", allow_pickle=False) as file:
        right = (file["probabilities"].argmax(1) == file["labels"]).mean()
        assert np.isfinite(file["probabilities"]).all()
    assert right == pytest.approx(learnt.result["test_accuracy"])


def test_an_export_that_answers_differently_is_not_trusted(looped, tmp_path, monkeypatch):
    from imgcls.training import network

    class Wrong(Predictor):
        def probabilities(self, pictures):
            return super().probabilities(pictures)[:, ::-1]

    monkeypatch.setattr(network, "Predictor", Wrong)
    with pytest.raises(RuntimeError, match=r"^The exported model answers differently: by \d\.\d+ on 15 pictures\.$"):
        network.export_litert(looped().model, tmp_path / "model.tflite", toy(15).pictures)


def test_a_stop_within_the_first_epoch_keeps_a_model(digits):
    def stop(line):
        if line.get("phase") == "training":
            (run,) = runs.everything()
            run.ask_to_stop()

    run = train(DIGITS.changed(epochs=1000), stop)
    assert run.state == "stopped"
    result = run.result
    assert result["message"] == "It was stopped within its first epoch; the model holds what it had learnt until then."
    assert (result["epochs"], result["best_epoch"]) == (0, 0)
    assert run.is_ready
    assert run.is_tested
    assert (run.folder / "model.keras").exists()


def test_a_loss_that_is_no_number_is_explained(digits):
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


# ---- which test pictures are kept to be shown


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 300), st.integers(2, 8), st.integers(9, 120), st.floats(0, 1), st.integers(0, 2**32 - 1))
@example(count=29, classes=5, most=13, skill=0.0, seed=1)
def test_the_gallery_holds_mistakes_and_an_example_of_every_class(count, classes, most, skill, seed):
    from imgcls.training.conclude import gallery_indices

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
