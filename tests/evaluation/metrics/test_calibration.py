"""Reliability, temperature and abstention, checked against hand-made cases and SciPy."""

import numpy as np
import pytest
from scipy import optimize
from scipy.special import log_softmax, softmax

from imgcls.evaluation.metrics import calibration, classification


@pytest.fixture(scope="module")
def overconfident():
    """Probabilities whose logits are 2.5 times the calibrated ones, and the labels."""
    generator = np.random.default_rng(2)
    logits = generator.normal(size=(3000, 5)) * 2
    labels = np.array([generator.choice(5, p=row) for row in softmax(logits, 1)])
    return softmax(2.5 * logits, 1).astype(np.float32), labels


def test_reliability_by_hand():
    confidence = np.array([0.15, 0.18, 0.95, 0.97, 1.0, 0.91])
    is_right = np.array([False, True, True, True, True, False])
    found = calibration.reliability(confidence, is_right, bins=10)

    assert found.count.tolist() == [0, 2, 0, 0, 0, 0, 0, 0, 0, 4]
    assert found.confidence[1] == pytest.approx(0.165)
    assert found.right.value[[1, 9]].tolist() == [0.5, 0.75]
    gap = (2 * abs(0.5 - 0.165) + 4 * abs(0.75 - (0.95 + 0.97 + 1.0 + 0.91) / 4)) / 6
    assert found.error.value == pytest.approx(gap)
    assert found.error.low <= gap <= found.error.high


def test_a_calibrated_model_has_a_small_error_and_an_overconfident_one_a_large_error(overconfident):
    probabilities, labels = overconfident
    right = probabilities.argmax(1) == labels
    before = calibration.reliability(probabilities.max(1), right)
    after = calibration.reliability(calibration.scaled(probabilities, 2.5).max(1), right)

    assert before.error.low > 0.1
    assert after.error.high < 0.06


def test_the_temperature_is_the_one_that_scipy_finds(overconfident):
    probabilities, labels = overconfident
    logits = np.log(np.clip(probabilities.astype(float), classification.SMALLEST, 1))

    def loss(temperature):
        return -log_softmax(logits / temperature, 1)[np.arange(len(labels)), labels].mean()

    expected = optimize.minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-6}).x
    found = calibration.temperature(probabilities, labels)

    assert found.value == pytest.approx(expected, rel=1e-3)
    assert found.low < 2.5 < found.high
    assert found.high / found.low < 1.2


def test_the_temperature_interval_matches_the_bootstrap(overconfident):
    probabilities, labels = (part[:800] for part in overconfident)
    found = calibration.temperature(probabilities, labels)
    generator = np.random.default_rng(0)
    drawn = []
    for _ in range(40):
        rows = generator.integers(800, size=800)
        drawn.append(np.log(calibration.temperature(probabilities[rows], labels[rows]).value))

    assert np.log(found.high / found.low) / (2 * calibration.Z) == pytest.approx(np.std(drawn), rel=0.35)


def test_temperature_scaling_divides_the_logits_and_keeps_every_prediction(overconfident):
    probabilities, _ = overconfident
    cooled = calibration.scaled(probabilities, 3.0)

    np.testing.assert_allclose(
        cooled, softmax(np.log(np.clip(probabilities.astype(float), classification.SMALLEST, 1)) / 3, 1), atol=1e-6
    )
    np.testing.assert_array_equal(cooled.argmax(1), probabilities.argmax(1))
    np.testing.assert_allclose(calibration.scaled(np.array([[0.2, 0.8]]), 1.0), [[0.2, 0.8]], atol=1e-6)


def test_a_perfect_model_and_non_finite_values_still_get_a_temperature():
    perfect = calibration.temperature(np.eye(3, dtype=np.float32)[[0, 1, 2, 0]], np.array([0, 1, 2, 0]))
    broken = calibration.temperature(np.full((4, 3), np.nan, np.float32), np.array([0, 1, 2, 0]))

    assert np.isfinite([perfect.value, perfect.low, perfect.high, broken.value, broken.low, broken.high]).all()


def test_coverage_and_accuracy_by_hand():
    confidence = np.array([0.9, 0.8, 0.8, 0.5])
    is_right = np.array([True, True, False, False])
    line = calibration.abstention_curve(confidence, is_right)

    np.testing.assert_allclose(line.threshold, [0.9, 0.8, 0.5])
    np.testing.assert_allclose(line.fraction, [0.25, 0.75, 1])
    np.testing.assert_allclose(line.right, [1, 2 / 3, 0.5])
    fraction, right = calibration.at_threshold(confidence, is_right, 0.8)
    assert (fraction.value, right.value) == (0.75, pytest.approx(2 / 3))
    fraction, right = calibration.at_threshold(confidence, is_right, 0.95)
    assert (fraction.value, right.low, right.high) == (0, 0, 1)


def test_a_long_curve_is_thinned_and_keeps_its_endpoints():
    generator = np.random.default_rng(0)
    line = calibration.abstention_curve(generator.random(5000), generator.random(5000) < 0.7, most=100)

    assert len(line.fraction) <= 100
    assert line.fraction[-1] == 1
    assert line.fraction[0] == pytest.approx(1 / 5000)
