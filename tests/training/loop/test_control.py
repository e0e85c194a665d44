"""Controlling training: schedules, requests, pauses, stops, checkpoints, extended runs."""

import numpy as np
import pytest

from imgcls.config import schedules
from imgcls.runs.requests import RunRequest
from tests.support.training.toys import TOY, same_weights, toy

pytestmark = [pytest.mark.usefixtures("keras"), pytest.mark.timeout(300)]

LONG = TOY.changed(epochs=6, learning_rate=0.01, early_stopping=False)
STEPS = 3  # per epoch: 48 images in batches of 16


def rates_of(loop) -> list[float]:
    return [line["learning_rate"] for line in loop.lines()]


# ---- schedules


def test_the_learning_rate_is_lowered_when_validation_stalls(make_loop):
    config = LONG.changed(schedule="plateau", plateau_patience=2, plateau_factor=0.5)
    loop = make_loop(config, validation=toy(15, wrong=True))
    loop.run()
    assert rates_of(loop) == pytest.approx([0.01, 0.01, 0.01, 0.005, 0.005, 0.0025], rel=1e-5)
    steady = make_loop(LONG, validation=toy(15, wrong=True))
    steady.run()
    assert rates_of(steady) == pytest.approx([0.01] * 6, rel=1e-5)


@pytest.mark.parametrize("name", ["step", "cosine", "one_cycle"])
def test_a_schedule_sets_the_rate_of_every_step(make_loop, name):
    config = LONG.changed(schedule=name, step_epochs=2)
    seen = {}
    loop = make_loop(
        config,
        asking=lambda loop: seen.setdefault(loop.steps_done, float(loop.optimizer.learning_rate)) and RunRequest(),
    )
    loop.run()
    planned = [schedules.rate(config, step, STEPS) for step in range(6 * STEPS)]
    assert [seen[step + 1] for step in range(6 * STEPS)] == pytest.approx(planned, rel=1e-5)
    assert rates_of(loop) == pytest.approx(planned[STEPS - 1 :: STEPS], rel=1e-5)


# ---- requests


def test_a_new_learning_rate_applies_from_the_next_step_and_is_marked_on_the_curve(make_loop):
    loop = make_loop(LONG, asking=lambda loop: RunRequest(learning_rate=0.002 if loop.steps_done >= 4 else None))
    loop.run()
    assert rates_of(loop) == pytest.approx([0.01] + [0.002] * 5, rel=1e-5)
    (mark,) = loop.lines("change")
    assert (mark["epoch"], mark["what"], mark["value"]) == (1.333333, "learning_rate", 0.002)


def test_the_same_learning_rate_can_be_requested_again_after_a_plateau_lowered_it(make_loop):
    config = LONG.changed(schedule="plateau", plateau_patience=1, plateau_factor=0.5)
    once = RunRequest(learning_rate=0.008, rate_number=1)
    loop = make_loop(
        config,
        validation=toy(15, wrong=True),
        asking=lambda loop: once if loop.epochs_done < 4 else once.changed(rate_number=2),
    )
    loop.run()
    assert rates_of(loop) == pytest.approx([0.008, 0.008, 0.004, 0.002, 0.008, 0.004], rel=1e-5)
    assert [mark["number"] for mark in loop.lines("change")] == [1, 2]


def test_after_a_new_learning_rate_the_schedule_keeps_its_shape(make_loop):
    config = LONG.changed(schedule="cosine")
    loop = make_loop(config, asking=lambda loop: RunRequest(learning_rate=0.002 if loop.steps_done >= 6 else None))
    loop.run()
    factor = 0.002 / schedules.rate(config, 6, STEPS)
    planned = [schedules.rate(config, step, STEPS) for step in range(STEPS - 1, 6 * STEPS, STEPS)]
    assert rates_of(loop) == pytest.approx(planned[:2] + [rate * factor for rate in planned[2:]], rel=1e-5)


def test_early_stopping_can_be_enabled_and_its_patience_starts_then(make_loop):
    config = LONG.changed(epochs=20, patience=2)
    loop = make_loop(
        config,
        validation=toy(15, wrong=True),
        asking=lambda loop: RunRequest(early_stopping=True if loop.epochs_done >= 4 else None),
    )
    loop.run()
    assert loop.epochs_done == 6  # requested within the fifth
    assert not loop.was_stopped
    (mark,) = loop.lines("change")
    assert (mark["epoch"], mark["what"], mark["value"]) == (4.333333, "early_stopping", True)


def test_early_stopping_can_be_disabled(make_loop):
    config = LONG.changed(early_stopping=True, patience=2)
    loop = make_loop(config, validation=toy(15, wrong=True), asking=lambda loop: RunRequest(early_stopping=False))
    loop.run()
    assert loop.epochs_done == 6


