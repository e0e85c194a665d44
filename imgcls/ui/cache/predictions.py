"""What is kept in memory between two looks, shared by all visitors: keyed by the files' times, and bounded.

Nothing that comes from here may be changed by a page. Streamlit's caches keep what takes a while and must be made once;
finding an entry there takes 0.4 ms, so Python's own keeps what is only cheaper to find than to make.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls import datasets, models
from imgcls.errors import DatasetError, RunError
from imgcls.evaluation.metrics import classification
from imgcls.inference.predictor import Predictor
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.system.arrays import UNREADABLE

"""What NumPy raises for a torn .npz."""


@dataclass(frozen=True)
class Tested:
    """A run's answers to the test pictures. `row_of[i]` is the place of test picture i in `pictures`, or -1.

    `broken` answers held something that is no number: their probabilities are 0.
    """

    probabilities: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    report: classification.Report
    images: np.ndarray
    row_of: np.ndarray
    broken: int = 0


def tested(run: Run) -> Tested:
    """Scores, answers and pictures of a run.

    Raises:
        RunError: the run has none, or a file is damaged.
    """
    return _tested(str(run.folder), predictions_stamp(run))


def predictions_stamp(run: Run) -> tuple[float, ...]:
    """The times of the files that `tested` reads, as a key for what is made of them."""
    return run.stamp("predictions.npz", "gallery.npz", "model.json")


@st.cache_resource(max_entries=5, show_spinner="Reading the answers of this run ...")
def _tested(folder: str, stamp: tuple) -> Tested:
    run = Run(Path(folder))
    classes = run.card.classes
    if run.card.is_multilabel:
        raise RunError(
            "The pictures of this run may have several labels, so there is no single answer to each. Open it on the "
            "Evaluate page, or pick a run with one class a picture."
        )
    try:
        with (run.folder / "predictions.npz").open("rb") as stored, np.load(stored, allow_pickle=False) as file:
            probabilities, labels = file["probabilities"].astype(np.float32), file["labels"].astype(np.int64)
        fits = probabilities.ndim == 2 and probabilities.shape == (len(labels), len(classes)) and len(labels)
        if not fits or labels.min() < 0 or labels.max() >= len(classes):
            raise ValueError("shapes")
    except FileNotFoundError as error:
        raise RunError("This run has no test answers: it ended before its model was tested.") from error
    except UNREADABLE as error:
        raise RunError("The test answers of this run are damaged. Train it again, or pick another run.") from error
    broken = ~np.isfinite(probabilities).all(1)
    probabilities[broken] = 0
    row_of = np.full(len(labels), -1)
    images = np.zeros((0, *run.card.shape), np.uint8)
    try:
        with (run.folder / "gallery.npz").open("rb") as stored, np.load(stored, allow_pickle=False) as file:
            indices, images = file["indices"], file["pictures"]
        row_of[indices] = np.arange(len(indices))
    except UNREADABLE:
        pass  # The scores can be read without pictures; the gallery says that it has none.
    return Tested(
        probabilities,
        labels,
        probabilities.argmax(1),
        probabilities.max(1),
        classification.scores(probabilities, labels, classes),
        images,
        row_of,
        int(broken.sum()),
    )


def predictor(run: Run) -> Predictor:
    """The loaded model of a run.

    Raises:
        RunError: the run has none, or the file is damaged.
    """
    return _predictor(str(run.folder), run.stamp("model.tflite"))


@lru_cache(8)
def _predictor(folder: str, stamp: tuple) -> Predictor:
    return Predictor(Path(folder) / "model.tflite")


def predictions(run: Run, card: ModelCard, pixels: np.ndarray) -> np.ndarray:
    """The answers to pictures, float32 (n, classes).

    Raises:
        RunError: the model and its description do not fit.
    """
    found = predictor(run).probabilities(pixels)
    if found.shape != (len(pixels), len(card.classes)):
        raise RunError("This model has another number of classes than its description. Train it again.")
    return found


@lru_cache(16)
def class_counts(name: str, fingerprint: str) -> dict[str, np.ndarray]:
    """How many pictures each class has in each part, int (classes,)."""
    dataset = datasets.open_dataset(name)
    return {
        part: dataset.facts.counted(labels)
        for part, labels in (("training", dataset.y_train), ("test", dataset.y_test))
    }


@lru_cache(256)
def layer_table(
    model: str, shape: tuple, num_classes: int, settings: tuple, is_multilabel: bool = False
) -> tuple[models.Row, ...]:
    """`models.table`, remembered."""
    return models.table(model, shape, num_classes, dict(settings), is_multilabel)


def dataset(name: str) -> datasets.Dataset:
    """The prepared data set, opened once as long as it stays the same.

    Raises:
        DatasetError: it is not prepared.
    """
    if not datasets.is_ready(name):
        raise DatasetError(datasets.how_to_get(datasets.facts(name)))
    return _dataset(name, datasets.dataset_stamp(name))


def training_data(name: str) -> datasets.Dataset:
    """The data set with the changes that were made to it, as a run would learn from it now.

    Raises:
        DatasetError: it is not prepared, or its list of changes is damaged.
    """
    dataset(name)
    return _training_data(name, (*datasets.dataset_stamp(name), *datasets.edits_stamp(name)))


@lru_cache(8)
def _training_data(name: str, stamp: tuple) -> datasets.Dataset:
    return datasets.open_for_training(name)


@lru_cache(8)
def _dataset(name: str, stamp: tuple) -> datasets.Dataset:
    return datasets.open_dataset(name)
