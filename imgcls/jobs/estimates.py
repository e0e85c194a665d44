"""How long trainings take, from those that were trained before: what a queue can say about its times."""

from collections.abc import Mapping
from functools import lru_cache

from imgcls import runs
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.run import Run

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


def seconds(config: Config, pictures: int, known: Mapping[tuple, float]) -> float | None:
    """How long a training should take, if it uses so many pictures and does all its epochs; None if nobody knows."""
    pace = next((known[kind] for kind in _kinds(config) if kind in known), None)
    return None if pace is None else START_SECONDS + pace * pictures * config.epochs


def _kinds(config: Config) -> tuple[tuple, ...]:
    """From the exact kind of training to a rough one."""
    settings = tuple(sorted(config.model_settings.items()))
    return (config.data, config.model, settings, config.batch_size), (config.data, config.model)


@lru_cache(maxsize=4096)
def _pace(run: Run, stamp: tuple) -> tuple[Config, float] | None:
    """The settings and the pace of a run that is over; `stamp` makes a changed result another key."""
    try:
        result, config = run.result or {}, run.config
        pictures = result["counts"]["train"] * result["epochs"]
        return (config, result["training_seconds"] / pictures) if pictures else None
    except (UserError, KeyError, TypeError):
        return None
