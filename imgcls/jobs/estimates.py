"""How long trainings take, from those that were trained before: what a queue can say about its times."""

import math
from collections.abc import Mapping
from functools import lru_cache

from imgcls import models, runs
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.runs.run import Run

START_SECONDS = 6.0
"""Import of TensorFlow, test and export of a small model."""


def paces() -> dict[tuple, float]:
    """Seconds for each picture and epoch, by data set, model and its settings; the newest run of a kind says it."""
    found: dict[tuple, float] = {}
    for run in runs.everything():
        stamp = run.stamp("result.json")
        if stamp != (0.0,):
            pace = _pace(run, stamp)
            for kind in _kinds(pace[0]) if pace else ():
                found.setdefault(kind, pace[1])
    return found


def seconds(config: Config, images: int, known: Mapping[tuple, float]) -> float | None:
    """How long a training should take, if it uses so many pictures and does all its epochs; None if nobody knows."""
    pace = next((known[kind] for kind in _kinds(config) if kind in known), None)
    epochs = config.epochs + models.more_epochs(config.model, config.model_settings)
    return None if pace is None else START_SECONDS + pace * images * epochs


def looks() -> dict[tuple[str, int], float]:
    """Pictures a second that bases have looked at here, by base and input size; the newest run says it."""
    found: dict[tuple[str, int], float] = {}
    for run in runs.everything():
        stamp = run.stamp("result.json")
        look = _look(run, stamp) if stamp != (0.0,) else None
        if look:
            found.setdefault(*look)
    return found


@lru_cache(maxsize=4096)
def _look(run: Run, stamp: tuple) -> tuple[tuple[str, int], float] | None:
    try:
        rate, settings = float((run.result or {})["feature_rate"]), run.config.model_settings
        return ((settings["base"], settings["input_size"]), rate) if 0 < rate < math.inf else None
    except (UserError, KeyError, TypeError, ValueError):
        return None


def _kinds(config: Config) -> tuple[tuple, ...]:
    """From the exact kind of training to a rough one."""
    settings = tuple(sorted(config.model_settings.items()))
    if models.has_backbone(config.model):  # another base is another pace
        return ((config.data, config.model, settings, config.batch_size),)
    return (config.data, config.model, settings, config.batch_size), (config.data, config.model)


@lru_cache(maxsize=4096)
def _pace(run: Run, stamp: tuple) -> tuple[Config, float] | None:
    """The settings and the pace of a run that is over; `stamp` makes a changed result another key."""
    try:
        result, config = run.result or {}, run.config
        images = result["counts"]["train"] * result["epochs"]
        seconds = result["training_seconds"] + result.get("feature_seconds", 0.0)
        return (config, seconds / images) if images else None
    except (UserError, KeyError, TypeError):
        return None
