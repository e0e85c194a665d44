"""A run's answers to validation pictures, in `validation.npz`: what may be chosen by, so that the test set need not be.

    probabilities   float32 (n, classes)
    labels          int32 (n,)
    rows            int32 (n,), the pictures' places in the training part of the data set

The trainer leaves them at its end. A run that was trained before that gets them here, from its exported model.
"""

import time
from dataclasses import dataclass

import numpy as np

from imgcls import datasets
from imgcls.errors import DatasetError, RunError
from imgcls.inference.predictor import BATCH, Predictor
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import UNREADABLE

NAME = "validation.npz"
MOST = 2000
"""So many pictures, spread evenly over the validation part: a temperature needs no more."""
LEAST, MOST_SECONDS = 200, 20.0
"""A slow model is asked about at least so many, and then as many as fit into this time, as somebody waits for it."""


@dataclass(frozen=True, eq=False)
class Validation:
    """Answers to validation pictures, as in the file."""

    probabilities: np.ndarray
    labels: np.ndarray
    rows: np.ndarray


def places(count: int, most: int = MOST) -> np.ndarray:
    """Which places of a part of `count` pictures are looked at: at most `most`, evenly, int64 ascending."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.int64)


def write(run: Run, probabilities: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> None:
    """Replaces the file."""
    with atomic.replacing(run.folder / NAME) as aside:
        np.savez_compressed(
            aside,
            probabilities=np.asarray(probabilities, np.float32),
            labels=np.asarray(labels, np.int32),
            rows=np.asarray(rows, np.int32),
        )


def read(run: Run) -> Validation | None:
    """The answers, or None where there are none.

    Raises:
        RunError: they are damaged, or do not fit the run's classes.
    """
    try:
        with (run.folder / NAME).open("rb") as stored, np.load(stored, allow_pickle=False) as file:
            found = Validation(file["probabilities"], file["labels"].astype(np.int64), file["rows"].astype(np.int64))
        n, k = len(found.labels), len(run.card.classes)
        if found.probabilities.shape != (n, k) or not n or found.labels.min() < 0 or found.labels.max() >= k:
            raise ValueError("shapes")
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        raise RunError("The validation answers of this run are damaged. Have them made again.") from error
    return found


def make(run: Run) -> None:
    """Asks the exported model about the validation pictures that the run's settings set aside, and keeps the answers.

    Raises:
        RunError: the model or the run's list of changes to its data is missing or damaged, or cannot be written.
        DatasetError: its data set is gone, or has other classes now.
    """
    config = run.config
    if not datasets.is_ready(config.data):
        raise DatasetError(datasets.how_to_get(datasets.facts(config.data)))
    noted = run.folder / "data.json"
    if noted.exists():
        dataset = datasets.open_for_training(config.data, datasets.read_edits(noted))
    else:
        dataset = datasets.open_dataset(config.data)  # it was trained when nothing could be changed
    if run.card.classes != tuple(dataset.facts.classes):
        raise DatasetError("The data set has other classes than when this run was trained. Train it again.")
    classes = dataset.facts.num_classes
    _, rows = datasets.split(dataset.y_train, config.train_images, config.validation_fraction, config.seed, classes)
    rows = rows[places(len(rows))]
    if not len(rows):
        raise DatasetError("This run set no pictures aside for validation.")
    # In an order of chance, so that what a slow model leaves out is missing from all classes alike.
    rows = np.random.default_rng(0).permutation(rows)
    predictor, parts, began = Predictor(run.folder / "model.tflite"), [], time.monotonic()
    for start in range(0, len(rows), BATCH):
        if start >= LEAST and time.monotonic() - began > MOST_SECONDS:
            break
        parts.append(predictor.probabilities(np.asarray(dataset.x_train[rows[start : start + BATCH]])))
    predictions = np.concatenate(parts)
    order = np.argsort(rows[: len(predictions)])
    rows = rows[order]
    try:
        write(run, predictions[order], np.asarray(dataset.y_train)[rows], rows)
    except OSError as error:
        raise RunError(f"The answers could not be kept: {error.strerror}.") from error
