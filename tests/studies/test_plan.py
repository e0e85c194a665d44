"""The plan of a study: YAML or JSON by hand, checked before anything runs."""

import json
from datetime import datetime

import pytest

from imgcls.errors import SettingError
from imgcls.studies import plan
from tests.support.studies import SEARCH, planned

YAML = """
title: Learning rate
settings:
  data: digits
  model: cnn
  learning-rate: 1e-3
vary:
  learning-rate: {from: 1e-4, to: 1e-1, log: true}
  filters: [8, 16]
trials: 5
metric: val_loss
"""


def test_a_plan_in_yaml_has_the_names_of_the_command_line(tmp_path):
    (tmp_path / "search.yaml").write_text(YAML)
    found = plan.read(tmp_path / "search.yaml")
    assert (found.title, found.trials, found.metric, found.sampler) == ("Learning rate", 5, "val_loss", "tpe")
    assert found.base.learning_rate == 1e-3 and list(found.vary) == ["learning_rate", "filters"]
    assert not found.is_higher_better


def test_a_plan_is_the_same_when_read_again():
    found = planned(until=1e9, parallel=2)
    assert plan.from_dict(json.loads(json.dumps(found.as_dict()))) == found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"metric": "test_accuracy"}, "“metric” cannot be 'test_accuracy'. Choose one of: val_accuracy, val_loss"),
        ({"sampler": "bayes"}, "tpe, random, grid"),
        ({"pruner": True}, "median, hyperband, none"),
        ({"trials": 0}, "“trials” must be a whole number from 1"),
        ({"trials": 2.5}, "“trials” must be"),
        ({"parallel": "many"}, "“parallel” must be"),
        ({"vary": {}}, "search space is empty"),
        ({"vary": [1]}, "search space is empty"),
        ({"budget": 3}, "no entry 'budget'"),
        ({"title": 7}, "“title” must be text"),
        ({"version": 99}, "newer version"),
        ({"settings": {"data": "digits", "epoch": 3}}, "Unknown setting 'epoch'"),
        ({"settings": {"folds": 5}}, "cross-validate the winner"),
        ({"until": "tonight"}, "“until” must be"),
        (
            {
                "sampler": "grid",
                "vary": {
                    n: {"from": 0.0, "to": 0.5}
                    for n in (
                        "zoom",
                        "brightness",
                        "contrast",
                        "dropout",
                        "label_smoothing",
                        "weight_decay",
                        "plateau_factor",
                    )
                }
                | {"plateau_factor": {"from": 0.1, "to": 0.5}, "weight_decay": {"from": 0.1, "to": 0.5}},
            },
            "grid has 16,384 combinations",
        ),
    ],
)
def test_an_invalid_entry_is_named(changes, words):
    with pytest.raises(SettingError, match=words):
        plan.from_dict(SEARCH | changes)


@pytest.mark.parametrize("values", [None, 3, [], "trials"])
def test_what_is_no_plan_is_refused(values):
    with pytest.raises(SettingError, match="one entry per line"):
        plan.from_dict(values)


def test_the_budget_of_a_grid_is_at_most_its_size():
    vary = {"batch_size": [16, 32], "optimizer": ["adam", "sgd"]}
    assert planned(sampler="grid", vary=vary, trials=30).budget == 4
    assert planned(sampler="grid", vary=vary, trials=3).budget == 3


def test_the_night_ends_the_next_time_it_is_that_late():
    evening = datetime(2026, 1, 2, 22, 30).timestamp()
    assert plan.end_of("07:00", now=evening) == datetime(2026, 1, 3, 7, 0).timestamp()
    assert plan.end_of("23:15", now=evening) == datetime(2026, 1, 2, 23, 15).timestamp()
    assert plan.end_of(hours=1.5, now=evening) == evening + 5400
    assert plan.end_of("07:00", 1, now=evening) == evening + 3600, "the earlier one counts"


@pytest.mark.parametrize(("text", "hours"), [("7", 0), ("25:00", 0), ("tonight", 0), ("", -1), ("", 1e9)])
def test_an_impossible_end_is_named(text, hours):
    with pytest.raises(SettingError, match=r"not a time of day|hours must be"):
        plan.end_of(text, hours)


def test_a_long_title_is_kept_and_a_very_long_one_shows_that_it_was_shortened():
    title = "Learning rate, width and dropout of the small CNN on vehicles and cats, first night"
    assert planned(title=title).title == title
    assert planned(title="x" * 200).title == "x" * 119 + "…"
