"""Which running trials are ended: those that others were better than at the same epoch."""

from pathlib import Path

import pytest

from imgcls.runs import Run
from imgcls.studies import pruning
from imgcls.studies.study import Trial


def trial(number: int, *curve: float | None) -> Trial:
    return Trial(Run(Path(f"run-{number}")), number, {}, "running", None, curve)


OTHERS = [trial(number, 0.5, 0.6, 0.7 + 0.01 * number, 0.8) for number in range(5)]


def ends(one: Trial, others: list[Trial], rule: str, epochs: int = 9, *, is_higher_better: bool = True) -> bool:
    return pruning.should_end(one, others, rule, epochs, is_higher_better=is_higher_better)


def test_the_median_rule_ends_what_is_below_the_median_at_its_epoch():
    assert ends(trial(9, 0.5, 0.6, 0.71), OTHERS, "median")
    assert not ends(trial(9, 0.5, 0.6, 0.73), OTHERS, "median")
    assert not ends(trial(9, 0.5, 0.75, 0.1), OTHERS, "median"), "its best epoch counts"


def test_the_median_rule_waits_for_epochs_and_for_other_trials():
    assert not ends(trial(9, 0.1, 0.1), OTHERS, "median")
    assert not ends(trial(9, 0.1, 0.1, 0.1), OTHERS[:3], "median")
    assert not ends(trial(9, 0.1, 0.1, 0.1, 0.1, 0.1), OTHERS, "median"), "no other trial got so far"


def test_losses_are_better_when_lower():
    assert ends(trial(9, 0.9, 0.9, 0.9), OTHERS, "median", is_higher_better=False)
    assert not ends(trial(9, 0.1, 0.1, 0.1), OTHERS, "median", is_higher_better=False)


@pytest.mark.parametrize("rule", ["median", "hyperband", "none"])
def test_nothing_ends_before_its_first_or_after_its_last_epoch(rule):
    assert not ends(trial(9), OTHERS, rule)
    assert not ends(trial(9, *[0.1] * 9), OTHERS, rule)
    assert not ends(trial(9, *[None] * 9), OTHERS, rule)


def test_hyperband_keeps_the_best_third_of_a_bracket_at_each_rung():
    # 9 epochs: three brackets; numbers 0, 3, 6 … are in the first one, with rungs after epochs 1 and 3.
    rivals = [trial(number, 0.1 * number) for number in (3, 6, 9, 12, 15)]
    assert ends(trial(0, 0.85), rivals, "hyperband")
    assert not ends(trial(0, 1.4), rivals, "hyperband"), "second of six: the best two go on"
    assert not ends(trial(2, 0.01), rivals, "hyperband"), "the last bracket never halves"
    assert not ends(trial(1, 0.01), rivals, "hyperband"), "another bracket"


def test_without_a_rule_nothing_ends():
    assert not ends(trial(0, 0.0, 0.0, 0.0), OTHERS, "none")
