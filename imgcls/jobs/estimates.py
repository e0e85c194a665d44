"""How long a training run will take, estimated from earlier runs on this machine."""

import math
from collections.abc import Mapping
from functools import lru_cache

from imgcls import models, runs
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.runs.run import Run

START_SECONDS = 6.0
"""Importing TensorFlow, and evaluating and exporting a small model."""


def paces() -> dict[tuple, float]:
    """Seconds per image and epoch, by dataset, model and its settings, each from the newest run of its kind."""
    found: dict[tuple, float] = {}
    for run in runs.all_runs():
        stamp = run.stamp("result.json")
        if stamp != (0.0,):
            measured = _pace(run, stamp)
            if measured:
                config, pace = measured
                for kind in _kinds(config):
                    found.setdefault(kind, pace)
    return found


def seconds(config: Config, images: int, known: Mapping[tuple, float]) -> float | None:
    """How long a training run on that many images should take if it runs all epochs; None if unknown."""
    pace = next((known[kind] for kind in _kinds(config) if kind in known), None)
    epochs = config.epochs + models.more_epochs(config.model, config.model_settings)
    trainings = 1 + config.folds  # those of the cross-validation have about as many images
    return None if pace is None else START_SECONDS + pace * images * epochs * trainings


def feature_rates() -> dict[tuple[str, int], float]:
    """Images per second of feature extraction, by backbone and input size, each from the newest run."""
    found: dict[tuple[str, int], float] = {}
    for run in runs.all_runs():
        stamp = run.stamp("result.json")
        measured = _feature_rate(run, stamp) if stamp != (0.0,) else None
        if measured:
            found.setdefault(*measured)
    return found


@lru_cache(maxsize=4096)
def _feature_rate(run: Run, stamp: tuple) -> tuple[tuple[str, int], float] | None:
    try:
        rate, settings = float((run.result or {})["feature_rate"]), run.config.model_settings
        key = (str(settings["backbone"]), int(settings["input_size"]))
        return (key, rate) if 0 < rate < math.inf else None
    except (UserError, KeyError, TypeError, ValueError):
        return None


def _kinds(config: Config) -> tuple[tuple, ...]:
    """Keys of a training run, from exact to rough."""
    settings = tuple(sorted(config.model_settings.items()))
    if models.has_backbone(config.model):  # the pace depends on the backbone
        return ((config.data, config.model, settings, config.batch_size),)
    return (config.data, config.model, settings, config.batch_size), (config.data, config.model)


@lru_cache(maxsize=4096)
def _pace(run: Run, stamp: tuple) -> tuple[Config, float] | None:
    """The settings and the pace of a run that has ended. `stamp` makes a changed result another cache key."""
    try:
        result, config = run.result or {}, run.config
        images = result["counts"]["train"] * result["epochs"]
        seconds = result["training_seconds"] + result.get("feature_seconds", 0.0)
        return (config, seconds / images) if images else None
    except (UserError, KeyError, TypeError):
        return None
