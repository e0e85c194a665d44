"""The accuracy of a run's model on image files in folders that are named after the classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.errors import RunError, SourceError
from imgcls.evaluation.metrics.confidence_intervals import Score, wilson
from imgcls.inference.batch import files
from imgcls.runs import Run


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


def evaluate(run: Run, paths: Sequence[Path]) -> FileScores:
    """Classifies the images in folders, archives and files, one batch at a time.

    Raises:
        RunError: the run is multi-label, or has no model.
        SourceError: no readable image is in a folder named after a class, or an archive is damaged.
    """
    card = run.card
    if card.is_multilabel:
        raise RunError(
            "A folder gives each image one label, and this run's model predicts several. Import the images with a "
            "table of labels as a dataset instead."
        )
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
        named = ", ".join(card.classes[:10])
        raise SourceError(
            f"No readable image is in a folder named after a class of this run. Name the folders after the classes: "
            f"{named}{' …' if len(card.classes) > 10 else ''}."
        )
    return FileScores(run.id, card.classes, matrix, unlabelled, unreadable, skipped)
