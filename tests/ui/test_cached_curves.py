"""Figures of learning curves are drawn again when they look different, and only then."""

import numpy as np
import pytest

from imgcls.charts.learning_curves import MAX_POINTS
from imgcls.runs.metrics_log import Curves
from imgcls.ui.cache import curves as cached_curves
from tests.support.training.metrics_logs import batch, epoch, lines

EPOCHS = 2000
PLAN = {"kind": "plan", "train": 200, "validation": 20, "epochs": EPOCHS}


@pytest.fixture
def drawn(monkeypatch) -> list[str]:
    """The quantities of the figures that were drawn."""
    quantities, draw = [], cached_curves.charts.learning_curve_dict
    monkeypatch.setattr(
        cached_curves.charts,
        "learning_curve_dict",
        lambda quantity, **values: quantities.append(quantity) or draw(quantity, **values),
    )
    return quantities


@pytest.fixture
def forecasts(monkeypatch) -> list[int]:
    """The numbers of epochs from which a forecast was made."""
    numbers, make = [], cached_curves.make_forecast
    monkeypatch.setattr(
        cached_curves,
        "make_forecast",
        lambda epochs, *values, **limits: numbers.append(len(epochs)) or make(epochs, *values, **limits),
    )
    return numbers


@pytest.fixture
def journal(tmp_path):
    """A run with ten epochs and a few points; `journal.add(...)` appends lines and reads them."""
    return Journal(tmp_path / "metrics.jsonl", PLAN, *(epoch(number, val_accuracy=0.5) for number in range(1, 11)))


class Journal:
    def __init__(self, path, *entries):
        self.path = path
        path.touch()
        self.curves = Curves(path)
        self.add(*entries)

    def add(self, *entries) -> None:
        with self.path.open("ab") as file:
            file.write(lines(*entries))
        self.curves.refresh()

    def figure(self, quantity="loss", **options) -> cached_curves.LearningCurve:
        return cached_curves.learning_curve(self.curves, quantity, is_live=True, **options)


def points(figure, name="training, batches") -> int:
    """How many points the figure has of this trace."""
    (trace,) = (trace for trace in figure.figure.to_dict()["data"] if trace["name"] == name)
    return len(trace["x"]["bdata"]) * 3 // 4 // np.float32().nbytes


def long(journal) -> None:
    """Adds more points than are drawn, all in the first of the 2,000 epochs after the tenth."""
    journal.add(*(batch(10 + number / 1000) for number in range(MAX_POINTS + 1)))


def test_a_figure_without_new_points_is_not_drawn_again(journal, drawn):
    assert journal.figure() is journal.figure()
    assert drawn == ["loss"]


def test_each_point_of_a_short_curve_is_drawn(journal, drawn):
    for number in range(1, 4):
        journal.add(batch(10 + number / 100))
        assert points(journal.figure()) == number
    assert len(drawn) == 3


def test_a_long_curve_is_drawn_again_once_it_has_grown_visibly(journal, drawn):
    long(journal)
    first = journal.figure()
    journal.add(batch(10.9), epoch(11, val_accuracy=0.6))
    assert journal.figure() is first
    journal.add(batch(10 + 2 * EPOCHS / cached_curves.STEPS))
    assert journal.figure() is not first
    assert "over 11 epochs" in journal.figure().description
    assert len(drawn) == 2


@pytest.mark.parametrize(
    "line",
    [
        epoch(11, best=True),
        {"kind": "change", "epoch": 10.6, "what": "learning_rate", "value": 0.1},
        {"kind": "stage", "epoch": 10},
    ],
)
def test_a_new_mark_in_a_long_curve_is_drawn_at_once(journal, line):
    long(journal)
    first = journal.figure()
    journal.add(line)
    assert journal.figure() is not first


def test_a_run_that_has_ended_shows_its_last_point(journal):
    long(journal)
    journal.figure()
    journal.add(epoch(11))
    ended = cached_curves.learning_curve(journal.curves, "loss")
    assert points(ended, "training") == 11


def test_a_forecast_is_made_once_for_each_epoch(journal, forecasts):
    first = journal.figure("accuracy", forecasts=True).forecast
    journal.add(batch(10.1))
    assert journal.figure("accuracy", forecasts=True).forecast is first is not None
    assert forecasts == [10]
    journal.add(epoch(11, val_accuracy=0.6))
    assert journal.figure("accuracy", forecasts=True).forecast != first
    assert forecasts == [10, 11]


def test_a_repeated_epoch_counts_as_new(journal, forecasts):
    journal.figure("accuracy", forecasts=True)
    journal.add(epoch(10, val_accuracy=0.9))
    journal.figure("accuracy", forecasts=True)
    assert forecasts == [10, 10]


def test_few_figures_are_kept():
    kept = [cached_curves._learning_curve, cached_curves._small_curve, cached_curves._forecast]
    assert all(cached.cache_info().maxsize <= 32 for cached in kept)
