"""Finds the scaling of pixel values and the order of the channels by trying them on labelled training images."""

import itertools
from dataclasses import dataclass, replace

import numpy as np

from imgcls.config.imported_model import ImportedModel
from imgcls.datasets import Dataset
from imgcls.errors import RunError
from imgcls.evaluation.metrics.percent import percent
from imgcls.inference.imported_models import probabilities, run_batch
from imgcls.inference.sandbox import Sandbox
from imgcls.system.tasks.progress import Progress

IMAGES = 160
"""Training images that each candidate is tried on: enough to tell scalings apart, few enough for a slow model."""


@dataclass(frozen=True)
class Tried:
    """The best candidate; `sentence` says how it was found."""

    model: ImportedModel
    sentence: str


def find(
    sandbox: Sandbox,
    model: ImportedModel,
    scalings: tuple[str, ...],
    orders: tuple[str, ...],
    dataset: Dataset,
    progress: Progress,
) -> Tried:
    """Tries all combinations and takes the most accurate one on training images of the dataset.

    Of equally accurate ones, the one with the lowest cross-entropy.

    The test images are not used, as choosing by them would make the score too optimistic.

    Raises:
        RunError: the model cannot be run with any of them.
    """
    images, labels = _sample(dataset)
    found: list[tuple[float, float, ImportedModel]] = []
    problem = ""
    candidates = [
        replace(model, scaling=scaling, channel_order=order) for scaling, order in itertools.product(scalings, orders)
    ]
    for position, candidate in enumerate(candidates):
        progress(position / len(candidates), "Finding the scaling of the pixel values")
        try:
            scores = _scores(sandbox, candidate, images, dataset.facts.is_multilabel)
        except RunError as error:
            if not sandbox.is_alive:
                raise
            problem = str(error)
            continue
        found.append((*_judged(scores, labels), candidate))
    if not found:
        raise RunError(problem)
    found.sort(key=lambda one: (-one[1], one[0]))
    _, accuracy, best = found[0]
    order = f", {best.channel_order}" if len(orders) > 1 else ""
    return Tried(
        best,
        f"The scaling {best.scaling}{order} was found by trying {len(candidates)} possibilities on {len(images)} "
        f"training images, of which it classifies {percent(accuracy, 0)} correctly.",
    )


def _sample(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    labels = np.asarray(dataset.y_train)
    usable = np.flatnonzero(labels >= 0 if labels.ndim == 1 else (labels >= 0).all(1))
    rows = np.sort(np.random.default_rng(0).permutation(usable)[:IMAGES])
    return np.asarray(dataset.x_train[rows]), labels[rows]


def _scores(sandbox: Sandbox, model: ImportedModel, images: np.ndarray, is_multilabel: bool) -> np.ndarray:
    step = model.batch or 32
    parts = [
        probabilities(model, run_batch(sandbox, model, images[start : start + step]), is_multilabel)
        for start in range(0, len(images), step)
    ]
    return np.concatenate(parts)


def _judged(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """The cross-entropy and the accuracy of probabilities (n, classes)."""
    likely = np.clip(scores.astype(np.float64), 1e-7, 1 - 1e-7)
    if labels.ndim == 2:
        losses = -np.where(labels > 0, np.log(likely), np.log(1 - likely)).mean(1)
        return float(losses.mean()), float(((scores >= 0.5) == (labels > 0)).mean())
    losses = -np.log(likely[np.arange(len(labels)), labels])
    return float(losses.mean()), float((scores.argmax(1) == labels).mean())