def test_early_stopping_can_be_disabled_during_the_deciding_validation(make_loop):
    config = LONG.changed(early_stopping=True, patience=2)
    loop = make_loop(
        config,
        validation=toy(15, wrong=True),
        asking=lambda loop: RunRequest(early_stopping=False if judged else None),
    )
    judged = []
    judge = loop._eval_step
    loop._eval_step = lambda *batch: (judged.append(1) if loop.epochs_done == 2 else None, judge(*batch))[1]
    loop.run()
    assert loop.epochs_done == 6


def test_a_stop_takes_effect_at_the_next_batch(make_loop):
    loop = make_loop(LONG, asking=lambda loop: RunRequest(stop=loop.steps_done >= 4))
    loop.run()
    assert loop.was_stopped
    assert loop.steps_done == 4
    assert loop.epochs_done == 1


def test_a_stop_requested_beforehand_changes_no_weights(make_loop):
    loop = make_loop(LONG, asking=lambda loop: RunRequest(stop=True))
    before = loop.model.get_weights()
    loop.run()
    assert (loop.was_stopped, loop.steps_done) == (True, 0)
    assert same_weights(loop.model.get_weights(), before)


def test_a_pause_writes_a_checkpoint_first_and_changes_no_results(make_loop):
    paused = make_loop(LONG, asking=lambda loop: RunRequest(pause=loop.steps_done in (2, 3)))
    paused.run()
    straight = make_loop(LONG)
    straight.run()
    assert paused.control.pauses == 2
    at_once = [checkpoint.state["step"] for checkpoint, now in paused.control.kept if now]
    assert at_once == [2, 3, 0]  # the second pause is after the last batch of its epoch; the last one is the end
    assert [line["phase"] for line in paused.lines("phase")] == ["paused", "training"] * 2
    assert [line["val_loss"] for line in paused.lines()] == [line["val_loss"] for line in straight.lines()]
    assert same_weights(paused.best_weights, straight.best_weights)


@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_a_pause_takes_effect_during_validation_and_changes_no_results(make_loop, ema_decay):
    config = LONG.changed(ema_decay=ema_decay)
    looks = []
    paused = make_loop(config, asking=lambda loop: RunRequest(pause=len(looks) in (2, 18)))
    paused.evaluation_batch = 5  # three validation batches per epoch
    judge = paused._eval_step
    paused._eval_step = lambda *batch: (looks.append(1), judge(*batch))[1]
    paused.run()
    straight = make_loop(config)
    straight.evaluation_batch = 5
    straight.run()
    assert paused.control.pauses == 2
    assert len(looks) == 6 * 3 + 2 + 1  # the second check and, in the last epoch but one, the first had no effect
    checkpoints = [kept for kept, now in paused.control.kept if now]
    assert [(kept.state["epoch"], kept.state["step"]) for kept in checkpoints] == [(1, 3), (6, 3), (7, 0)]
    assert [line["val_loss"] for line in paused.lines()] == [line["val_loss"] for line in straight.lines()]
    assert same_weights(paused.best_weights, straight.best_weights)
    again = make_loop(config)
    again.evaluation_batch = 5
    again.restore(checkpoints[0])
    again.run()
    assert [line["val_loss"] for line in again.lines()] == [line["val_loss"] for line in straight.lines()]


def test_a_stop_during_a_pause_is_not_recorded_as_a_pause(make_loop):
    loop = make_loop(LONG, asking=lambda loop: RunRequest(pause=True, stop=loop.steps_done == 1))
    loop.run()
    assert (loop.was_stopped, loop.control.pauses) == (True, 0)


# ---- checkpoints

RICH = {
    "plain": LONG,
    "everything": LONG.changed(
        model_settings={"units": 16, "hidden_layers": 1, "dropout": 0.3},
        schedule="one_cycle",
        ema_decay=0.9,
        weight_decay=0.01,
        optimizer="adamw",
        shift=1,
        flip=True,
        label_smoothing=0.1,
    ),
    "plateau": LONG.changed(schedule="plateau", plateau_patience=1, optimizer="sgd"),
}


