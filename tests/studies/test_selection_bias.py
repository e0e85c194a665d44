"""The estimated bias is close to the true one where the truth is known."""

import numpy as np
import pytest

from imgcls.studies import selection_bias


@pytest.mark.parametrize(("trials", "images"), [(2, 500), (30, 500), (30, 2000)])
def test_the_estimate_matches_the_true_optimism_of_equally_good_trials(trials, images):
    """All trials have a true accuracy of 0.9, so whatever the best one scores above that is selection bias."""
    found, true = [], []
    for seed in range(20):
        right = np.random.default_rng(seed).random((trials, images)) < 0.9
        found.append(selection_bias.of_correct(right, resamples=200).bias)
        true.append(right.mean(1).max() - 0.9)
    assert np.mean(found) == pytest.approx(np.mean(true), abs=0.004)


def test_a_clear_winner_has_hardly_any_bias():
    generator = np.random.default_rng(0)
    right = np.array([generator.random(1000) < accuracy for accuracy in (0.95, 0.7, 0.6)])
    found = selection_bias.of_correct(right)
    assert found.bias < 0.001 and found.accuracy == pytest.approx(right[0].mean(), abs=0.001)
    assert (found.trials, found.images) == (3, 1000)


def test_one_trial_has_no_selection():
    assert selection_bias.estimate([]) is None
