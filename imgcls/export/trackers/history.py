"""What a tracker logs about a run: the points of its curves, its settings and its results."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgcls.errors import UserError
from imgcls.runs import ENDED, Run
from imgcls.runs.annotations import own_metrics
from imgcls.runs.metrics_log import Curves
from imgcls.system import json_files

POLL_SECONDS = 1.0
OWN = "own/"
"""How the names of the user's own metrics begin."""
BATCH = {
    "loss": "batch/loss",
    "accuracy": "batch/accuracy",
    "learning_rate": "batch/learning_rate",
    "rate": "batch/images_per_second",
    "gradient_norm": "batch/gradient_norm",
    "memory": "system/memory_mb",
    "processor": "system/processor_percent_of_a_core",
    "gpu": "system/gpu_percent",
    "gpu_memory": "system/gpu_memory_mb",
}
"""Entry of a batch line -> name of the curve."""
EPOCH = {
    "loss": "training/loss",
    "accuracy": "training/accuracy",
    "val_loss": "validation/loss",
    "val_accuracy": "validation/accuracy",
    "seconds": "training/seconds_per_epoch",
}
SCORES = (
    *("test_accuracy", "test_cross_entropy", "test_macro_f1", "test_label_accuracy", "test_average_precision"),
    *("val_accuracy", "val_loss", "best_epoch", "parameters", "training_seconds"),
)


@dataclass(frozen=True)
class Point:
    """Values of several curves after `step` training steps; `time` is in seconds since 1970."""

    step: int
    time: float
    values: dict[str, float]


def points(run: Run, *, follow: bool = False) -> Iterator[Point]:
    """All points, in the order of their steps. With `follow`, waits for more until the training has ended.

    If the training was resumed from an earlier step meanwhile, the points since then come again.
    """
    curves = Curves(run.folder / "metrics.jsonl")
    batches = epochs = own = 0
    while True:
        has_ended = run.state in ENDED
        curves.refresh()
        batches, epochs = min(batches, len(curves.batches)), min(epochs, len(curves.epochs))
        new = [(line, BATCH) for line in curves.batches[batches:]] + [(line, EPOCH) for line in curves.epochs[epochs:]]
        batches, epochs = len(curves.batches), len(curves.epochs)
        found = [_point(line, names, curves, run) for line, names in new]
        recorded = own_metrics.read(run).records
        found += [_own_point(record, curves, run) for record in recorded[own:] if record.epoch is not None]
        own = len(recorded)
        yield from sorted((point for point in found if point.values), key=lambda point: point.step)
        if has_ended or not follow:
            return
        time.sleep(POLL_SECONDS)


def settings(run: Run) -> dict[str, Any]:
    """All settings by name, those of the model included; empty if they cannot be read."""
    try:
        values = run.config.as_dict()
    except UserError:
        return {}
    return {name: value for name, value in (values | values.pop("model_settings")).items() if name != "version"}


def scores(run: Run) -> dict[str, float]:
    """The scores of the run, as far as there are any, and the last values of the user's own metrics."""
    result = run.result or {}
    own = {f"{OWN}{name}": values[-1][1] for name, values in own_metrics.read(run).series().items()}
    return {name: float(result[name]) for name in SCORES if json_files.is_number(result.get(name))} | own


def _point(line: dict[str, Any], names: dict[str, str], curves: Curves, run: Run) -> Point:
    values = {name: float(line[key]) for key, name in names.items() if json_files.is_number(line.get(key))}
    return Point(round(line["epoch"] * (curves.plan.get("steps") or 1)), _time(run, curves, line["epoch"]), values)


def _own_point(record: own_metrics.Record, curves: Curves, run: Run) -> Point:
    """Where its epoch is on the curve, however much later the values were recorded."""
    epoch = record.epoch or 0
    values = {f"{OWN}{name}": value for name, value in record.values.items()}
    return Point(round(epoch * (curves.plan.get("steps") or 1)), _time(run, curves, epoch), values)


def _time(run: Run, curves: Curves, epoch: float) -> float:
    """When this position on the curve was reached, from the duration of the epochs."""
    durations = [line.get("seconds") or 0.0 for line in curves.epochs]
    known = np.concatenate([[0.0], np.cumsum(durations)])
    mean = float(known[-1] / len(durations)) if durations else 0.0
    beyond = max(0.0, epoch - len(durations)) * mean
    return float(run.created + np.interp(epoch, np.arange(len(known)), known) + beyond)
