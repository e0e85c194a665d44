"""Learning curves and their figures, cached in memory for all visitors.

The metrics of a run are keyed by when its trainer was started, and what is drawn from them by how much has been read.
Pages must not change what they get from here.
"""

import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from imgcls import charts, datasets, runs
from imgcls.charts.learning_curves import MAX_POINTS, fitted_percentages
from imgcls.config import Config, schedules
from imgcls.datasets.recipes import presets
from imgcls.errors import UserError
from imgcls.jobs import estimates
from imgcls.runs.forecast import Forecast
from imgcls.runs.forecast import forecast as make_forecast
from imgcls.runs.metrics_log import ENDING, Curves
from imgcls.runs.run import Run
from imgcls.system import paths
from imgcls.ui.widgets.figures.static_figure import StaticFigure

STEPS = 700
"""A curve grows in so many steps, each of them about a pixel: a figure is at most 700 pixels wide."""

HEIGHT, LIVE_HEIGHT = 300, 250
"""Of the learning curves in pixels; those of a live run fit on a screen of 1280x720 with all that is above them."""


def curves(run: Run) -> Curves:
    """The metrics that the run has written so far; only new lines are read."""
    return of_folder(str(run.folder), run.stamp("trainer.json")).refresh()


@lru_cache(64)
def of_folder(folder: str, stamp: tuple) -> Curves:
    """The same object for each start of the trainer, whose `stamp` this is."""
    return Curves(Path(folder) / "metrics.jsonl")


@dataclass(frozen=True)
class LearningCurve:
    """A figure, what it shows in words, and the forecast in it."""

    figure: StaticFigure
    description: str
    forecast: Forecast | None


def learning_curve(
    now: Curves,
    quantity: str,
    smoothing: float = 0.0,
    logarithmic: bool = False,
    *,
    is_live: bool = False,
    forecasts: bool = False,
    is_fitted: bool = False,
) -> LearningCurve:
    """The figure of the loss or the accuracy; see `_visible` for `is_live`. `is_fitted`: its axis fits the later
    epochs."""
    height = LIVE_HEIGHT if is_live else HEIGHT
    return _learning_curve(now, _visible(now, is_live), quantity, smoothing, logarithmic, forecasts, height, is_fitted)


def can_fit(now: Curves) -> bool:
    """Whether there are enough epochs to fit the axis of the accuracy to the later ones."""
    return _fitted(now) is not None


def _fitted(now: Curves) -> dict | None:
    columns = (now.series("epochs", "epoch", name) for name in ("accuracy", "val_accuracy"))
    return fitted_percentages(*columns)


def _visible(now: Curves, is_live: bool) -> tuple:
    """A figure is drawn again when this changes: with every line read, or while the run trains when one would see it.

    A new point of a long training moves the end of the curve by a fraction of a pixel. The same figure is not sent
    again either, and the browser does not draw it again.
    """
    if not is_live or len(now.batches) <= MAX_POINTS or not now.total_epochs:
        return (now.bytes_read,)
    best = (now.best or {}).get("epoch")
    steps = int(STEPS * now.progress / now.total_epochs)
    return steps, best, now.total_epochs, len(now.changes), len(now.stages)


@lru_cache(32)
def _learning_curve(
    now: Curves,
    visible: tuple,
    quantity: str,
    smoothing: float,
    logarithmic: bool,
    forecasts: bool,
    height: int,
    is_fitted: bool,
) -> LearningCurve:
    forecast = _forecast(now, now.epoch_lines, quantity) if forecasts else None
    content = charts.learning_curve_dict(
        quantity,
        batches=now.series("batches", "epoch", quantity),
        epochs=now.series("epochs", "epoch", quantity),
        validation=now.series("epochs", "epoch", f"val_{quantity}"),
        best_epoch=(now.best or {}).get("epoch"),
        height=height,
        total_epochs=now.total_epochs or None,
        smoothing=smoothing,
        logarithmic=logarithmic,
        changes=_changes(now),
        forecast=forecast,
    )
    if is_fitted and (limits := _fitted(now)):
        content["layout"]["yaxis"] |= limits
    if quantity == "accuracy" and now.plan.get("several"):
        content["layout"]["yaxis"]["title"]["text"] = "images with all labels correct (%)"
    return LearningCurve(StaticFigure(content), _description(now, quantity), forecast)


def _description(now: Curves, quantity: str) -> str:
    """The curve in words, for screen readers."""
    if not now.epochs:
        return f"Learning curve of the {quantity}: no epoch has completed yet."
    last = now.epochs[-1]
    ends = (
        f"{last.get(name):.3f}" if last.get(name) is not None else "not a number"
        for name in (quantity, f"val_{quantity}")
    )
    return "Learning curve of the {} over {} epochs, now {} on the training set and {} on the validation set.".format(
        quantity, len(now.epochs), *ends
    )


