"""Suspected label errors in the training set of a run: computed by a process, stored in the run's folder.

RUN/suspects.npz
    rows         training images whose labels are probably wrong, the least likely first, (s,)
    given        their labels at that time, (s,)
    suggested    the suggested classes, (s,)
    certainty    the probability of the given label, (s,)
    count        number of images analysed
    found        number of suspects, including those beyond MOST_LISTED
    wrong        the estimated fraction of wrong labels and the bounds of its 95% interval, float (3,)
    accuracy     fraction of labels that the out-of-sample predictions agree with
    source       where the predictions come from: "folds" (the run's cross-validation) or "heads"
    fingerprint  of the dataset
    version
"""

import time
from dataclasses import dataclass

import numpy as np

from imgcls import datasets, sharing
from imgcls.config import imported_model
from imgcls.datasets import Dataset
from imgcls.errors import DamagedFile, RunError
from imgcls.evaluation.label_errors.confident_learning import suspects
from imgcls.evaluation.label_errors.cross_validation import cross_validated
from imgcls.evaluation.label_errors.estimate import wrong_fraction
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.inference.activations import ActivationModel
from imgcls.inference.explain import task
from imgcls.runs import store
from imgcls.runs.predictions import fold_predictions
from imgcls.runs.run import Run
from imgcls.sharing import Action
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, TEXT, Array, read_npz
from imgcls.system.tasks import Progress, Task

VERSION = 2
MOST_IMAGES = 60_000
"""Larger datasets are sampled at random, because their features would fill the memory."""
MOST_LISTED = 2000
UNREADABLE = "The list of suspects cannot be read. Press “Check again”."
BATCH = 64
ARRAYS = {
    "rows": Array(INTEGERS, ("n",)),
    "given": Array(INTEGERS, ("n",)),
    "suggested": Array(INTEGERS, ("n",)),
    "certainty": Array("f", ("n",)),
    "count": Array(INTEGERS, ()),
    "found": Array(INTEGERS, ()),
    "wrong": Array("f", (3,)),
    "source": Array(TEXT, ()),
    "accuracy": Array("f", ()),
    "fingerprint": Array(TEXT, ()),
    "version": Array(INTEGERS, ()),
}
SOURCES = ("folds", "heads")
WAIT_SECONDS = 0.3
FEATURES_FRACTION = 0.6
"""The fraction of the time that computing features takes."""


@dataclass(frozen=True, eq=False)
class Found:
    """The content of `suspects.npz`, as above."""

    rows: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    confidence: np.ndarray
    count: int
    found: int
    wrong: Score
    source: str
    accuracy: float
    fingerprint: str


def task_of(run: Run) -> Task:
    """The process that analyses the training images, and its files."""
    return Task(run.folder, "suspects", "suspects.npz")


def start(run: Run) -> None:
    """Starts that process; does nothing if it is running or its result exists.

    Raises:
        DatasetError: the run's dataset is not on this machine.
        RunError: the model was imported, the dataset has other classes now, or the process cannot be started.
    """
    sharing.require(Action.COMPUTE, run.folder)
    if imported_model.exists(run.folder):
        raise RunError(
            "This model was imported, so its layers, which finding label errors needs, are not available. Use a run "
            "that was trained here."
        )
    images_of(run)
    run = store.writable(run)
    try:
        task_of(run).start("imgcls.evaluation.label_errors", str(run.folder))
    except OSError as error:
        raise RunError(f"The analysis cannot be started: {error.strerror or error}. Free some space.") from error


def images_of(run: Run) -> Dataset:
    """The dataset that the run was trained on.

    Raises:
        DatasetError: it is not on this machine; the message says how to get it.
        RunError: it has other images or classes now.
    """
    return checked(run, datasets.open_for_training(run.card.data))


def checked(run: Run, dataset: Dataset) -> Dataset:
    """The dataset, if its classes and image size are those of the run. Raises RunError."""
    if tuple(dataset.facts.classes) != run.card.classes or tuple(dataset.facts.shape) != run.card.shape:
        raise RunError(f"The classes or image size of {dataset.facts.title} have changed since this run was trained.")
    return dataset


