"""Curves of several runs and their figures, cached in memory for all visitors."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from imgcls.charts.compared.curves import compare_curves
from imgcls.evaluation.metrics.mean_curve import MeanCurve, mean_curve
from imgcls.runs.annotations import own_metrics
from imgcls.runs.run import Run
from imgcls.ui.cache import curves
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static

RunKey = tuple[str, tuple, tuple]
"""A run's folder, when its trainer was started, and how much of its metrics is there."""


@dataclass(frozen=True)
class Line:
    """A line of a comparison: a run, or several that differ only in the seed, and its name."""

    name: str
    runs: tuple[RunKey, ...]


@dataclass(frozen=True)
class Measure:
    """What a comparison shows: a column of the log of the epochs, or a metric of the user's own if it `is_own`.

    `quantity` is "loss", "accuracy" or anything else, and `title` that of the axis.
    """

    column: str
    quantity: str
    title: str
    is_own: bool = False


@dataclass(frozen=True)
class Look:
    """How curves are drawn: the decay of the running mean, and whether an accuracy has the axis from 0 to 100%."""

    smoothing: float = 0.0
    is_whole: bool = False


VALIDATION = (
    Measure("val_loss", "loss", "validation loss (cross-entropy)"),
    Measure("val_accuracy", "accuracy", "validation accuracy (%)"),
)
PLAIN = Look()


def key_of(run: Run) -> RunKey:
    """Changes with the curves of the run."""
    return str(run.folder), run.stamp("trainer.json"), run.stamp("metrics.jsonl", own_metrics.NAME)


@lru_cache(64)
def lines(chosen: tuple[Line, ...], measure: Measure) -> list[MeanCurve]:
    """The curve of each line."""
    return [mean_curve([_series(run, measure) for run in line.runs]) for line in chosen]


def _series(run: RunKey, measure: Measure) -> tuple[np.ndarray, np.ndarray]:
    folder, start_stamp, _ = run
    if measure.is_own:
        found = own_metrics.read(Run(Path(folder))).series().get(measure.column, [])
        by_epoch = all(epoch is not None for epoch, _value in found)
        places = [epoch if by_epoch else at for at, (epoch, _value) in enumerate(found, 1)]
        return np.array(places, float), np.array([value for _epoch, value in found], float)
    x, values = curves.of_folder(folder, start_stamp).refresh().series("epochs", "epoch", measure.column)
    return x, values


@lru_cache(32)
def comparison(chosen: tuple[Line, ...], measure: Measure, look: Look = PLAIN) -> StaticFigure:
    """The figure of the curves of several runs."""
    named = [(line.name, curve) for line, curve in zip(chosen, lines(chosen, measure), strict=True)]
    figure = compare_curves(
        named, measure.quantity, title=measure.title, smoothing=look.smoothing, is_whole=look.is_whole
    )
    return static(figure)
