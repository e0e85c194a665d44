"""The comparison over seeds and images: right where the answer is known, and no more false alarms than promised."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from imgcls.evaluation.metrics import crossed
from imgcls.evaluation.metrics.confidence_intervals import Score


def simulated(seed: int, *, seeds: int = 6, images: int = 300, better: float = 0.0, spread: float = 0.3):
    """Two settings whose models differ by chance in each training run, on images of different difficulty."""
    generator = np.random.default_rng(seed)
    difficulty = generator.normal(1.5, 1.5, images)
    luck = generator.normal(0, spread, (2, seeds, 1))
    # What one setting finds easier than the other is a property of the image, too.
    taste = generator.normal(0, 0.5, (2, 1, images))
    logits = difficulty + luck + taste + np.array([0.0, better])[:, None, None]
    return generator.random((2, seeds, images)) < 1 / (1 + np.exp(-logits))


def test_equal_settings_seldom_differ_significantly():
    found = [crossed.compare(*simulated(seed)) for seed in range(300)]
    assert 0.01 <= np.mean([one.is_significant for one in found]) <= 0.08
    inside = [one.difference.low <= 0 <= one.difference.high for one in found]
    assert np.mean(inside) == pytest.approx(1 - np.mean([one.is_significant for one in found]))


def test_images_alone_would_raise_many_false_alarms():
    """Why the seeds count: McNemar's test on one run of each takes a lucky training for a better setting."""
    from imgcls.evaluation.metrics import significance

    alarms = [
        significance.compare(first[0], second[0]).p_value < 0.05
        for first, second in (simulated(seed, spread=0.6) for seed in range(200))
    ]
    assert np.mean(alarms) > 0.2


def test_a_better_setting_is_found():
    found = crossed.compare(*simulated(0, better=1.0, images=1000))
    assert found.is_significant and found.difference.low > 0
    assert found.sentence("A", "B").startswith("B is better than A by ")
    assert "over 6 seeds and 1,000 test images" in found.sentence("A", "B")


def test_the_order_changes_only_the_sign():
    first, second = simulated(1, better=0.4)
    one, other = crossed.compare(first, second), crossed.compare(second, first)
    assert one.p_value == pytest.approx(other.p_value)
    assert one.difference.value == pytest.approx(-other.difference.value)
    assert one.difference.low == pytest.approx(-other.difference.high)


def test_it_is_the_paired_t_test_when_images_add_no_variance():
    """Each image is as often won as lost by the same models, so that only the seeds vary."""
    generator = np.random.default_rng(0)
    first = np.zeros((5, 4000), bool)
    second = np.array([generator.permutation(np.arange(4000) < 2000 + 40 * seed) for seed in range(5)])
    found = crossed.compare(first, second)
    expected = ttest_1samp(second.mean(1), 0)
    assert found.p_value == pytest.approx(expected.pvalue, rel=0.15) and found.degrees == pytest.approx(4, rel=0.1)


def test_identical_models_do_not_differ():
    right = simulated(0)[0]
    found = crossed.compare(right, right)
    assert (found.difference.value, found.p_value) == (0.0, 1.0)
    assert "A and B have the same score" in found.sentence("A", "B")


def test_the_sentence_names_who_scored_higher():
    found = crossed.CrossedComparison(Score(-0.0377, -0.1363, 0.0609), 0.25, 2.0, 3, 1000)
    expected = (
        "scored 3.77 percentage points higher (95% CI -6.09 to 13.63, p = 0.25) over 3 seeds and 1,000 test images"
    )
    assert found.sentence("A", "B") == f"A {expected}: no significant difference."
    assert replace(found, difference=Score(0.0377, -0.0609, 0.1363)).sentence("A", "B").startswith(f"B {expected}")


@pytest.mark.parametrize(("shape", "other"), [((1, 5), (1, 5)), ((3, 1), (3, 1)), ((3, 5), (3, 6)), ((5,), (5,))])
def test_tables_that_cannot_be_paired_are_refused(shape, other):
    with pytest.raises(ValueError, match="2 by 2"):
        crossed.compare(np.ones(shape, bool), np.ones(other, bool))