def make(run: Run, progress: Progress) -> None:
    """Gets out-of-sample predictions of the training images, by cross-validation, and writes the suspects.

    Raises:
        UserError: the model or the dataset cannot be used.
    """
    dataset = images_of(run)
    out_of_fold = _out_of_fold(run, dataset)
    source = "heads" if out_of_fold is None else "folds"
    rows, predictions = _predicted_by_heads(run, dataset, progress) if out_of_fold is None else out_of_fold
    labels = np.asarray(dataset.y_train)[rows]
    wrong = wrong_fraction(labels, predictions)
    found = suspects(labels, predictions)
    listed = found.places[:MOST_LISTED]
    with atomic.replacing(run.folder / "suspects.npz") as aside:
        np.savez_compressed(
            aside,
            rows=rows[listed].astype(np.int64),
            given=labels[listed].astype(np.int64),
            suggested=found.suggested[:MOST_LISTED].astype(np.int64),
            certainty=found.confidence[:MOST_LISTED],
            count=len(rows),
            found=len(found.places),
            wrong=np.array([wrong.value, wrong.low, wrong.high]),
            source=np.array(source),
            accuracy=float((predictions.argmax(1) == labels).mean()),
            fingerprint=dataset.fingerprint,
            version=VERSION,
        )


def has_folds(run: Run) -> bool:
    """Whether the run has out-of-fold predictions, so that nothing needs to be trained."""
    return (run.folder / fold_predictions.NAME).exists()


def _out_of_fold(run: Run, dataset: Dataset) -> tuple[np.ndarray, np.ndarray] | None:
    """Rows and predictions of the run's cross-validation; None without one, or if the dataset has changed since."""
    found = fold_predictions.read(run)
    if found is None or found.fingerprint != dataset.fingerprint:
        return None
    is_used = np.asarray(dataset.y_train)[found.rows] >= 0
    return found.rows[is_used], found.probabilities[is_used]


def _predicted_by_heads(run: Run, dataset: Dataset, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """Rows, and predictions of heads on the features of the run's model."""
    model = _activation_model(run, progress)
    rows = np.flatnonzero(np.asarray(dataset.y_train) >= 0)
    rows = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_IMAGES])
    labels = np.asarray(dataset.y_train)[rows]
    features = np.empty((len(rows), 0), np.float32)
    for begin in range(0, len(rows), BATCH):
        progress(FEATURES_FRACTION * begin / len(rows), f"Computing features of {len(rows):,} training images")
        batch = model.activations(np.asarray(dataset.x_train[rows[begin : begin + BATCH]])).features
        if not begin:
            features = np.empty((len(rows), batch.shape[1]), np.float32)
        features[begin : begin + BATCH] = batch
    units = dataset.records.units("train")
    predictions = cross_validated(
        features,
        labels,
        dataset.facts.num_classes,
        lambda fraction, text: progress(FEATURES_FRACTION + (1 - FEATURES_FRACTION) * fraction, text),
        None if units is None else np.asarray(units)[rows],
    )
    return rows, predictions


def read(run: Run) -> Found:
    """The suspects.

    Raises:
        RunError: the file is missing, damaged or of another version; the analysis can be repeated.
    """
    try:
        stored = read_npz(run.folder / "suspects.npz", ARRAYS)
    except (DamagedFile, FileNotFoundError) as error:
        raise RunError(UNREADABLE) from error
    rows, given, suggested = stored["rows"], stored["given"], stored["suggested"]
    most = len(run.card.classes) - 1
    in_range = not len(rows) or (
        rows.min() >= 0 and min(given.min(), suggested.min()) >= 0 and max(given.max(), suggested.max()) <= most
    )
    if int(stored["version"]) != VERSION or not in_range or str(stored["source"]) not in SOURCES:
        raise RunError(UNREADABLE)
    return Found(
        rows,
        given,
        suggested,
        stored["certainty"],
        count=int(stored["count"]),
        found=int(stored["found"]),
        wrong=Score(*stored["wrong"].tolist()),
        source=str(stored["source"]),
        accuracy=float(stored["accuracy"]),
        fingerprint=str(stored["fingerprint"]),
    )


def _activation_model(run: Run, progress: Progress) -> ActivationModel:
    """The model with all activations as outputs; created first for older runs. Raises RunError."""
    if task.state(run).state != "ready":
        task.start(run)
        while (state := task.state(run)).state == "running":
            progress(0.0, f"Preparing the model: {state.text[:1].lower()}{state.text[1:]}")
            time.sleep(WAIT_SECONDS)
        if state.state != "ready":
            raise RunError(
                state.text or "The activations of the model could not be computed. Start the analysis again."
            )
    return ActivationModel(run.folder / "inside.tflite")
