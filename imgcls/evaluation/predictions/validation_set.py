"""Predicts the validation images of runs that have no `validation.npz` because they were trained before it existed."""

import time

import numpy as np

from imgcls import datasets
from imgcls.errors import DatasetError, RunError
from imgcls.inference.predictor import BATCH, load_predictor
from imgcls.runs.predictions.validation_predictions import positions, write
from imgcls.runs.run import Run

LEAST, MOST_SECONDS = 200, 20.0
"""A slow model predicts at least so many images, then as many as fit into this time, because a visitor waits for it."""


def make(run: Run) -> None:
    """Runs the exported model on the validation images that the run's settings held out, and stores the predictions.

    Raises:
        RunError: the model or the run's list of dataset edits is missing or damaged, or the file cannot be written.
        DatasetError: its dataset is missing, or has other classes now.
    """
    config = run.config
    if not datasets.is_ready(config.data):
        raise DatasetError(datasets.how_to_get(datasets.facts(config.data)))
    edits = run.folder / "data.json"
    if edits.exists():
        dataset = datasets.open_for_training(config.data, datasets.read_edits(edits))
    else:
        dataset = datasets.open_dataset(config.data)  # trained before datasets could be edited
    if run.card.classes != tuple(dataset.facts.classes):
        raise DatasetError("The classes of the dataset have changed since this run was trained. Train it again.")
    _, rows = datasets.training_split(dataset, config)
    rows = rows[positions(len(rows))]
    if not len(rows):
        raise DatasetError("This run held out no images for validation.")
    # In random order, so that a slow model, which does not reach all images, misses as many of each class.
    rows = np.random.default_rng(0).permutation(rows)
    predictor, parts, began = load_predictor(run, is_exact=True), [], time.monotonic()
    for start in range(0, len(rows), BATCH):
        if start >= LEAST and time.monotonic() - began > MOST_SECONDS:
            break
        parts.append(predictor.probabilities(np.asarray(dataset.x_train[rows[start : start + BATCH]])))
    probabilities = np.concatenate(parts)
    order = np.argsort(rows[: len(probabilities)])
    rows = rows[order]
    try:
        write(run, probabilities[order], np.asarray(dataset.y_train)[rows], rows)
    except OSError as error:
        raise RunError(f"The predictions could not be stored: {error.strerror}.") from error
