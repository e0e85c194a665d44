"""Cross-validation: one more model per fold, each trained like the run's own, which predicts the images it never saw.

Runs after the training itself, so the curves appear first. A finished fold is stored in the run's folder, so that a
killed or paused run continues with the next one.

RUN/fold-N.npz    out-of-fold predictions of one fold; joined to folds.npz at the end
"""

import contextlib
import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from imgcls import datasets, models
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.datasets.augmentation import Augmentation
from imgcls.datasets.splitting import grouped
from imgcls.datasets.splitting.training_split import Split
from imgcls.errors import DamagedFile
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.multilabel import THRESHOLD
from imgcls.runs import Run
from imgcls.runs.predictions import fold_predictions as stored
from imgcls.runs.predictions.fold_predictions import OutOfFold
from imgcls.runs.requests import RunRequest
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, NUMBERS, Array, read_npz
from imgcls.training import model_builder
from imgcls.training.loop import steps
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.loop import EVALUATION_BATCH, Loop
from imgcls.training.loop.trainable import Network
from imgcls.training.process.checkpoint import Checkpoint
from imgcls.training.process.control import Control
from imgcls.training.process.metrics_writer import MetricsWriter
from imgcls.training.transfer import heads
from imgcls.training.transfer.features import Extractor, Stopped
from imgcls.training.transfer.loop import TransferLoop

T_QUANTILES = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
"""The 97.5% quantiles of Student's t distribution, by degrees of freedom: one less than the number of folds."""


class _FoldControl:
    """The control of a fold: it obeys stop and pause, but leaves the checkpoint of the run alone."""

    def __init__(self, control: Control):
        self._control = control

    def request(self) -> RunRequest:
        request = self._control.request()
        return RunRequest(stop=request.stop, pause=request.pause)

    def save(self, checkpoint: Checkpoint, *, now: bool) -> None:
        """Nothing: an interrupted fold starts again."""

    def wait_while_paused(self) -> None:
        self._control.wait_while_paused()


def cross_validate(
    run: Run, loop: Loop | TransferLoop, dataset: Dataset, rows: np.ndarray, metrics: MetricsWriter, control: Control
) -> dict[str, Any] | None:
    """Trains a model per fold on the images in `rows`, and stores the out-of-fold predictions.

    Each fold has its own validation images, taken from those it is trained on, so that the best epoch is not chosen by
    the images that are predicted. A model with a backbone is cross-validated without augmentation and fine-tuning: the
    heads are trained on features, which are computed once.

    Returns:
        The entry of result.json, see `summary`; None if a stop was requested.

    Raises:
        DatasetError: there are too few images or groups for so many folds.
        Diverged: the loss of a fold is not a number.
        Parked, ShutDown: the process should end.
    """
    config, control = run.config, _FoldControl(control)
    labels = np.full_like(np.asarray(dataset.y_train, np.int64), -1)
    labels[rows] = np.asarray(dataset.y_train)[rows]
    fold_of = grouped.folds(labels, dataset.records.units("train"), config.folds, config.seed)
    metrics.phase("folds")
    try:
        trainer = _Features(loop, dataset, rows) if isinstance(loop, TransferLoop) else _Images(config, dataset)
    except Stopped:
        return None
    parts = []
    for fold in range(config.folds):
        metrics.fold(fold + 1, config.folds)
        held_out = np.flatnonzero(fold_of == fold)
        path = run.folder / f"fold-{fold}.npz"
        probabilities = _read(path, held_out, dataset.facts.num_classes)
        if probabilities is None:
            without = labels.copy()
            without[held_out] = -1
            request = Split(0, config.validation_fraction, config.validation_minimum, config.seed)
            training, validation = datasets.training_split(replace(dataset, y_train=without), request)
            keras.utils.set_random_seed(config.seed)
            probabilities = trainer.predict(training, validation, held_out, control)
            if probabilities is None:
                return None
            with atomic.replacing(path) as aside:
                np.savez_compressed(aside, rows=held_out, probabilities=probabilities)
        parts.append((held_out, probabilities))
    return _finish(run, dataset, parts)


