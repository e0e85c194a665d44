"""What the coach knows about a run: its settings, curves, validation predictions, and facts about its training images.

Rules get nothing else, so they can be tested without a run.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from imgcls import datasets, models
from imgcls.config import Config
from imgcls.datasets.analysis import duplicates
from imgcls.datasets.augmentation.presets import recommended
from imgcls.datasets.splitting.training_split import Split
from imgcls.errors import RunError, UserError
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.inference.activations import load_activation_model
from imgcls.params import Range, Value
from imgcls.runs.metrics_log import Curves
from imgcls.runs.predictions import validation_predictions
from imgcls.runs.run import Run

MOST_COMPARED = 100_000
"""With more images, leaks are left to the analysis of the dataset: their digests take seconds."""
LOOKED_AT = 200
"""Validation images for which activations are computed."""
NONE = np.zeros(0)


@dataclass(frozen=True, eq=False)
class Evidence:
    """`accuracy` etc. (e,) are means of each epoch; `norms` (b,) are gradient norms during the training. `labels` (n,)
    and `probabilities` (n, k) belong to validation images and are empty if unknown. `counts` (k,) are training images
    per class, `available` all training images of the dataset. `leaks` are positions of training images that are test
    images, too; `dead` is the fraction of units of each layer that are 0 for every image. `advice` is the augmentation
    that suits the dataset.
    """

    config: Config
    classes: tuple[str, ...]
    accuracy: np.ndarray
    loss: np.ndarray
    val_accuracy: np.ndarray
    val_loss: np.ndarray
    norms: np.ndarray = field(default_factory=lambda: NONE)
    diverged: bool = False
    labels: np.ndarray = field(default_factory=lambda: NONE.astype(int))
    probabilities: np.ndarray = field(default_factory=lambda: NONE.reshape(0, 0))
    counts: np.ndarray = field(default_factory=lambda: NONE.astype(int))
    available: int = 0
    validation_images: int = 0
    leaks: np.ndarray = field(default_factory=lambda: NONE.astype(int))
    dead: Mapping[str, float] = field(default_factory=dict)
    advice: Mapping[str, Value] = field(default_factory=dict)

    @property
    def chance(self) -> float:
        """The accuracy of guessing the most frequent class."""
        total = self.counts.sum() if len(self.counts) else 0
        return float(self.counts.max() / total) if total else 1 / len(self.classes)

    @property
    def guess_loss(self) -> float:
        """The cross-entropy of guessing, in nats."""
        return math.log(len(self.classes))

    @cached_property
    def best(self) -> int:
        """The position of the epoch with the lowest validation loss."""
        known = np.where(np.isfinite(self.val_loss), self.val_loss, np.inf)
        return int(known.argmin()) if len(known) else 0

    @property
    def gap(self) -> float:
        """Training minus validation accuracy at the end, mean of the last three epochs."""
        return float(np.nanmean(self.accuracy[-3:]) - np.nanmean(self.val_accuracy[-3:])) if len(self.accuracy) else 0.0

    @property
    def resolution(self) -> float:
        """Half the width of the 95% interval of the validation accuracy: smaller differences are noise."""
        if not self.validation_images or not len(self.val_accuracy):
            return 0.0
        found = wilson(float(self.val_accuracy[self.best]) * self.validation_images, self.validation_images)
        return (found.high - found.low) / 2

    def setting(self, name: str) -> Value | None:
        """A setting of the model family; None if the family has no such setting."""
        return self.config.model_settings.get(name)

    def limited(self, name: str, value: float) -> float:
        """A value within the limits of a setting of the model family, on its steps."""
        param = next(param for param in models.params(self.config.model) if param.name == name)
        assert isinstance(param.limits, Range)
        step = param.limits.step or (1 if param.kind is int else 0)
        on_step = round(value / step) * step if step else value
        within = min(max(on_step, param.limits.low), param.limits.high)
        return int(within) if param.kind is int else round(within, 6)

    def new_advice(self) -> dict[str, Value]:
        """The recommended augmentation that the run did not have."""
        return {name: value for name, value in self.advice.items() if getattr(self.config, name) < value}


def of(run: Run) -> Evidence:
    """Everything that is known about a run that has ended.

    Raises:
        UserError: it was not trained here, is multi-label, or its files or its dataset are missing or damaged.
    """
    config, result = run.config, run.result or {}
    facts = datasets.facts(config.data)
    if facts.is_multilabel:
        raise RunError("The coach does not support multi-label runs yet.")
    curves = Curves(run.folder / "metrics.jsonl").refresh()
    _, accuracy, loss, val_accuracy, val_loss = _finite(curves)
    (norms,) = curves.series("batches", "gradient_norm")
    try:
        predicted = validation_predictions.read(run) if run.is_ready else None
    except UserError:
        predicted = None
    counts, leaks, available = _facts(config) if datasets.is_ready(config.data) else (NONE.astype(int),) * 2 + (0,)
    return Evidence(
        config=config,
        classes=tuple(facts.classes),
        accuracy=accuracy,
        loss=loss,
        val_accuracy=val_accuracy,
        val_loss=val_loss,
        norms=norms,
        diverged="no longer a number" in str(result.get("message", "")),
        labels=predicted.labels if predicted else NONE.astype(int),
        probabilities=predicted.probabilities if predicted else NONE.reshape(0, 0),
        counts=counts,
        available=available,
        validation_images=int(curves.plan.get("validation") or 0),
        leaks=leaks,
        dead=_dead_units(run, config, predicted.rows[:LOOKED_AT]) if predicted is not None else {},
        advice={one.name: one.value for one in recommended(facts)},
    )


def _finite(curves: Curves) -> tuple[np.ndarray, ...]:
    """Columns of the epochs of the last stage."""
    return curves.of_stage("epoch", "accuracy", "loss", "val_accuracy", "val_loss")[1:]


def _facts(config: Config) -> tuple[np.ndarray, np.ndarray, int]:
    """Images per class in the run's training part, positions of leaks, and the training images there are."""
    dataset = datasets.open_for_training(config.data)
    rows, _ = datasets.training_split(dataset, Split.of(config))
    counts = np.bincount(np.asarray(dataset.y_train)[rows], minlength=dataset.facts.num_classes)
    usable = np.flatnonzero(np.asarray(dataset.y_train) >= 0)
    is_small = len(dataset.y_train) + len(dataset.y_test) <= MOST_COMPARED
    leaks = _leaks(config.data, dataset.fingerprint) if is_small else NONE.astype(int)
    return counts, np.intersect1d(leaks, usable), len(usable)


@lru_cache(8)
def _leaks(data: str, fingerprint: str) -> np.ndarray:
    dataset = datasets.open_dataset(data)
    return np.flatnonzero(np.isin(duplicates.digests(dataset.x_train), duplicates.digests(dataset.x_test)))


def _dead_units(run: Run, config: Config, rows: np.ndarray) -> dict[str, float]:
    """For each layer with an activation that can die (ReLU), the fraction of units that are 0 for all these images."""
    if config.model_settings.get("activation") != "relu" or not datasets.is_ready(config.data) or not len(rows):
        return {}
    try:
        model = load_activation_model(run)
        images = np.asarray(datasets.open_dataset(config.data).x_train[np.sort(rows)])
        found = model.activations(images).layers
    except UserError:
        return {}
    return {name: float(share) for name, values in found.items() if (share := _dead_share(values)) is not None}


def _dead_share(values: np.ndarray) -> float | None:
    """The fraction of channels or units that are always 0; None unless the layer rectifies."""
    flat = values.reshape(-1, values.shape[-1])
    if flat.min() < 0 or not (flat == 0).any():
        return None
    return float((flat == 0).all(0).mean())
