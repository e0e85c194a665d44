"""What is kept in memory between two looks, shared by all visitors: keyed by the files' times, and bounded.

Nothing that comes from here may be changed by a page.
"""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls import datasets, metrics, models
from imgcls.curves import Curves
from imgcls.errors import RunError
from imgcls.runs import Run
from imgcls.serving import Predictor

UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
"""What NumPy raises for a torn .npz."""


@dataclass(frozen=True)
class Tested:
    """A run's answers to the test pictures. `row_of[i]` is the place of test picture i in `pictures`, or -1."""

    probabilities: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    certainty: np.ndarray
    report: metrics.Report
    pictures: np.ndarray
    row_of: np.ndarray


def tested(run: Run) -> Tested:
    """Scores, answers and pictures of a run.

    Raises:
        RunError: the run has none, or a file is damaged.
    """
    return _tested(str(run.folder), run.stamp("predictions.npz", "gallery.npz", "model.json"))


@st.cache_resource(max_entries=5, show_spinner="Reading the answers of this run ...")
def _tested(folder: str, stamp: tuple) -> Tested:
    run = Run(Path(folder))
    classes = run.model["classes"]
    try:
        with np.load(run.folder / "predictions.npz", allow_pickle=False) as file:
            probabilities, labels = file["probabilities"].astype(np.float32), file["labels"].astype(np.int64)
        fits = probabilities.ndim == 2 and probabilities.shape == (len(labels), len(classes)) and len(labels)
        if not fits or labels.min() < 0 or labels.max() >= len(classes):
            raise ValueError("shapes")
    except FileNotFoundError as error:
        raise RunError("This run has no test answers: it ended before its model was tested.") from error
    except UNREADABLE as error:
        raise RunError("The test answers of this run are damaged. Train it again, or pick another run.") from error
    row_of = np.full(len(labels), -1)
    pictures = np.zeros((0, *run.model["shape"]), np.uint8)
    try:
        with np.load(run.folder / "gallery.npz", allow_pickle=False) as file:
            indices, pictures = file["indices"], file["pictures"]
        row_of[indices] = np.arange(len(indices))
    except (*UNREADABLE, IndexError):
        pass  # The scores can be read without pictures; the gallery says that it has none.
    return Tested(
        probabilities,
        labels,
        probabilities.argmax(1),
        probabilities.max(1),
        metrics.scores(probabilities, labels, classes),
        pictures,
        row_of,
    )


def predictor(run: Run) -> Predictor:
    """The loaded model of a run.

    Raises:
        RunError: the run has none, or the file is damaged.
    """
    return _predictor(str(run.folder), run.stamp("model.tflite"))


@st.cache_resource(max_entries=8, show_spinner=False)
def _predictor(folder: str, stamp: tuple) -> Predictor:
    return Predictor(Path(folder) / "model.tflite")


def curves(run: Run) -> Curves:
    """What the run has written so far; only what is new is read."""
    return _curves(str(run.folder)).refresh()


@st.cache_resource(max_entries=64, show_spinner=False)
def _curves(folder: str) -> Curves:
    return Curves(Path(folder) / "metrics.jsonl")


@st.cache_data(max_entries=256, show_spinner=False)
def layer_table(model: str, shape: tuple, num_classes: int, settings: tuple) -> tuple[models.Row, ...]:
    """`models.table`, remembered."""
    return models.table(model, shape, num_classes, dict(settings))


@st.cache_resource(max_entries=8, show_spinner=False)
def training_labels(name: str, fingerprint: str) -> np.ndarray:
    return np.asarray(datasets.open_dataset(name).y_train)