def _finish(run: Run, dataset: Dataset, parts: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    rows, probabilities = (np.concatenate(part) for part in zip(*parts, strict=True))
    folds = np.repeat(np.arange(len(parts)), [len(part) for part, _ in parts])
    order = np.argsort(rows)
    labels = np.asarray(dataset.y_train)[rows]
    if labels.ndim == 2:
        correct = ((probabilities >= THRESHOLD) == (labels > 0)).all(1)
    else:
        correct = probabilities.argmax(1) == labels
    found = OutOfFold(probabilities[order], labels[order], rows[order], folds[order], dataset.fingerprint)
    stored.write(run, found)
    for fold in range(len(parts)):
        (run.folder / f"fold-{fold}.npz").unlink(missing_ok=True)
    accuracies = [float(correct[folds == fold].mean()) for fold in range(len(parts))]
    return summary(accuracies, int(correct.sum()), len(correct))


def _read(path: Path, rows: np.ndarray, classes: int) -> np.ndarray | None:
    """The predictions of a fold that was finished before, if they are for these rows."""
    spec = {"rows": Array(INTEGERS, ("n",)), "probabilities": Array(NUMBERS, ("n", classes), np.float32)}
    try:
        found = read_npz(path, spec)
    except (DamagedFile, FileNotFoundError):
        return None
    return found["probabilities"] if np.array_equal(found["rows"], rows) else None


class _Images:
    """Trains models on images."""

    def __init__(self, config: Config, dataset: Dataset):
        self._config, self._dataset = config, dataset

    def predict(
        self, training: np.ndarray, validation: np.ndarray, held_out: np.ndarray, control: Control
    ) -> np.ndarray | None:
        """Probabilities of the held-out rows, float32 (n, classes), by a model trained on others; None if stopped."""
        config, dataset, facts = self._config, self._dataset, self._dataset.facts
        subset = Subset.of(dataset.x_train, dataset.y_train, training)
        model = model_builder.build(
            config,
            facts.shape,
            facts.num_classes,
            subset.sample(model_builder.NORMALISATION_IMAGES),
            model_builder.precision_of(config),
            facts.is_multilabel,
            for_training=True,
        )
        judged = Subset.of(dataset.x_train, dataset.y_train, validation)
        with contextlib.closing(_silent()) as metrics:
            trainable = steps.trainable(config, model, subset.labels)
            if not _trained(Loop(config, trainable, subset, judged, metrics, control)):
                return None
        return _predictions(model, dataset.x_train, held_out)


class _Features:
    """Trains heads on the features of a backbone, which are computed once."""

    def __init__(self, loop: TransferLoop, dataset: Dataset, rows: np.ndarray):
        self._config, self._dataset = loop.config, dataset
        self._rows = np.sort(rows)
        extractor = Extractor(loop.config, dataset, lambda: loop.whole.base, between_batches=loop.obey_request)
        self._features, self._positions = extractor.rows(self._rows)

    def predict(
        self, training: np.ndarray, validation: np.ndarray, held_out: np.ndarray, control: Control
    ) -> np.ndarray | None:
        """As `_Images.predict`."""
        config, facts = self._config, self._dataset.facts
        subset = self._subset(training)
        head = heads.trainable(config, self._features.shape[1], facts, subset.labels)
        heads.initialise(config, head.model, subset.sample(models.MAX_IMAGES_TO_INITIALISE))
        judged = self._subset(validation)
        with contextlib.closing(_silent()) as metrics:
            if not _trained(Loop(config, head, subset, judged, metrics, control, Augmentation())):
                return None
        return _predictions(head.model, self._features, self._positions_of(held_out))

    def _subset(self, rows: np.ndarray) -> Subset:
        labels = np.asarray(self._dataset.y_train)[rows].astype(np.int32)
        return Subset(self._features, self._positions_of(rows), labels)

    def _positions_of(self, rows: np.ndarray) -> np.ndarray:
        return self._positions[np.searchsorted(self._rows, rows)]


def _trained(loop: Loop) -> bool:
    """Trains, and loads the best weights. False if a stop was requested."""
    loop.run()
    if loop.was_stopped or loop.best_weights is None:
        return False
    loop.model.set_weights(loop.best_weights)
    return True


def _predictions(model: Network, inputs: np.ndarray, rows: np.ndarray) -> np.ndarray:
    def of_batch(batch: np.ndarray) -> Any:
        if isinstance(model, keras.Model):
            # `predict_on_batch` would build a graph for every fold and every size of a last batch.
            return model(batch, training=False)
        return model.predict_on_batch(batch)

    parts = [
        np.asarray(of_batch(np.asarray(inputs[rows[start : start + EVALUATION_BATCH]])), np.float32)
        for start in range(0, len(rows), EVALUATION_BATCH)
    ]
    return np.concatenate(parts)


def _silent() -> MetricsWriter:
    """A log that is discarded: the curves of a run are those of its own model."""
    return MetricsWriter(Path(os.devnull))


def summary(accuracies: Sequence[float], correct: int, count: int) -> dict[str, Any]:
    """The entry of result.json: the accuracy of each fold, their mean, and a 95% interval.

    The interval is the wider one of two: Student's t over the folds, which includes how much the training varies, and
    Wilson's over all predictions, which includes how few images there are.

    Args:
        accuracies: of the folds, 0 to 1.
        correct: correct predictions of all folds.
        count: predictions of all folds.
    """
    values = np.asarray(accuracies, float)
    mean, pooled = float(values.mean()), wilson(correct, count)
    reach = T_QUANTILES[len(values) - 1] * float(values.std(ddof=1)) / math.sqrt(len(values))
    return {
        "each": [round(value, 6) for value in values.tolist()],
        "accuracy": mean,
        "low": max(0.0, min(mean - reach, pooled.low)),
        "high": min(1.0, max(mean + reach, pooled.high)),
        "count": count,
    }
