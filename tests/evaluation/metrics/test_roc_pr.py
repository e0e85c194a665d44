"""ROC and precision-recall curves and their areas, checked against scikit-learn and hand-made cases."""

import numpy as np
import pytest
from scipy.special import erfc
from sklearn import metrics as reference

from imgcls.evaluation.metrics import roc_pr


@pytest.fixture(scope="module")
def predictions():
    generator = np.random.default_rng(7)
    labels = generator.integers(0, 4, 600)
    logits = generator.normal(size=(600, 4))
    logits[np.arange(600), labels] += 1.2
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return np.round(probabilities, 2), labels  # rounded, so that there are ties


@pytest.mark.parametrize("one", range(4))
def test_the_roc_curve_matches_scikit_learn(predictions, one):
    probabilities, labels = predictions
    curve = roc_pr.roc(probabilities[:, one], labels == one)
    false, true, thresholds = reference.roc_curve(labels == one, probabilities[:, one], drop_intermediate=False)

    np.testing.assert_allclose(curve.x, false)
    np.testing.assert_allclose(curve.y, true)
    np.testing.assert_allclose(curve.threshold, thresholds)


@pytest.mark.parametrize("one", range(4))
def test_the_precision_recall_curve_and_its_area_match_scikit_learn(predictions, one):
    probabilities, labels = predictions
    curve = roc_pr.precision_recall(probabilities[:, one], labels == one)
    precision, recall, thresholds = reference.precision_recall_curve(labels == one, probabilities[:, one])

    np.testing.assert_allclose(curve.x[1:], recall[:-1][::-1])
    np.testing.assert_allclose(curve.y[1:], precision[:-1][::-1])
    np.testing.assert_allclose(curve.threshold[1:], thresholds[::-1])
    area = roc_pr.average_precision(probabilities[:, one], labels == one)
    assert area.value == pytest.approx(reference.average_precision_score(labels == one, probabilities[:, one]))
    assert area.low < area.value < area.high


def test_the_interval_of_an_average_precision_has_a_width_at_100_percent_and_is_narrow_beside_it():
    """For 1,000 images and no error, 99.6 to 100%, as for 1,000 correct predictions of 1,000."""
    positive = np.arange(2000) < 1000
    perfect = roc_pr.average_precision(positive.astype(float), positive)
    assert (perfect.value, perfect.high) == (1, 1)
    assert perfect.low == pytest.approx(1000 / (1000 + roc_pr.Z**2))

    one_below_a_negative = np.where(positive, 1.0, 0.0)
    one_below_a_negative[[0, 1999]] = 0.4, 0.5
    nearly = roc_pr.average_precision(one_below_a_negative, positive)
    assert 0.99 < nearly.low < nearly.value < nearly.high <= 1
    assert nearly.value < 1


@pytest.mark.parametrize(
    ("distance", "positives", "negatives"), [(1, 50, 450), (3, 50, 450), (4.5, 50, 450), (4, 90, 10)]
)
def test_the_intervals_of_average_precision_contain_that_of_all_images(distance, positives, negatives):
    """Two normal distributions, also far apart, where most test sets are ranked without any error."""
    generator = np.random.default_rng(3)
    at = np.linspace(-8, 14, 20_001)
    recall, false = 0.5 * erfc((at - distance) / np.sqrt(2)), 0.5 * erfc(at / np.sqrt(2))
    precision = positives * recall / np.maximum(positives * recall + negatives * false, 1e-300)
    density = np.exp(-((at - distance) ** 2) / 2) / np.sqrt(2 * np.pi)
    truth = np.trapezoid(precision * density, at)
    positive = np.arange(positives + negatives) < positives
    found = [roc_pr.average_precision(generator.normal(distance * positive, 1), positive) for _ in range(100)]
    assert sum(one.low <= truth <= one.high for one in found) >= 92
    assert np.mean([one.high - one.low for one in found]) < 0.25


def test_areas_and_their_mean_match_scikit_learn(predictions):
    probabilities, labels = predictions
    each, mean = roc_pr.areas(probabilities, labels)

    expected = [reference.roc_auc_score(labels == one, probabilities[:, one]) for one in range(4)]
    np.testing.assert_allclose(each.value, expected)
    assert mean.value == pytest.approx(np.mean(expected))


def test_the_intervals_match_the_bootstrap(predictions):
    probabilities, labels = predictions
    each, mean = roc_pr.areas(probabilities, labels)
    generator = np.random.default_rng(0)
    drawn = []
    for _ in range(300):
        rows = generator.integers(len(labels), size=len(labels))
        drawn.append(roc_pr.areas(probabilities[rows], labels[rows])[0].value)
    deviations = np.std(drawn, axis=0)

    np.testing.assert_allclose((each.high - each.low) / (2 * roc_pr.Z), deviations, rtol=0.2)
    assert (mean.high - mean.low) / (2 * roc_pr.Z) == pytest.approx(np.std(np.mean(drawn, axis=1)), rel=0.2)


def test_delong_variance_by_hand():
    scores = np.array([0.9, 0.6, 0.4, 0.5, 0.3])
    positive = np.array([True, True, True, False, False])
    # Each positive beats both negatives, but for 0.4, which beats one: 1, 1, 1/2; the negatives are beaten 2/3 and 1.
    value = 5 / 6
    variance = np.var([1, 1, 0.5], ddof=1) / 3 + np.var([2 / 3, 1], ddof=1) / 2
    each, _ = roc_pr.areas(np.column_stack([scores, 1 - scores]), np.where(positive, 0, 1))

    assert each.value[0] == pytest.approx(value)
    assert each.low[0] == pytest.approx(value - roc_pr.Z * np.sqrt(variance))
    assert each.high[0] == 1


def test_a_class_without_negatives_has_no_area():
    each, mean = roc_pr.areas(np.array([[0.7, 0.3], [0.6, 0.4]]), np.array([0, 0]))

    assert np.isnan(each.value).all()
    assert np.isnan(mean.value)
    assert np.isnan(roc_pr.average_precision(np.array([0.7, 0.6]), np.array([True, True])).value)


def test_a_perfect_ranking_has_area_one_and_constant_scores_one_half():
    positive = np.array([True, True, False, False])
    perfect, _ = roc_pr.areas(np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]]), np.where(positive, 0, 1))
    equal, _ = roc_pr.areas(np.full((4, 2), 0.5), np.where(positive, 0, 1))

    assert perfect.value.tolist() == [1, 1]
    assert equal.value.tolist() == [0.5, 0.5]


def test_a_thinned_curve_keeps_its_endpoints_and_lies_on_the_full_curve(predictions):
    generator = np.random.default_rng(1)
    scores = generator.random(5000)
    curve = roc_pr.roc(scores, generator.random(5000) < scores)
    short = roc_pr.thinned(curve, 100)

    assert len(short.x) <= 102
    assert (short.x[0], short.y[0], short.x[-1], short.y[-1]) == (0, 0, 1, 1)
    assert {*zip(short.x, short.y, strict=True)} <= {*zip(curve.x, curve.y, strict=True)}
    assert np.abs(np.interp(curve.x, short.x, short.y) - curve.y).max() < 0.03
