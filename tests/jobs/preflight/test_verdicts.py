"""The suggested learning rate, and the indicators."""

import numpy as np
import pytest

from imgcls import datasets
from imgcls.config import Config
from imgcls.jobs.preflight import lr_finder, verdicts
from tests.support.runs.preflight_checks import FOUND, RISING, SMALL, finder_losses

pytestmark = pytest.mark.timeout(300)


def level_of(name: str, config: Config = SMALL, **found) -> str:
    facts = datasets.facts(config.data)
    return next(light for light in verdicts.judge(config, facts, FOUND | found) if light.name == name).level


def test_the_suggested_rate_is_where_the_loss_falls_fastest():
    for seed in range(10):
        assert 1e-3 <= lr_finder.suggestion(RISING, finder_losses(seed)) <= 1e-2


def test_a_noisy_start_is_not_suggested():
    losses = finder_losses()
    losses[:12] += np.linspace(2.0, 0.0, 12)  # the first batches were difficult

    assert 1e-3 <= lr_finder.suggestion(RISING, losses) <= 1e-2


@pytest.mark.parametrize(
    "losses",
    [
        np.full(140, 2.3),
        2.3 + np.random.default_rng(0).normal(0, 0.1, 140),
        np.linspace(2.3, 9.0, 140),
        np.full(140, np.nan),
        finder_losses()[:15],
    ],
    ids=["flat", "noise", "rising", "nan", "too few"],
)
def test_a_loss_that_never_falls_suggests_nothing(losses):
    assert lr_finder.suggestion(RISING[: len(losses)], losses) is None


@pytest.mark.parametrize(
    ("name", "found", "level"),
    [
        ("Time", {}, "good"),
        ("Time", {"training": True}, "check"),
        ("Time", {"others": 0.6}, "check"),
        ("Time", {"epoch_seconds": 3600.0}, "check"),
        ("Time", {"epoch_seconds": 36000.0}, "bad"),
        ("Time", {"epoch_seconds": 1e14}, "bad"),
        ("Memory", {}, "good"),
        ("Memory", {"memory": 6e9}, "check"),
        ("Memory", {"memory": 9e9}, "bad"),
        ("First loss", {}, "good"),
        ("First loss", {"first_loss": 4.0}, "check"),
        ("First loss", {"first_loss": 40.0}, "bad"),
        ("First loss", {"first_loss": 0.1}, "bad"),
        ("First loss", {"first_loss": None}, "bad"),
        ("One batch", {}, "good"),
        ("One batch", {"batch_last": 1.0, "batch_steps": 400, "usual_learns": False}, "check"),
        ("One batch", {"batch_last": 2.4, "usual_learns": True}, "bad"),
        ("One batch", {"batch_last": None, "usual_learns": False}, "bad"),
        ("One batch", {"batch_last": 1.0, "batch_steps": 20}, "check"),
        ("Classes", {}, "good"),
        ("Classes", {"counts": [120] * 9 + [40]}, "check"),
        ("Classes", {"counts": [5] * 10}, "check"),
        ("Classes", {"counts": [120] * 9 + [10]}, "bad"),
        ("Classes", {"counts": [120] * 9 + [0]}, "bad"),
        ("Input", {}, "good"),
        ("Input", {"deviation": 0.02, "mean": 0.99}, "check"),
        ("Input", {"high": 255.0, "mean": 33.0, "deviation": 78.0}, "bad"),
        ("Input", {"mean": None}, "bad"),
    ],
)
def test_an_indicator_shows_the_finding(name, found, level):
    assert level_of(name, **found) == level
