"""An accuracy is at chance level if its confidence interval does not lie above that of guessing."""

import pytest

from imgcls.evaluation.metrics import chance


@pytest.mark.parametrize(
    ("row", "is_at_chance"),
    [
        ({"test": 0.104, "guess": 0.1, "judged": 1_000}, True),
        ({"test": 0.14, "guess": 0.1, "judged": 1_000}, False),
        ({"test": 0.14, "guess": 0.1, "judged": 50}, True),  # too few images to tell
        ({"test": 0.0, "guess": 0.1, "judged": 1_000}, True),
        ({"test": 0.9, "guess": 0.9, "judged": 1_000}, True),  # always the most frequent class
        ({"test": None, "best": 0.1, "guess": 0.1, "judged": 300}, True),  # a trial
        ({"test": 0.1, "guess": None, "judged": 0}, False),
        ({"test": None, "best": None, "guess": None, "judged": 0}, False),
        ({"test": 0.1, "guess": 0.1, "judged": 0}, False),
    ],
)
def test_only_a_score_that_is_surely_above_guessing_is_above_chance(row, is_at_chance):
    assert bool(chance.level(row)) is is_at_chance


def test_the_reason_names_the_interval_and_the_accuracy_of_guessing():
    said = chance.level({"test": 0.104, "guess": 0.1, "judged": 1_000})
    assert said.startswith("Test accuracy 10.4%, 95% CI 8.7–12.4%") and said.endswith("class, 10.0%.")
    assert chance.level({"test": None, "best": 0.1, "guess": 0.1, "judged": 9}).startswith("Validation accuracy")
