import numpy as np
import pytest

from imgcls.runs.forecast import FEWEST, MOST, forecast


def law(epochs, limit=0.95, gap=-0.5, speed=0.8):
    return limit + gap * epochs**-speed


@pytest.mark.parametrize("number", range(FEWEST))
def test_too_few_points_give_no_forecast(number):
    epochs = np.arange(1, number + 1)
    assert forecast(epochs, law(epochs.astype(float)), 20, low=0, high=1) is None


def test_past_epochs_are_not_forecast():
    epochs = np.arange(1.0, 11)
    assert forecast(epochs, law(epochs), 10, low=0, high=1) is None


def test_a_clean_power_law_is_extrapolated_with_a_narrow_band():
    epochs = np.arange(1.0, 11)
    seen = forecast(epochs, law(epochs), 40, low=0, high=1)
    assert seen.epoch == 40
    assert seen.value == pytest.approx(law(40.0), abs=0.001)
    assert seen.low <= law(40.0) <= seen.high
    assert seen.high - seen.low < 0.05


def test_a_long_curve_is_forecast_from_a_few_of_its_points():
    epochs = np.arange(1.0, 20 * MOST + 1)
    values = law(epochs) + np.random.default_rng(0).normal(0, 0.01, len(epochs))
    seen = forecast(epochs, values, 2 * len(epochs), low=0, high=1)
    assert seen.low <= law(2.0 * len(epochs)) <= seen.high
    assert seen.high - seen.low < 0.06
    values[1:-1:2] = np.nan  # the last point always counts
    assert forecast(epochs, values, len(epochs) + 1, low=0, high=1) is not None


def test_non_finite_points_are_ignored():
    epochs = np.arange(1.0, 12)
    values = law(epochs)
    values[4] = np.nan
    kept = ~np.isnan(values)
    assert forecast(epochs, values, 30, low=0, high=1) == forecast(epochs[kept], values[kept], 30, low=0, high=1)


def test_the_band_stays_within_valid_bounds():
    epochs = np.arange(1.0, 7)
    seen = forecast(epochs, np.array([0.5, 0.99, 0.6, 0.98, 0.7, 0.99]), 100, low=0, high=1)
    assert 0 <= seen.low <= seen.value <= seen.high <= 1


def test_the_band_contains_the_end_of_nine_in_ten_noisy_curves():
    chance = np.random.default_rng(0)
    held = []
    for _ in range(300):
        limit, gap, speed = chance.uniform(0.6, 0.99), chance.uniform(-0.6, -0.2), chance.uniform(0.3, 1.5)
        scatter = 10 ** chance.uniform(-3, -1.7)
        known, end = int(chance.integers(FEWEST, 16)), int(chance.integers(20, 60))
        epochs = np.arange(1.0, known + 1)
        values = law(epochs, limit, gap, speed) + chance.normal(0, scatter, known)
        seen = forecast(epochs, values, end, low=0, high=1)
        held.append(seen.low <= law(float(end), limit, gap, speed) + chance.normal(0, scatter) <= seen.high)
    assert 0.85 <= np.mean(held) <= 0.99
