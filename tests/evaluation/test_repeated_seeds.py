"""Runs are grouped by what they share, their mean has an interval, and small differences raise a warning."""

import json

import numpy as np
import pytest

from imgcls import runs
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.evaluation import repeated_seeds
from imgcls.runs import Run, trials
from imgcls.runs.index import setting_names


@pytest.fixture
def ended(make_run):
    """`ended(id, accuracy, seed=…, …)` makes a finished run."""

    def make(run_id: str, accuracy: float | None, *, outcome: str = "finished", version: str = "", **settings) -> Run:
        result = {"version": 1, "outcome": outcome, "data": {"state": version, "thrown_out": 0, "relabelled": 0}}
        if accuracy is not None:
            result["test_accuracy"] = accuracy
        config = Config(data="digits", **settings)
        return make_run(run_id, **{"config.json": config.as_dict(), "result.json": result})

    return make


def test_runs_with_the_same_settings_form_a_group_by_seed(ended):
    for seed, accuracy in enumerate((0.9, 0.92, 0.94)):
        ended(f"wide-{seed}", accuracy, seed=seed)
    ended("other", 0.5, seed=3, epochs=99)
    ended("edited", 0.5, seed=4, version="ab12")
    ended("stopped", 0.5, seed=5, outcome="stopped")
    ended("untested", None, seed=6)
    (group,) = repeated_seeds.groups(runs.all_runs())
    assert group.seeds == (0, 1, 2) and group.accuracies.tolist() == [0.9, 0.92, 0.94]
    assert group.config == Config(data="digits")


def test_runs_that_train_are_grouped_and_a_seed_is_not_counted_twice(ended, make_run):
    first, other, second = ended("a-0", 0.9, seed=0), ended("b-0", 0.9, seed=0, epochs=99), ended("a-1", 0.9, seed=1)
    again, stopped = ended("a-again", 0.9, seed=1), ended("a-stopped", None, seed=2, outcome="stopped")
    damaged = make_run("damaged", **{"config.json": []})
    found = repeated_seeds.by_setting([first, other, second, again, stopped, damaged])
    assert found == [[first, second, stopped], [other], [again], [damaged]]


def test_settings_have_different_names():
    configs = [Config(data="digits"), Config(data="digits", epochs=99), Config(data="digits", seed=5)]
    one, other, again = setting_names.of_settings(configs)
    assert other == "Convolutional network on Small digits, epochs 99" and one != again and again.endswith(" (2)")
    assert setting_names.of_settings(configs[:1]) == ["Convolutional network on Small digits"]
    assert setting_names.of_settings(configs[:2], ["base", "wide"]) == ["base (epochs 10)", "wide (epochs 99)"]
    assert setting_names.of_settings(configs[:1], ["base"]) == ["base"]


def test_trials_of_a_study_are_not_repetitions(ended):
    for seed in range(3):
        run = ended(f"trial-{seed}", 0.9, seed=seed)
        (run.folder / "trial.json").write_text(json.dumps(trials.TrialRecord("s", seed, {}).as_dict()))
    assert repeated_seeds.groups(runs.all_runs()) == []


def test_the_newest_run_of_a_seed_counts(ended):
    old, new = ended("older", 0.5, seed=0), ended("newer", 0.9, seed=0)
    for run, at in ((old, 1e9), (new, 2e9)):
        (run.folder / "trainer.json").write_text(json.dumps({"first": at}))
    assert repeated_seeds.group_of(old, runs.all_runs()).accuracies.tolist() == [0.9]


def test_the_interval_of_the_mean_is_students():
    score = repeated_seeds.t_interval(np.array([0.90, 0.92, 0.94]))
    # Mean 0.92, standard error 0.02 / sqrt(3), quantile 4.3027.
    assert (score.value, score.low, score.high) == pytest.approx((0.92, 0.92 - 0.049683, 0.92 + 0.049683), abs=1e-5)
    assert (repeated_seeds.t_interval(np.array([0.5])).low, repeated_seeds.t_interval(np.array([0.5])).high) == (0, 1)


def test_the_variation_is_pooled_over_groups(ended):
    for seed, (a, b) in enumerate(((0.90, 0.80), (0.92, 0.84), (0.94, 0.88))):
        ended(f"wide-{seed}", a, seed=seed)
        ended(f"narrow-{seed}", b, seed=seed, epochs=3)
    found = repeated_seeds.variation(runs.all_runs(), "digits")
    assert (found.runs, found.groups) == (6, 2)
    assert found.deviation == pytest.approx(np.sqrt((0.02**2 + 0.04**2) / 2))
    assert found.reach == pytest.approx(2.7764 * np.sqrt(2) * found.deviation, rel=1e-4)
    assert repeated_seeds.variation(runs.all_runs(), "mnist") is None


def test_a_difference_within_the_seed_variation_raises_a_warning(ended):
    for seed, accuracy in enumerate((0.90, 0.91, 0.92)):
        ended(f"wide-{seed}", accuracy, seed=seed)
    a, b, far = ended("one", 0.900, epochs=3), ended("two", 0.915, epochs=4), ended("far", 0.5, epochs=5)
    everything = runs.all_runs()
    for first, second in ((a, b), (b, a)):  # it has no sign, as it says nothing about which is better
        found = repeated_seeds.caution(first, second, everything)
        assert "difference of 1.50 percentage points is within the variation between seeds" in found.sentence
    assert repeated_seeds.caution(a, far, everything) is None
    assert repeated_seeds.caution(a, ended("mnist-run", None), everything) is None


def test_two_seeds_of_one_setting_are_called_so(ended):
    one, other = ended("wide-0", 0.90, seed=0), ended("wide-1", 0.95, seed=1)
    assert repeated_seeds.caution(one, other, []).sentence.startswith("These runs differ only in the seed")


def test_without_repeated_runs_there_is_no_warning(ended):
    assert repeated_seeds.caution(ended("one", 0.90), ended("two", 0.91, epochs=3), runs.all_runs()) is None


def test_a_group_needs_two_common_seeds_to_be_compared(ended):
    one = repeated_seeds.group_of(ended("one", 0.9, seed=0), [])
    other = repeated_seeds.group_of(ended("two", 0.9, seed=1), [])
    with pytest.raises(RunError, match="no seed in common"):
        repeated_seeds.compare(one, other)
    with pytest.raises(RunError, match="no test score"):
        repeated_seeds.group_of(ended("untested", None), [])
