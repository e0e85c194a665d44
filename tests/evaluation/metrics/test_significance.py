"""Two models on the same images: interval, exact test and verdict, checked against SciPy and by hand."""

import numpy as np
import pytest

from imgcls.evaluation.metrics import significance
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.significance import ALIKE, BETTER, OPEN, Comparison, compare, mcnemar, paired_difference


@pytest.mark.parametrize(
    ("only_first", "only_second", "p_value"),
    [
        # scipy.stats.binomtest(only_first, only_first + only_second).pvalue of SciPy 1.17
        (5, 12, 0.143463134765625),
        (12, 5, 0.143463134765625),
        (0, 6, 0.03125),
        (100, 140, 0.01166409231767722),
        (3000, 2800, 0.008969436001154973),
        (70_000, 69_000, 0.007372413811333712),
        (1, 0, 1.0),
        (7, 7, 1.0),
        (0, 0, 1.0),
    ],
)
def test_the_exact_test_matches_scipy(only_first, only_second, p_value):
    assert mcnemar(only_first, only_second) == pytest.approx(p_value, rel=1e-8)


def test_a_p_value_below_float_range_is_zero_instead_of_an_error():
    assert mcnemar(0, 5000) == 0.0


def test_the_counts_match_the_images():
    first = np.array([1, 1, 1, 0, 0, 1], bool)
    second = np.array([1, 0, 1, 1, 0, 1], bool)

    found = compare(first, second)

    assert (found.both_right, found.only_first, found.only_second, found.both_wrong) == (3, 1, 1, 1)
    assert found.difference.value == 0
    assert found.count == 6


def test_the_interval_matches_resampling_the_images():
    """Compared with resampling image indices with replacement."""
    generator = np.random.default_rng(7)
    first, second = generator.random(2000) < 0.8, generator.random(2000) < 0.83
    found = compare(first, second)

    rows = np.random.default_rng(1).integers(0, 2000, (4000, 2000))
    drawn = second[rows].mean(1) - first[rows].mean(1)

    assert (found.difference.low, found.difference.high) == pytest.approx(np.percentile(drawn, (2.5, 97.5)), abs=0.002)


def test_the_interval_is_close_to_the_closed_form():
    """The standard error of a paired difference: sqrt((b + c - (b - c)^2 / n)) / n (Agresti, 2002, 10.1.1)."""
    score = paired_difference(300, 420, 10_000)
    error = np.sqrt(720 - 120**2 / 10_000) / 10_000

    assert score.value == pytest.approx(0.012)
    assert (score.low, score.high) == pytest.approx((0.012 - 1.96 * error, 0.012 + 1.96 * error), abs=0.0003)


def test_pairing_narrows_the_interval():
    """Pairing detects differences between models with shared errors that unpaired intervals miss."""
    right = np.arange(10_000) >= 1000
    better = right.copy()
    better[:30] = True

    found = compare(right, better)

    assert found.verdict == BETTER
    assert 0.0015 < found.difference.low < found.difference.high < 0.0045


def test_the_interval_is_deterministic():
    assert paired_difference(30, 40, 1000).low == paired_difference(30, 40, 1000).low


def comparison(only_first, only_second, low, high, p_value) -> Comparison:
    rest = 10_000 - only_first - only_second
    value = (only_second - only_first) / 10_000
    return Comparison(rest, only_first, only_second, 0, Score(value, low, high), p_value)


def test_the_verdict_names_the_better_model_or_is_undecided():
    alike = comparison(100, 130, -0.001, 0.007, 0.06)
    assert alike.verdict == ALIKE
    assert alike.sentence("A", "B") == (
        "B scored 0.3 percentage points higher (95% CI -0.1 to 0.7) on 10,000 test images: no significant difference."
    )
    opposite = comparison(130, 100, -0.007, 0.001, 0.06)
    assert opposite.sentence("A", "B") == (
        "A scored 0.3 percentage points higher (95% CI -0.1 to 0.7) on 10,000 test images: no significant difference."
    )
    worse = comparison(300, 100, -0.025, -0.016, 0.0001)
    assert worse.sentence("A", "B") == (
        "A is better than B by 2.0 percentage points (95% CI 1.6 to 2.5) on 10,000 test images."
    )
    assert worse.sentence("A", "B", caveat="seeds alone differ by as much") == (
        "A scored higher than B by 2.0 percentage points (95% CI 1.6 to 2.5) on 10,000 test images, but seeds alone "
        "differ by as much."
    )
    better = comparison(100, 300, 0.016, 0.025, 0.0001)
    assert better.sentence("A", "B").startswith("B is better than A by 2.0 percentage points (95% CI 1.6 to 2.5)")
    border = comparison(100, 130, 0.0001, 0.007, 0.06)
    assert border.verdict == OPEN
    assert "inconclusive" in border.sentence("A", "B")
    assert "exactly the same images" in comparison(0, 0, 0.0, 0.0, 1.0).sentence("A", "B")


def test_each_class_has_its_own_difference_and_one_without_images_is_unknown():
    labels = np.array([0, 0, 0, 0, 2, 2])
    first = np.array([1, 0, 0, 1, 1, 1], bool)
    second = np.array([1, 1, 1, 1, 0, 1], bool)

    score = significance.by_class(labels, first, second, 3)

    assert score.value.tolist() == [0.5, 0.0, -0.5]
    assert (score.low[1], score.high[1]) == (-1.0, 1.0)


def test_the_mean_of_paired_differences_has_the_usual_interval():
    score = significance.mean_difference(np.array([1.0, 2.0, 3.0, 6.0]))

    assert score.value == 3.0
    assert score.high - score.value == pytest.approx(1.959964 * np.sqrt(14 / 3) / 2, rel=1e-6)
    assert significance.mean_difference(np.array([-2.0])).low == -2.0


@pytest.mark.parametrize(("first", "second"), [([], []), ([True], [True, False]), ([[True]], [[True]])])
def test_predictions_for_different_images_are_refused(first, second):
    with pytest.raises(ValueError, match="the same images"):
        compare(np.array(first, bool), np.array(second, bool))
