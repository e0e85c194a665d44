"""The law of a learning curve is recovered, and its band contains what larger training sets would give."""

import numpy as np
import pytest

from imgcls.evaluation.metrics import power_law

SIZES = np.array([340, 600, 1070, 1900, 3400])


def simulated(error: np.ndarray, noise: float, images: int, seed: int) -> np.ndarray:
    """Correct or not, (runs, images): runs with these error rates, which find the same images hard."""
    from scipy.stats import norm

    random = np.random.default_rng(seed)
    hard = random.normal(size=images)
    rates = np.clip(error * np.exp(random.normal(0, noise, len(error))), 1e-4, 0.999)
    return np.array([0.8 * hard + 0.6 * random.normal(size=images) > norm.ppf(rate) for rate in rates])


def test_an_exact_law_is_recovered():
    sizes = np.repeat(SIZES, 2).astype(float)
    fitted = power_law._fitted(sizes, (0.02 + 3.0 * sizes**-0.5)[None], np.ones(len(sizes)))
    value = power_law.PowerLaw(*(np.repeat(part, 3) for part in power_law._parts(fitted))).error(13_600.0)[0][0]
    assert value == pytest.approx(0.02 + 3.0 * 13_600**-0.5, abs=0.001)


@pytest.mark.parametrize(("floor", "scale", "exponent"), [(0.01, 2.0, 0.5), (0.05, 0.8, 0.35), (0.0, 6.0, 0.6)])
def test_the_band_contains_the_truth_beyond_the_data(floor, scale, exponent):
    sizes = np.repeat(SIZES, 2)
    truth = floor + scale * 6_800**-exponent
    hits = 0
    for seed in range(12):
        right = simulated(floor + scale * sizes**-exponent, 0.05, 800, seed)
        _, low, high = power_law.fit(sizes, right, resamples=100).error(6_800.0)
        hits += bool(low[0] <= truth <= high[0])
    assert hits >= 9, "12 bands of 95% nearly all contain it"


def test_more_seeds_narrow_the_band():
    widths = []
    for seeds in (1, 6):
        sizes = np.repeat(SIZES, seeds)
        _, low, high = power_law.fit(sizes, simulated(0.01 + 2.0 * sizes**-0.5, 0.1, 2000, 1)).error(6_800.0)
        widths.append(high[0] - low[0])
    assert widths[1] < widths[0]


def test_an_error_that_does_not_fall_promises_no_gain():
    sizes = np.repeat(SIZES, 3)
    law = power_law.fit(sizes, simulated(np.full(len(sizes), 0.3), 0.02, 2000, 0))
    assert law.gain(3400, 2.0)[0] < 0.01


def test_three_sizes_are_too_few():
    with pytest.raises(ValueError, match="3 different numbers"):
        power_law.fit(np.array([100, 200, 400]), np.ones((3, 50), bool))
    with pytest.raises(ValueError):
        power_law.fit(SIZES, np.ones((5, 0), bool))
