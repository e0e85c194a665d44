"""The gain of doubling the trials is estimated well where it is known."""

import numpy as np
import pytest

from imgcls.studies import another_night


def test_the_estimate_is_close_to_the_true_gain_of_random_search():
    random = np.random.default_rng(0)
    count, draws = 32, 400
    estimates, truths = [], []
    for _ in range(draws):
        scores = random.beta(8, 2, 2 * count)
        truths.append(scores.max() - scores[:count].max())
        estimates.append(another_night.gain(scores[:count], is_higher_better=True).value)
    assert np.mean(estimates) == pytest.approx(np.mean(truths), abs=0.005) and 0.002 < np.mean(truths) < 0.03


def test_equal_scores_promise_nothing_and_few_trials_no_estimate():
    found = another_night.gain([0.9] * 20, is_higher_better=True)
    assert found.value == 0 and found.high < 1e-9
    assert another_night.gain([0.1 * one for one in range(7)], is_higher_better=True) is None
    assert another_night.sentence(None, "val_accuracy", 20) == ""
    assert "8 trials with a score: 2 more are needed" in another_night.missing(6)
    assert another_night.missing(7).endswith("1 more is needed.") and another_night.missing(8) == ""


def test_a_loss_improves_downwards():
    random = np.random.default_rng(1)
    losses = random.gamma(2.0, 0.1, 24)
    found = another_night.gain(losses, is_higher_better=False)
    assert 0 <= found.low <= found.value <= found.high
    assert found.value == pytest.approx(another_night.gain(-losses, is_higher_better=True).value)
    assert "lower the best validation loss" in another_night.sentence(found, "val_loss", 24)
    text = another_night.sentence(found, "val_loss", 24, 130)
    assert text.startswith("Another 24 trials (about 2 min 10 s of training)")


def test_the_expected_best_follows_its_definition():
    values = np.array([[1.0, 2.0, 4.0]])
    assert another_night._expected_best(values, 1) == pytest.approx([7 / 3])
    # Of two draws with replacement, the maximum is 1, 2, 4 in 1, 3, 5 of 9 cases.
    assert another_night._expected_best(values, 2) == pytest.approx([(1 + 6 + 20) / 9])
