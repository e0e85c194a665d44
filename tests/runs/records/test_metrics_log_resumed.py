"""The metrics log of a killed and resumed run: later epochs of the earlier trainer are dropped."""

import json
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgcls.runs.metrics_log import Curves
from tests.support.training.metrics_logs import PLAN, batch, epoch, lines, read


@pytest.fixture
def log_file(tmp_path):
    return tmp_path / "metrics.jsonl"


def change(at, value, what="learning_rate"):
    return {"kind": "change", "epoch": at, "what": what, "value": value}


def resumed(at):
    return {"kind": "resumed", "epoch": at}


def content_of(curves: Curves) -> dict[str, list]:
    """What a page can see of the three lists, including the cached columns."""
    return {
        "batches": [(line["epoch"], line["loss"]) for line in curves.batches],
        "epochs": [(line["epoch"], line["loss"]) for line in curves.epochs],
        "changes": [(line["epoch"], line["value"]) for line in curves.changes],
        **{f"{lines} {name}": curves.series(lines, name)[0].tolist() for lines in KINDS for name in ("epoch", "loss")},
    }


KINDS = ("batches", "epochs")
BEFORE = [
    PLAN,
    batch(0.5, 1.0),
    batch(1.0, 1.25),
    epoch(1, loss=1.5, best=True),
    batch(1.5, 1.75),
    change(1.5, 0.25),
    batch(2.0, 2.0),
    epoch(2, loss=2.25, best=True),
    batch(2.5, 2.5),
    change(2.75, 0.5),
]


def test_a_change_by_the_user_is_collected(log_file):
    curves = read(log_file, lines(*BEFORE, change(3.0, True, "early_stopping")))
    assert [(line["epoch"], line["what"], line["value"]) for line in curves.changes] == [
        (1.5, "learning_rate", 0.25),
        (2.75, "learning_rate", 0.5),
        (3.0, "early_stopping", True),
    ]


@pytest.mark.parametrize(
    ("at", "batches", "epochs", "changes"),
    [
        (0, [], [], []),
        (0.5, [0.5], [], []),
        (1.0, [0.5, 1.0], [1], []),
        (1.25, [0.5, 1.0], [1], []),
        (1.5, [0.5, 1.0, 1.5], [1], [1.5]),
        (2.0, [0.5, 1.0, 1.5, 2.0], [1, 2], [1.5]),
        (2.5, [0.5, 1.0, 1.5, 2.0, 2.5], [1, 2], [1.5]),
        (2.75, [0.5, 1.0, 1.5, 2.0, 2.5], [1, 2], [1.5, 2.75]),
        (9.0, [0.5, 1.0, 1.5, 2.0, 2.5], [1, 2], [1.5, 2.75]),
    ],
)
def test_later_epochs_of_a_killed_trainer_are_dropped(log_file, at, batches, epochs, changes):
    curves = read(log_file, lines(*BEFORE, resumed(at)))
    assert [line["epoch"] for line in curves.batches] == batches
    assert [line["epoch"] for line in curves.epochs] == epochs
    assert [line["epoch"] for line in curves.changes] == changes
    assert curves.progress == max([0, *batches])
    assert (curves.best or {}).get("epoch") == (epochs[-1] if epochs else None)


