"""The captions of a replay: what is said, when, and what is left out."""

import numpy as np
import pytest

from imgcls.evaluation.report.replay import captions
from imgcls.evaluation.report.replay.captions import Event
from imgcls.runs.metrics_log import Curves
from tests.support.training.metrics_logs import PLAN, epoch, lines, read

NAMES = ("0", "1", "7")


def matrices(*confused: tuple[int, int]) -> np.ndarray:
    """Confusion matrices in which 7 is read as 1, and 1 as 0, so many times."""
    found = np.zeros((len(confused), 3, 3), np.int64)
    found[:, [0, 1, 2], [0, 1, 2]] = 100
    found[:, 2, 1], found[:, 1, 0] = np.transpose(confused)
    return found


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events]


def test_the_pair_whose_confusions_fell_most_is_named():
    events = captions.of_confusions([1, 2, 4], matrices((40, 20), (38, 19), (3, 18)), NAMES)
    assert [(event.position, event.text, event.detail, event.pair) for event in events] == [
        (4, "Epoch 4: stopped confusing 1 and 7", "images: 38 → 3", (1, 2))
    ]


def test_both_directions_of_a_pair_count_together():
    counts = matrices((0, 0), (0, 0))
    counts[0, 2, 1], counts[0, 1, 2], counts[1, 1, 2] = 6, 6, 2
    assert captions.of_confusions([1, 2], counts, NAMES)[0].detail == "images: 12 → 2"


def test_a_confusion_that_returns_has_not_stopped():
    events = captions.of_confusions([1, 2, 3], matrices((40, 0), (2, 0), (30, 0)), NAMES)
    assert texts(events) == ["Epoch 2: confused 1 and 7 less often", "Epoch 3: began to confuse 1 and 7"]
    assert events[0].weight > events[1].weight


@pytest.mark.parametrize("counts", [((40, 0), (32, 0)), ((2, 0), (0, 0)), ((5, 0), (5, 0))])
def test_a_change_that_may_be_chance_is_no_event(counts):
    assert captions.of_confusions([1, 2], matrices(*counts), NAMES) == []


def test_one_class_cannot_be_confused():
    assert captions.of_confusions([1, 2], np.full((2, 1, 1), 5), ("only",)) == []


def test_overfitting_starts_after_the_minimum_of_the_validation_loss(tmp_path):
    losses = [(0.9, 0.8), (0.6, 0.5), (0.4, 0.52), (0.3, 0.6), (0.2, 0.7)]
    curves = read_epochs(tmp_path, *({"loss": loss, "val_loss": validation} for loss, validation in losses))
    (event,) = (event for event in captions.of_curves(curves) if "overfitting" in event.text)
    assert (event.position, event.detail) == (3, "0.500 → 0.700 at the end")
    assert event.text == "Epoch 3: overfitting starts, validation loss rises while training loss falls"


@pytest.mark.parametrize(
    "losses",
    [
        [(0.9, 0.8), (0.6, 0.5), (0.4, 0.52), (0.3, 0.51)],  # risen by 2% only
        [(0.2, 0.8), (0.3, 0.5), (0.4, 0.6), (0.5, 0.7)],  # the training loss rises, too
        [(0.9, 0.8), (0.6, 0.6), (0.4, 0.5), (0.3, 0.7)],  # one epoch is no trend
        [(0.9, 0.8), (0.6, 0.5), (0.4, None), (0.3, 0.7)],
    ],
)
def test_other_curves_do_not_overfit(tmp_path, losses):
    curves = read_epochs(tmp_path, *({"loss": loss, "val_loss": validation} for loss, validation in losses))
    assert not [text for text in texts(captions.of_curves(curves)) if "overfitting" in text]


def test_the_first_result_and_the_best_epoch(tmp_path):
    curves = read_epochs(tmp_path, {"val_accuracy": 0.5}, {"val_accuracy": 0.925, "best": True}, {"val_accuracy": 0.9})
    assert [(event.text, event.detail) for event in captions.of_curves(curves)] == [
        ("Epoch 1: first result", "50.0% of the validation images"),
        ("Epoch 2: best epoch, its weights were saved", "92.5% of the validation images"),
    ]


def test_the_learning_rate_falls_in_steps_or_has_a_peak(tmp_path):
    steps = read_epochs(tmp_path, *({"learning_rate": rate} for rate in (0.1, 0.1, 0.05, 0.05)))
    (event,) = captions.of_learning_rate(steps, falls_in_steps=True)
    assert (event.position, event.text, event.detail) == (2.5, "Epoch 3: learning rate lowered", "0.1 → 0.05")
    cycle = read_epochs(tmp_path, *({"learning_rate": rate} for rate in (0.1, 0.3, 0.2, 0.05)))
    assert texts(captions.of_learning_rate(cycle, falls_in_steps=False)) == ["Epoch 2: learning rate at its peak"]


def test_a_learning_rate_that_was_set_by_hand_did_not_fall_by_itself(tmp_path):
    change = {"kind": "change", "epoch": 1.5, "what": "learning_rate", "value": 0.01, "number": 1}
    epochs = [epoch(1, learning_rate=0.1), change, epoch(2, learning_rate=0.01)]
    curves = read(tmp_path / "metrics.jsonl", lines(PLAN, *epochs))
    (event,) = captions.of_learning_rate(curves, falls_in_steps=True)
    assert (event.position, event.text, event.detail) == (1.5, "Epoch 2: learning rate set by hand", "to 0.01")


@pytest.mark.parametrize(
    ("outcome", "stops_early", "expected"),
    [
        ("finished", True, "Epoch 3: early stopping"),
        ("stopped", True, "Epoch 3: stopped by hand"),
        ("finished", False, None),
        ("failed", True, None),
    ],
)
def test_why_a_training_ended_before_its_last_epoch(tmp_path, outcome, stops_early, expected):
    curves = read_epochs(tmp_path, {"best": True}, {}, {})
    events = captions.of_ending(curves, {"outcome": outcome}, stops_early=stops_early)
    assert texts(events) == ([expected] if expected else [])
    if outcome == "finished" and expected:
        assert events[0].detail == "no better epoch among the last 2"


def test_a_training_that_did_all_its_epochs_did_not_stop_early(tmp_path):
    curves = read_epochs(tmp_path, {"best": True}, {}, {}, {}, {})
    assert captions.of_ending(curves, {"outcome": "finished"}, stops_early=True) == []


def test_of_captions_that_are_too_close_the_more_important_one_stays():
    events = [Event(1, "a", weight=1), Event(2, "b", weight=3), Event(3, "c", weight=2), Event(9, "d")]
    assert texts(captions.chosen(events, lambda position: 2 * position, 4)) == ["b", "d"]
    assert texts(captions.chosen(events, lambda position: 2 * position, 2)) == ["a", "b", "c", "d"]


def test_the_result_on_the_test_set_has_its_interval():
    (event,) = captions.of_test(9, {"test_accuracy": 0.9, "counts": {"test": 1000}})
    assert event.detail == "90.0% of 1,000 test images (95% confidence interval 88.0–91.7%)"
    assert captions.of_test(9, {"val_accuracy": 0.9}) == []


def test_a_long_name_is_cut_and_half_a_character_replaced():
    assert captions.short("a" * 100) == "a" * 23 + "…"
    assert captions.short("two\nlines \ud83d") == "two lines ?"


def read_epochs(folder, *values: dict) -> Curves:
    """The curves of a run with these epochs, of the five that were planned."""
    return read(folder / "metrics.jsonl", lines(PLAN, *(epoch(number, **row) for number, row in enumerate(values, 1))))
