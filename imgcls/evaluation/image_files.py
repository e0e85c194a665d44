"""The accuracy of a run's model on image files in folders that are named after the classes, or on a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imgcls import datasets
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.errors import ImageError, RunError, SourceError
from imgcls.evaluation.metrics.confidence_intervals import Score, wilson
from imgcls.inference.batch import files
from imgcls.inference.batch.classification import STEP, labeller
from imgcls.inference.predictor import classify
from imgcls.inference.preparing import prepare
from imgcls.runs import Run
from imgcls.runs.results import ModelCard

SHOWN = 10
"""Class names that a message lists."""


@dataclass(frozen=True, eq=False)
class FileScores:
    """`matrix` counts the labelled images, int64 (true class, predicted class). `unlabelled` images are in no folder
    named after a class; `unreadable` ones are damaged; `skipped` files are not images."""

    run: str
    classes: tuple[str, ...]
    matrix: np.ndarray
    unlabelled: int
    unreadable: int
    skipped: SkippedFiles

    @property
    def images(self) -> int:
        """The number of labelled images."""
        return int(self.matrix.sum())

    @property
    def accuracy(self) -> Score:
        """The fraction of labelled images that are predicted correctly."""
        return wilson(int(np.trace(self.matrix)), self.images)

    def as_json(self) -> dict[str, Any]:
        """The scores as plain values."""
        score = self.accuracy
        return {
            "run": self.run,
            "images": self.images,
            "unlabelled": self.unlabelled,
            "unreadable": self.unreadable,
            "accuracy": {"value": score.value, "low": score.low, "high": score.high},
            "classes": list(self.classes),
            "confusion_matrix": self.matrix.tolist(),
        }


def evaluate_on(run: Run, source: str) -> FileScores:
    """The scores on a folder, archive, file or pattern of files or, if nothing is there, on the dataset of this name.

    Raises:
        RunError, SourceError: as `evaluate` does.
        DatasetError: the dataset cannot be prepared.
    """
    if not Path(source).exists() and source in datasets.names():
        return evaluate_dataset(run, source)
    return evaluate(run, files.expanded([source]))


def evaluate_dataset(run: Run, name: str) -> FileScores:
    """Classifies the test images of a dataset, which is prepared if necessary. Labels are matched by their names.

    Raises:
        RunError: the run or the dataset is multi-label, or the run has no model.
        SourceError: the dataset has no images of the run's classes.
        DatasetError: it cannot be prepared.
    """
    card = _single_label(run)
    facts = datasets.facts(name)
    if facts.is_multilabel:
        raise RunError(f"{facts.title} has several labels per image, and this run's model predicts one.")
    label_of = labeller(card.classes)
    labels = np.array([label_of([label, ""]) for label in facts.classes])
    if (labels < 0).all():
        raise SourceError(f"{facts.title} has none of this run's classes: {_some(card.classes)}.")
    if not datasets.is_ready(name):
        datasets.prepare(name)
    data = datasets.open_dataset(name)
    matrix = np.zeros((len(card.classes), len(card.classes)), np.int64)
    unlabelled = unreadable = 0
    for start in range(0, len(data.y_test), STEP):
        truth = labels[np.asarray(data.y_test[start : start + STEP])]
        inputs = [_input(image, card) for image in data.x_test[start : start + STEP][truth >= 0]]
        read = np.array([one is not None for one in inputs], bool)
        unlabelled += int((truth < 0).sum())
        unreadable += int((~read).sum())
        if read.any():
            found = classify(run, card, np.stack([one for one in inputs if one is not None])).argmax(1)
            np.add.at(matrix, (truth[truth >= 0][read], found), 1)
    return FileScores(run.id, card.classes, matrix, unlabelled, unreadable, SkippedFiles())


def evaluate(run: Run, paths: Sequence[Path]) -> FileScores:
    """Classifies the images in folders, archives and files, one batch at a time.

    Raises:
        RunError: the run is multi-label, or has no model.
        SourceError: no readable image is in a folder named after a class, or an archive is damaged.
    """
    card = _single_label(run)
    skipped = SkippedFiles()
    matrix = np.zeros((len(card.classes), len(card.classes)), np.int64)
    unlabelled = unreadable = 0
    for result in files.results(run, card, paths, skipped):
        if result.answer is None:
            unreadable += 1
        elif result.label < 0:
            unlabelled += 1
        else:
            matrix[result.label, result.predicted] += 1
    if not matrix.any():
        raise SourceError(
            f"No readable image is in a folder named after a class of this run. Name the folders after the classes: "
            f"{_some(card.classes)}."
        )
    return FileScores(run.id, card.classes, matrix, unlabelled, unreadable, skipped)


def _single_label(run: Run) -> ModelCard:
    card = run.card
    if card.is_multilabel:
        raise RunError(
            "A folder gives each image one label, and this run's model predicts several. Import the images with a "
            "table of labels as a dataset instead."
        )
    return card


def _input(image: np.ndarray, card: ModelCard) -> np.ndarray | None:
    """The model input for a dataset's image; None if an image of another size contains nothing to classify."""
    if image.shape == card.shape:
        return image
    try:
        return prepare(image, card).pixels
    except ImageError:
        return None


def _some(classes: Sequence[str]) -> str:
    return ", ".join(classes[:SHOWN]) + (" …" if len(classes) > SHOWN else "")