def test_the_columns_of_a_resumed_run_contain_only_valid_lines(log_file):
    after = [resumed(1.25), batch(1.75, 7.0), change(1.75, 3.0), batch(2.0, 8.0), epoch(2, loss=9.0)]
    growing = read(log_file, lines(*BEFORE))
    assert content_of(growing)["batches loss"] == [1.0, 1.25, 1.75, 2.0, 2.5]  # the columns are cached from here on
    with log_file.open("ab") as file:
        file.write(lines(*after))
    assert content_of(growing.refresh()) == {
        "batches": [(0.5, 1.0), (1.0, 1.25), (1.75, 7.0), (2.0, 8.0)],
        "epochs": [(1, 1.5), (2, 9.0)],
        "changes": [(1.75, 3.0)],
        "batches epoch": [0.5, 1.0, 1.75, 2.0],
        "batches loss": [1.0, 1.25, 7.0, 8.0],
        "epochs epoch": [1.0, 2.0],
        "epochs loss": [1.5, 9.0],
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1))
def test_reading_line_by_line_or_all_at_once_gives_the_same_curve(tmp_path, seed):
    """Trainers that are killed and resumed at random, as the loop writes them."""
    random = np.random.default_rng(seed)
    log_file, entries, truth, step = tmp_path / f"{seed}.jsonl", [], [], 0
    for trainer in range(random.integers(1, 5)):
        if trainer:
            step = int(random.integers(0, step + 1))
            truth = [entry for entry in truth if entry["epoch"] <= step / 4]
            entries.append(resumed(step / 4))
        last = step + int(random.integers(0, 14))
        while step < last:
            step += 1
            new = [batch(step / 4, float(trainer))]
            new += [change(step / 4, float(trainer))] if random.random() < 0.2 else []
            new += [epoch(step // 4, loss=float(trainer))] if step % 4 == 0 else []
            entries += new
            truth += new
    at_once, one_by_one = read(log_file, lines(*entries)), Curves(log_file)
    log_file.write_bytes(b"")
    for entry in entries:
        with log_file.open("ab") as file:
            file.write(lines(entry))
        one_by_one.refresh()
        if random.random() < 0.5:
            content_of(one_by_one)
    assert content_of(one_by_one) == content_of(at_once)
    assert at_once.batches == [entry for entry in truth if entry["kind"] == "batch"]
    assert at_once.epochs == [entry for entry in truth if entry["kind"] == "epoch"]
    assert at_once.changes == [entry for entry in truth if entry["kind"] == "change"]


def test_a_repeated_epoch_replaces_the_first_one(log_file):
    """The checkpoint was written between the last batch and the validation, so its position is 2.0."""
    curves = read(log_file, lines(*BEFORE, resumed(2.0)))
    content_of(curves)
    with log_file.open("ab") as file:
        file.write(lines(epoch(2, loss=5.0), batch(2.25)))
    assert content_of(curves.refresh())["epochs loss"] == [1.5, 5.0]
    assert [line["epoch"] for line in curves.epochs] == [1, 2]


@pytest.mark.parametrize("at", [None, "soon", [], float("nan")])
def test_a_resume_from_nowhere_drops_nothing(log_file, at):
    log_file.write_bytes(lines(*BEFORE) + json.dumps(resumed(at)).encode() + b"\n")
    assert len(Curves(log_file).refresh().batches) == 5


def test_a_number_with_hundreds_of_digits_is_ignored(log_file):
    curves = read(log_file, lines(batch(0.1, 10**400), epoch(10**400), resumed(10**400), batch(0.2)))
    assert np.isnan(curves.series("batches", "loss")[0][0])
    assert len(curves.batches) == 2


def test_a_reader_thread_is_not_disturbed_by_a_resume(log_file):
    curves = read(log_file, lines(*BEFORE))
    held = curves.batches
    with log_file.open("ab") as file:
        file.write(lines(resumed(0.5)))
    curves.refresh()
    assert len(held) == 5
    assert len(curves.batches) == 1


def test_concurrent_readers_see_complete_columns_during_repeated_resumes(log_file):
    log_file.write_bytes(b"")
    curves, failed, ended = Curves(log_file), [], threading.Event()

    def look():
        while not ended.is_set():
            try:
                curves.refresh()
                epochs, losses = curves.series("batches", "epoch", "loss")
                assert (epochs == losses).all()
                assert (np.diff(epochs) > 0).all()
                assert curves.progress >= 0
            except Exception as error:
                failed.append(error)
                return

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(60):
        with log_file.open("ab") as file:
            file.write(lines(*(batch(float(number), float(number)) for number in range(1, 40)), resumed(0)))
    ended.set()
    for thread in threads:
        thread.join()
    assert failed == []
    assert curves.refresh().batches == []
