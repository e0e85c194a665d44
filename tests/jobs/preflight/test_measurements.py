"""What a pre-flight check measures, and what it blames on the network or the machine."""

import math

import pytest

from imgcls import datasets
from imgcls.jobs.preflight import lr_finder, verdicts
from tests.support.runs.preflight_checks import FOUND, SMALL, found_in

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def checked(keras, tmp_path, digits, monkeypatch):
    """`checked(config)` runs the check in this process, even on a busy machine, and returns what a page reads."""
    from imgcls.training.preflight import checks as measure
    from imgcls.training.preflight.report import Report

    monkeypatch.setattr(measure, "ONE_BATCH_SECONDS", (100.0, 100.0))
    monkeypatch.setattr(measure.OtherProcesses, "fraction", lambda self: 0.0)

    def check(config):
        folder = tmp_path / f"check-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        report = Report(folder)
        measure.check(config, report)
        report.finish()
        return found_in(folder)

    return check


def test_the_check_returns_every_result(checked):
    found = checked(SMALL)

    lights = {light.name: light for light in verdicts.judge(SMALL, datasets.facts("digits"), found)}
    assert list(lights) == ["Time", "Memory", "First loss", "One batch", "Classes", "Input"]
    assert {name for name, light in lights.items() if light.level != "good"} <= {"Time"}  # the machine may be busy
    assert sum(found["counts"]) == 1221
    assert found["steps_per_epoch"] == math.ceil(1221 / 32)
    assert found["epoch_seconds"] > found["judging_seconds"] > 0
    assert found["memory"] > 1e8
    assert (found["low"], found["high"]) == (0.0, 1.0)


def test_a_learning_rate_far_too_high_is_distinguished_from_a_network_that_cannot_learn(checked):
    config = SMALL.changed(optimizer="sgd", learning_rate=1e6)
    found = checked(config)

    light = next(
        light for light in verdicts.judge(config, datasets.facts("digits"), found) if light.name == "One batch"
    )
    assert light.level == "bad"
    assert "Adam with a learning rate of 0.001 can" in light.sentence
    assert "nan" not in light.sentence


def test_dropout_is_off_while_one_batch_is_overfitted(checked):
    found = checked(SMALL.changed(model_settings={"units": 32, "dropout": 0.8}))

    assert found["batch_last"] < verdicts.LEARNT_FRACTION * found["batch_first"]


def test_a_machine_too_slow_to_overfit_one_batch_is_not_blamed_on_the_network(checked, monkeypatch):
    from imgcls.training.preflight import checks as measure

    results = iter([(2.3, 2.3, 0.1, 80), (2.3, 1.2, 0.5, 80)])
    monkeypatch.setattr(measure, "_overfit", lambda *arguments: next(results))
    assert checked(SMALL)["usual_learns"] is True  # with Adam the loss was still falling when the time ran out

    results = iter([(2.3, 1.2, 0.5, 80)])
    assert "usual_learns" not in checked(SMALL)  # nothing to explain


@pytest.mark.parametrize(
    ("steps", "last", "expected"),
    [(20, 2.2, True), (20, 2.4, False), (100, 1.0, True), (100, 2.0, False), (400, 1.0, False)],
)
def test_running_out_of_time_is_distinguished_from_failing_to_learn(steps, last, expected):
    assert verdicts.ran_out_of_time(2.4, last, steps) is expected
    found = FOUND | {"batch_last": last, "batch_steps": steps, "batch_accuracy": 0.5}
    light = next(one for one in verdicts.judge(SMALL, datasets.facts("digits"), found) if one.name == "One batch")
    assert light.sentence.startswith("There was only time for") is expected


@pytest.mark.parametrize("busy", [{"others": 0.9}, {"training": True}])
@pytest.mark.parametrize(("steps", "last"), [(3, 2.4), (40, 2.5), (399, 2.4)])
def test_the_network_is_never_blamed_for_a_busy_machine(busy, steps, last):
    found = FOUND | busy | {"batch_last": last, "batch_steps": steps, "batch_accuracy": 0.1}
    light = next(one for one in verdicts.judge(SMALL, datasets.facts("digits"), found) if one.name == "One batch")
    assert light.level == "check"
    assert "The machine is busy, so this says nothing about the network" in light.sentence
    assert verdicts.ran_out_of_time(2.4, last, steps, is_busy=True)


@pytest.mark.parametrize(("steps", "last"), [(400, 2.4), (5, math.nan)])
def test_a_network_that_fails_all_its_steps_is_blamed_even_on_a_busy_machine(steps, last):
    assert not verdicts.ran_out_of_time(2.4, last, steps, is_busy=True)


def test_on_a_busy_machine_the_check_does_not_blame_the_settings(checked, monkeypatch):
    from imgcls.training.preflight import checks as measure

    monkeypatch.setattr(measure.OtherProcesses, "fraction", lambda self: 0.8)
    results = iter([(2.3, 2.3, 0.1, 4)])
    monkeypatch.setattr(measure, "_overfit", lambda *arguments: next(results))
    found = checked(SMALL)
    assert found["others"] == 0.8
    assert "usual_learns" not in found


def test_the_finder_suggests_a_rate_that_learns(keras, tmp_path, digits):
    from imgcls.training.preflight import lr_finder as finder
    from imgcls.training.preflight.report import Report

    folder = tmp_path / "rates-0"
    folder.mkdir()
    report = Report(folder)
    finder.find(SMALL, report)
    report.finish()

    found = found_in(folder)
    assert 60 < len(found["rates"]) <= finder.STEPS
    assert 1e-3 <= lr_finder.suggestion(found["rates"], found["losses"]) <= 0.1
