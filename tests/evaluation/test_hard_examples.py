"""Selecting test images that are hard for a model."""

import numpy as np

from imgcls.evaluation import hard_examples

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 10, 400)
CONFIDENCE = RANDOM.uniform(0.3, 1, 400)


def predictions(num_wrong: int) -> np.ndarray:
    predicted = LABELS.copy()
    predicted[:num_wrong] = (predicted[:num_wrong] + 1) % 10
    return predicted


def choose(num_wrong: int, there=None, seed=0, count=20):
    there = np.ones(400, bool) if there is None else there
    return hard_examples.choose(LABELS, predictions(num_wrong), CONFIDENCE, there, seed, count)


def test_half_of_twenty_images_are_misclassified_and_the_others_are_low_confidence():
    found = choose(50)
    assert len(found.rows) == len(set(found.rows.tolist())) == 20
    assert found.wrong == (found.rows < 50).sum() == 10
    right = found.rows[found.rows >= 50]
    assert (CONFIDENCE[right] <= np.sort(CONFIDENCE[50:])[29]).all()


def test_all_errors_of_a_model_with_few_errors_are_used():
    found = choose(4)
    assert set(range(4)) <= set(found.rows.tolist())
    assert found.wrong == 4
    assert len(found.rows) == 20


def test_a_model_that_is_nearly_always_wrong_still_gets_twenty_images():
    found = choose(395)
    assert len(found.rows) == 20
    assert found.wrong == 15


def test_only_stored_images_are_used_even_if_few_or_none():
    there = np.zeros(400, bool)
    there[[3, 7, 100]] = True
    assert sorted(choose(50, there).rows.tolist()) == [3, 7, 100]
    assert len(choose(50, np.zeros(400, bool)).rows) == 0


def test_the_seed_determines_the_game():
    assert choose(50).rows.tolist() == choose(50).rows.tolist()
    assert set(choose(50).rows.tolist()) != set(choose(50, seed=1).rows.tolist())
