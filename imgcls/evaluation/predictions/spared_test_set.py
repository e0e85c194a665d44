"""Evaluates a finished run on its test set afterwards: the winner of a study or the best attempt at an assignment."""

from dataclasses import dataclass

import numpy as np

from imgcls import datasets
from imgcls.datasets import Dataset
from imgcls.errors import DatasetError, RunError
from imgcls.evaluation import predictions
from imgcls.inference.predictor import BATCH, load_predictor
from imgcls.runs import Run
from imgcls.runs.run import TRAINER_LOCK
from imgcls.system import atomic, processes

RESULT = "result.json"


@dataclass(frozen=True)
class TestScores:
    """The accuracy (multi-label: exact match) of a run on `count` test images, 0 to 1."""

    accuracy: float
    count: int


def evaluate(run: Run) -> TestScores:
    """Predicts the test images with the exported model, stores the predictions and adds the scores to result.json.

    A run that was evaluated already is not evaluated again.

    Raises:
        RunError: the run has not ended or has no model, or a file cannot be written.
        DatasetError: its dataset is missing, or has other classes now.
    """
    result = run.result
    if result is None or not run.is_ready or processes.is_locked(run.folder / TRAINER_LOCK):
        raise RunError("This run has no finished model, so it cannot be evaluated on its test set.")
    if "test_accuracy" not in result or not run.is_tested:
        dataset = _dataset(run)
        images = dataset.x_test
        predictor = load_predictor(run, is_exact=True)
        parts = [
            predictor.probabilities(np.asarray(images[start : start + BATCH])) for start in range(0, len(images), BATCH)
        ]
        thresholds = None
        if run.card.is_multilabel:
            thresholds = run.card.thresholds or (run.card.threshold,) * len(run.card.classes)
        try:
            scores = predictions.store(run, images, np.asarray(dataset.y_test), np.concatenate(parts), thresholds)
            result = result | scores
            atomic.write_json(run.folder / RESULT, result)
        except OSError as error:
            raise RunError(f"The test results could not be stored: {error.strerror}. Free some space.") from error
    return TestScores(result["test_accuracy"], len(predictions.read(run).labels))


def _dataset(run: Run) -> Dataset:
    config = run.config
    if not datasets.is_ready(config.data):
        raise DatasetError(datasets.how_to_get(datasets.facts(config.data)))
    dataset = datasets.open_dataset(config.data)
    if run.card.classes != tuple(dataset.facts.classes):
        raise DatasetError("The classes of the dataset have changed since this run was trained. Train it again.")
    return dataset