def small_curve(
    now: Curves, column: str, title: str, unit: str, logarithmic: bool, *, is_live: bool = False
) -> StaticFigure:
    """The figure of another column of the metrics log."""
    return _small_curve(now, _visible(now, is_live), column, title, unit, logarithmic)


@lru_cache(32)
def _small_curve(now: Curves, visible: tuple, column: str, title: str, unit: str, logarithmic: bool) -> StaticFigure:
    return StaticFigure(
        charts.small_curve_dict(
            *now.series("batches", "epoch", column),
            name=title,
            unit=unit,
            logarithmic=logarithmic,
            total_epochs=now.total_epochs or None,
            changes=_changes(now),
        )
    )


def has_column(now: Curves, column: str) -> bool:
    """Whether the metrics log of a run has this column."""
    return bool(now.batches) and column in now.batches[-1]


@lru_cache(32)
def _forecast(now: Curves, epoch_lines: int, quantity: str) -> Forecast | None:
    """The validation value expected for the last epoch, extrapolated from the epochs so far."""
    epochs, values = now.of_stage(f"val_{quantity}")
    high = 1.0 if quantity == "accuracy" else float("inf")
    start = now.stage_start  # each stage is a curve of its own
    expected = make_forecast(epochs - start, values, now.stage_end - start, low=0.0, high=high)
    return None if expected is None else replace(expected, epoch=expected.epoch + start)


def _changes(now: Curves) -> list[tuple[float, str]]:
    """Changes that a user made during training, and starts of further stages, as (epoch, text) for the figures."""
    names = {"learning_rate": "rate {:g}", "early_stopping": "early stopping {}"}
    return [
        (line["epoch"], names[line["what"]].format({True: "on", False: "off"}.get(line["value"], line["value"])))
        for line in now.changes
    ] + [(line["epoch"], f"{line.get('name', 'another stage')} begins") for line in now.stages]


def estimated_start(before: list[Run]) -> float | None:
    """Estimated seconds until the running runs and the queued runs `before` are done; None if unknown."""
    paces = _paces(int(time.time() // 10))
    total = 0.0
    for run in [*(run for run in runs.all_runs()[:50] if run.state == "running"), *before]:
        now = curves(run)
        if run.state == "running" and now.phase in ENDING:
            continue  # takes only seconds
        left = now.seconds_left
        if left is None:
            try:
                left = estimates.seconds(run.config, _training_count(run.config), paces)
            except UserError:
                left = None
        if left is None:
            return None
        total += left
    return total / paths.trainings_at_once()


def whole_seconds(config: Config) -> float | None:
    """Estimated seconds of a run with these settings: from earlier runs, else as measured for the preset that they are;
    None if unknown."""
    try:
        known = estimates.seconds(config, _training_count(config), _paces(int(time.time() // 10)))
        offered = presets.presets(config.model, config.data) if known is None else ()
    except UserError:
        return None
    for preset in offered:
        if preset.measured and preset.config(config.model, config.data).changed(seed=config.seed) == config:
            return preset.measured.processor_seconds / preset.measured.cores
    return known


def first_epoch_seconds(run: Run) -> float | None:
    """Estimated seconds until the first epoch has been trained, from its pace or from earlier runs; None if unknown."""
    now = curves(run)
    if rate := now.images_per_second:
        return (1 - now.progress) * (now.plan.get("train") or 0) / rate
    try:
        config = run.config
        whole = estimates.seconds(config, _training_count(config), _paces(int(time.time() // 10)))
    except UserError:
        return None
    epochs = now.total_epochs or config.epochs
    return None if whole is None or not epochs else max(1.0, (whole - estimates.START_SECONDS) / epochs)


@lru_cache(2)
def _paces(_ten_seconds: int):
    return estimates.paces()


def _training_count(config: Config) -> int:
    """Training images per epoch."""
    facts = datasets.facts(config.data)
    images = config.train_images or facts.counts[0]
    return round(images * (1 - config.validation_fraction))


def schedule(config: Config):
    """The figure of the learning-rate schedule."""
    values = config.as_dict()
    names = ("epochs", "learning_rate", "schedule", "step_epochs", "step_factor", "warmup_fraction")
    return _schedule(tuple((name, values[name]) for name in names))


@lru_cache(64)
def _schedule(settings: tuple):
    config = Config(**dict(settings))
    epochs, rates = schedules.curve(config)
    return StaticFigure(
        charts.small_curve_dict(epochs, rates, name="learning rate", unit="", total_epochs=config.epochs)
    )
