"""Scores by value: a row for each listed value and each half of a range that was tried."""

import dataclasses

from imgcls import runs
from imgcls.studies import Trial, by_value, more_trials, proposals
from imgcls.system import paths
from tests.support.studies import planned


def trial(number: int, value: float | None, rate: float, size: int, state: str = "finished") -> Trial:
    run = runs.Run(paths.runs_folder() / f"t-{number:04}")
    return Trial(run, number, {"learning_rate": rate, "batch_size": size}, state, value, (value,))


def test_ranges_are_halved_on_their_scale_and_lists_are_in_their_order():
    trials = [trial(0, 0.9, 0.05, 64), trial(1, 0.5, 0.0002, 16), trial(2, 0.7, 0.003, 64), trial(3, None, 0.01, 32)]
    found = by_value.scores(planned(), trials)
    assert [(one.setting, one.values, one.trials, round(one.mean, 6), one.best) for one in found] == [
        ("learning_rate", "0.0001 to 0.00316", 2, 0.6, 0.7),
        ("learning_rate", "0.00316 to 0.1", 1, 0.9, 0.9),
        ("batch_size", "16", 1, 0.5, 0.5),
        ("batch_size", "64", 2, 0.8, 0.9),
    ]
    assert by_value.scores(planned(metric="val_loss"), trials)[-1].best == 0.7, "the lowest loss"


def test_settings_that_were_edited_out_of_the_space_are_left_out():
    assert by_value.scores(planned(), [trial(0, 0.9, 5.0, 63)]) == []
    assert by_value.scores(planned(), []) == []


def test_trials_that_ended_early_do_not_count_for_importances():
    trials = [trial(0, 0.9, 0.05, 64), trial(1, 0.5, 0.0002, 16, "stopped"), trial(2, 0.7, 5.0, 64)]
    assert [one.number for one in proposals.complete(planned(), trials)] == [0]


def test_a_trial_stopped_before_its_first_epoch_has_no_part_in_means_counts_and_importances():
    stopped = dataclasses.replace(trial(1, 0.14, 0.0002, 16, "stopped"), curve=())
    trials = [trial(0, 0.9, 0.05, 64), stopped]
    assert [one.trials for one in by_value.scores(planned(), trials)] == [1, 1]
    assert more_trials.missing_for_importances(planned(), trials) == proposals.STARTUP_TRIALS - 1
    states = [one.state.name for one in proposals.optuna_study(planned(), trials).trials]
    assert states == ["COMPLETE", "FAIL"], "its score is that of a network that has hardly begun"
