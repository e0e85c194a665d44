"""Learning-rate schedules: the rate of every step in closed form, and the curve shown on the page."""

import math

import numpy as np
import pytest

from imgcls.config import PARAMS, Config, schedules

STEPS = 10  # an epoch
NAMES = next(param.limits.options for param in PARAMS if param.name == "schedule")


def rates(**settings) -> list[float]:
    config = Config(learning_rate=0.1, epochs=4, **settings)
    return [schedules.rate(config, step, STEPS) for step in range(4 * STEPS)]


@pytest.mark.parametrize("name", ["constant", "plateau"])
def test_a_constant_schedule_keeps_the_rate(name):
    assert rates(schedule=name) == [0.1] * 40


def test_step_decay_lowers_the_rate_every_few_epochs():
    expected = [0.1] * 20 + [0.025] * 20
    assert rates(schedule="step", step_epochs=2, step_factor=0.25) == pytest.approx(expected, rel=1e-12)
    expected = [0.1] * 10 + [0.05] * 10 + [0.025] * 10 + [0.0125] * 10
    assert rates(schedule="step", step_epochs=1, step_factor=0.5) == pytest.approx(expected, rel=1e-12)
    assert rates(schedule="step", step_epochs=5) == [0.1] * 40


def test_cosine_falls_from_the_full_rate_to_zero():
    line = rates(schedule="cosine")
    assert line == pytest.approx([0.05 * (1 + math.cos(math.pi * step / 40)) for step in range(40)], rel=1e-12)
    assert line[0] == 0.1
    assert line[20] == pytest.approx(0.05)
    assert schedules.rate(Config(schedule="cosine", epochs=4), 40, STEPS) == 0
    assert schedules.rate(Config(schedule="cosine", epochs=4), 80, STEPS) == 0  # never up again


def test_one_cycle_rises_and_falls_linearly():
    line = rates(schedule="one_cycle", warmup_fraction=0.25)
    assert line[0] == pytest.approx(0.1 * schedules.LOWEST)
    assert line[5] == pytest.approx(0.1 * (schedules.LOWEST + 1) / 2)
    assert line[10] == 0.1
    assert line[25] == pytest.approx(0.05)
    assert line[39] == pytest.approx(0.1 / 30)
    assert np.diff(line[:11]) == pytest.approx([0.1 * (1 - schedules.LOWEST) / 10] * 10)
    assert np.diff(line[10:]) == pytest.approx([-0.1 / 30] * 29)
    assert schedules.rate(Config(schedule="one_cycle", epochs=4), 40, STEPS) == 0
    assert schedules.rate(Config(schedule="one_cycle", epochs=4), 80, STEPS) == 0


def test_one_cycle_without_warm_up_starts_at_its_peak():
    line = rates(schedule="one_cycle", warmup_fraction=0.0)
    assert line == pytest.approx([0.1 * (40 - step) / 40 for step in range(40)])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fraction", [0.0, 0.2, 0.8])
def test_every_rate_is_positive_and_at_most_the_configured_one(name, fraction):
    for epochs, steps in ((1, 1), (1, 2), (2, 1), (3, 7)):
        config = Config(schedule=name, learning_rate=0.1, epochs=epochs, warmup_fraction=fraction)
        for step in range(epochs * steps):
            assert 0 < schedules.rate(config, step, steps) <= 0.1


@pytest.mark.parametrize("name", NAMES)
def test_the_plotted_schedule_is_the_one_the_trainer_uses(name):
    config = Config(schedule=name, learning_rate=0.1, epochs=5, step_epochs=2)
    epochs, drawn = schedules.curve(config, points=101)
    assert (epochs[0], epochs[-1], len(epochs), len(drawn)) == (0, 5, 101, 101)
    obeyed = [schedules.rate(config, min(round(place * 400), 1999), 400) for place in epochs]
    assert drawn == pytest.approx(obeyed, abs=0.1 / 400)
    assert drawn[0] == schedules.rate(config, 0, 400)
