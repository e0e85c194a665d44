"""The metrics log as a page reads it: truncated, growing, with invalid lines, and the remaining time."""

import math

import numpy as np
import pytest

from imgcls.runs.metrics_log import Curves
from tests.support.training.metrics_logs import PLAN, batch, epoch, lines, read


@pytest.fixture
def log_file(tmp_path):
    return tmp_path / "metrics.jsonl"


def test_every_kind_of_line_is_read(log_file):
    curves = read(log_file, lines({"kind": "phase", "phase": "training"}, PLAN, batch(0.5), batch(1.0), epoch(1)))
    assert curves.phase == "training"
    assert curves.plan["train"] == 200
    assert [line["epoch"] for line in curves.batches] == [0.5, 1.0]
    assert [line["epoch"] for line in curves.epochs] == [1]
    assert curves.total_epochs == 5


def test_a_missing_file_gives_empty_curves(log_file):
    curves = Curves(log_file).refresh()
    assert (curves.phase, curves.batches, curves.epochs, curves.best) == ("", [], [], None)
    assert curves.progress == 0
    assert curves.total_epochs == 0
    assert curves.seconds_left is None
    assert curves.images_per_second == 0


def test_a_truncated_last_line_is_read_once_complete(log_file):
    whole = lines(batch(0.1), batch(0.2))
    curves = Curves(log_file)
    for length in range(len(whole) + 1):
        log_file.write_bytes(whole[:length])
        curves.refresh()
        assert len(curves.batches) == whole[:length].count(b"\n")
    assert [line["epoch"] for line in curves.batches] == [0.1, 0.2]


def test_appended_lines_are_read_once(log_file):
    curves = read(log_file, lines(batch(0.1)))
    assert len(curves.refresh().batches) == 1
    with log_file.open("ab") as file:
        file.write(lines(batch(0.2), epoch(1)))
    curves.refresh()
    assert len(curves.batches) == 2
    assert len(curves.epochs) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"{",
        b"no json",
        b"\0\0\0",
        b"\xff\xfe",
        b"[]",
        b"3",
        b'"kind"',
        b"null",
        b"{}",
        b'{"kind": 3}',
        b"[" * 100_000,
    ],
    ids=lambda garbage: repr(garbage[:12]),
)
def test_an_invalid_line_is_skipped(log_file, garbage):
    curves = read(log_file, lines(batch(0.1)) + garbage + b"\n" + lines(batch(0.2)))
    assert [line["epoch"] for line in curves.batches] == [0.1, 0.2]


def test_null_missing_and_nan_values_are_nan_in_a_series(log_file):
    nan = b'{"kind": "batch", "epoch": 0.3, "loss": NaN}\n'
    content = lines(batch(0.1, loss=None), {"kind": "batch", "epoch": 0.2}) + nan
    curves = read(log_file, content + lines(batch(0.4, loss="high"), batch(0.5)))
    epochs, losses = curves.series("batches", "epoch", "loss")
    assert losses.dtype == np.float32
    assert np.isnan(losses[:4]).all()
    assert losses[4] == 0.5
    assert epochs.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1" + "0" * 400, '"many"', "[]", "-3", "1.5", "null", "true"])
@pytest.mark.parametrize("name", ["train", "epochs", "steps", "parameters", "head_epochs"])
def test_an_impossible_value_in_the_plan_is_dropped_and_reported(log_file, name, value):
    written = lines({**PLAN, "head_epochs": 2, name: "X"}).replace(b'"X"', value.encode())
    curves = read(log_file, written + lines(batch(0.5), batch(1.0), epoch(1)))
    # Without a backbone there are none, and invalid numbers are read as null.
    is_allowed = name == "head_epochs" and value in ("null", "NaN", "Infinity", "1" + "0" * 400)
    assert curves.is_damaged is not is_allowed
    assert curves.plan.get(name) is None
    for value_of in (Curves.total_epochs, Curves.seconds_left, Curves.progress, Curves.stage_end):
        assert value_of.fget(curves) is None or math.isfinite(value_of.fget(curves))


def test_an_incomplete_line_of_a_killed_trainer_is_not_damage(log_file):
    assert not read(log_file, lines(batch(0.1)) + b'{"kind": "epo\n' + lines(batch(0.2))).is_damaged
    assert read(log_file, lines(batch(0.1)) + b"\xff\x00\n").is_damaged


def test_an_empty_series_is_an_empty_array(log_file):
    (losses,) = Curves(log_file).series("epochs", "val_loss")
    assert losses.shape == (0,)


def test_the_best_epoch_is_the_last_one_marked(log_file):
    curves = read(log_file, lines(epoch(1, best=True), epoch(2, best=True), epoch(3)))
    assert curves.best["epoch"] == 2


def test_progress_includes_the_fraction_of_the_current_epoch(log_file):
    assert read(log_file, lines(PLAN, batch(0.25))).progress == 0.25
    assert read(log_file, lines(PLAN, batch(1.0), epoch(1))).progress == 1
    assert read(log_file, lines(PLAN, batch(1.0), epoch(1), batch(1.5))).progress == 1.5
    assert read(log_file, lines(PLAN, batch(None))).progress == 0


def test_the_time_left_follows_the_pace_of_the_last_epochs(log_file):
    curves = read(log_file, lines(PLAN, batch(1.0), epoch(1), batch(2.0), epoch(2, seconds=4.0), batch(2.5)))
    assert curves.seconds_left == 2.5 * 3.0
    many = [epoch(number, seconds=seconds) for number, seconds in ((1, 100.0), (2, 1.0), (3, 1.0), (4, 1.0))]
    assert read(log_file, lines(PLAN, *many)).seconds_left == 1.0


def test_the_time_left_follows_the_rate_within_the_first_epoch(log_file):
    curves = read(log_file, lines(PLAN, batch(0.5)))
    assert curves.images_per_second == 100
    assert curves.seconds_left == 4.5 * 200 / 100


def test_the_time_left_is_unknown_rather_than_wrong(log_file):
    assert read(log_file, lines(batch(0.5))).seconds_left is None
    assert read(log_file, lines(PLAN)).seconds_left is None
    assert read(log_file, lines(PLAN, batch(0.5, rate=None))).seconds_left is None
    assert read(log_file, lines(PLAN, batch(5.0), *(epoch(number) for number in range(1, 6)))).seconds_left is None


def test_the_rate_skips_lines_without_one(log_file):
    curves = read(log_file, lines(batch(0.1, rate=0.0), batch(0.2, rate=None), batch(0.3, rate=50.0)))
    assert curves.images_per_second == 50
    assert math.isfinite(curves.images_per_second)


def test_a_pause_is_a_phase_and_later_lines_continue(log_file):
    curves = read(log_file, lines(PLAN, batch(0.5), {"kind": "phase", "phase": "paused"}))
    assert curves.phase == "paused"
    with log_file.open("ab") as file:
        file.write(lines({"kind": "phase", "phase": "training"}, batch(0.75)))
    assert curves.refresh().phase == "training"
    assert curves.progress == 0.75


def test_hardware_usage_is_read_as_columns(log_file):
    curves = read(
        log_file, lines(batch(0.5, learning_rate=0.1, gradient_norm=2.5, memory=512.5, processor=150.0), batch(1.0))
    )
    columns = curves.series("batches", "learning_rate", "gradient_norm", "memory", "processor")
    assert [column[0] for column in columns] == pytest.approx([0.1, 2.5, 512.5, 150.0])
    assert all(np.isnan(column[1]) for column in columns)