@pytest.mark.parametrize(
    ("name", "step"), [("plain", 2), ("plain", 3), ("everything", 3), ("everything", 7), ("plateau", 7)]
)
def test_resuming_from_a_checkpoint_reproduces_the_training(make_loop, tmp_path, name, step):
    from imgcls.training.process.checkpoint import Checkpoint

    config = RICH[name]
    paused = make_loop(config, asking=lambda loop: RunRequest(pause=loop.steps_done == step))
    paused.run()
    kept = next(checkpoint for checkpoint, now in paused.control.kept if now)
    kept.write(tmp_path / "checkpoint.npz")
    resumed = make_loop(config)
    for variable in resumed.model.variables[:2]:
        variable.assign(variable.numpy() * 0)  # the initial state of a new process does not matter
    resumed.restore(Checkpoint.read(tmp_path / "checkpoint.npz"))
    assert resumed.steps_done == step
    resumed.run()
    names = ("epoch", "val_loss", "val_accuracy", "loss", "accuracy", "learning_rate", "best")
    table = [[[line[name] for name in names] for line in loop.lines()] for loop in (paused, resumed)]
    assert table[1] == [pytest.approx(row, abs=1e-6) for row in table[0][(step - 1) // STEPS :]]
    assert same_weights(paused.best_weights, resumed.best_weights, within=1e-6)
    assert paused.best["epoch"] == resumed.best["epoch"]


def test_a_resume_is_marked_at_the_position_of_the_last_batch_line(make_loop, monkeypatch):
    from imgcls.training.process import metrics_writer

    monkeypatch.setattr(metrics_writer, "LINE_SECONDS", 0)  # a line for every batch
    config = LONG.changed(epochs=2, batch_size=32)  # a batch of 32, and one of 16
    loop = make_loop(config, asking=lambda loop: RunRequest(pause=True, learning_rate=0.001 * (1 + loop.steps_done)))
    loop.run()
    marks = [line["epoch"] for line in loop.lines("change")]
    assert marks == pytest.approx([2 / 3, 1, 5 / 3, 2], abs=1e-6)
    assert {line["epoch"] for line in loop.lines("batch")} <= set(marks)
    places = []
    for checkpoint, now in loop.control.kept:
        if now:
            other = make_loop(config)
            other.restore(checkpoint)
            places.append(float(f"{other.position:.7g}"))
    assert places == [*marks, 2.0]


def test_a_checkpoint_of_another_network_is_refused(make_loop):
    checkpoint = make_loop(LONG).checkpoint()
    wider = make_loop(LONG.changed(model_settings={"units": 32, "hidden_layers": 1}))
    with pytest.raises(ValueError):
        wider.restore(checkpoint)
    deeper = make_loop(LONG.changed(model_settings={"units": 16, "hidden_layers": 2}))
    with pytest.raises(ValueError):
        deeper.restore(checkpoint)


def test_a_long_epoch_is_checkpointed_before_it_ends(make_loop, monkeypatch):
    from imgcls.training.loop import loop as module

    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0)
    loop = make_loop(LONG.changed(epochs=2))
    loop.run()
    assert [(kept.state["epoch"], kept.state["step"], now) for kept, now in loop.control.kept] == [
        (1, 1, False),
        (1, 2, False),
        (2, 0, False),
        (2, 1, False),
        (2, 2, False),
        (3, 0, False),
        (3, 0, True),
    ]


def test_a_run_that_stopped_early_can_be_extended(make_loop):
    config = LONG.changed(early_stopping=True, patience=2)
    validation = toy(15, wrong=True)
    first = make_loop(config, validation=validation)
    first.run()
    assert (first.epochs_done, first.progress.ended_early) == (3, True)
    checkpoint = first.control.kept[-1][0]
    again = make_loop(config, validation=validation)
    again.restore(checkpoint)
    again.run()
    assert again.epochs_done == 3  # resumed: it is over
    for epochs in (8, config.epochs, 5):  # even if it ends as early as originally planned
        continued = make_loop(config.changed(epochs=epochs), validation=validation)
        continued.restore(checkpoint)
        continued.progress.belong_to("another", continued.config)
        continued.run()
        assert continued.epochs_done == 5  # two more without improvement
        assert continued.best["epoch"] == 1


@pytest.mark.parametrize(("schedule", "expected"), [("constant", 0.004), ("cosine", 0.01 / 2)])
def test_a_requested_rate_is_not_rescaled_when_a_schedule_is_extended(make_loop, schedule, expected):
    config = LONG.changed(schedule=schedule)
    first = make_loop(
        config, asking=lambda loop: RunRequest(learning_rate=0.004) if loop.epochs_done == 5 else RunRequest()
    )
    first.run()
    continued = make_loop(config.changed(epochs=12))
    continued.restore(first.control.kept[-1][0])
    continued.progress.belong_to("another", continued.config)
    assert continued.learning_rate == pytest.approx(expected)


# ---- the moving average


def test_the_averaged_weights_are_evaluated_and_saved(make_loop):
    loop = make_loop(LONG.changed(ema_decay=0.9, epochs=3))
    loop.run()
    last = loop.model.get_weights()
    with loop._average.applied():
        mean = loop.model.get_weights()
    assert not same_weights(last, mean)
    assert same_weights(loop.model.get_weights(), last)
    assert [line["best"] for line in loop.lines()][-1]
    assert same_weights(loop.best_weights, mean)
    loop.model.set_weights(mean)
    logits = np.log(loop.model(loop.validation.images).numpy().astype(float))
    loss = -logits[np.arange(15), loop.validation.labels].mean()
    assert loss == pytest.approx(loop.lines()[-1]["val_loss"], abs=1e-5)


def test_nan_weights_are_not_saved_after_a_stop(make_loop):
    loop = make_loop()
    assert not loop.keep_unfinished_epoch()  # no step was made
    loop.progress.step = 1
    good = loop.model.get_weights()
    loop.model.set_weights([weights * np.nan for weights in good])
    assert not loop.keep_unfinished_epoch()
    assert loop.best is None
    loop.model.set_weights(good)
    assert loop.keep_unfinished_epoch()
    assert loop.best["epoch"] == 0
