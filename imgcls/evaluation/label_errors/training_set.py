"""Suspects among the training pictures of a run: made by a process, kept in the run's folder.

RUN/suspects.npz
    rows         training pictures whose labels are probably wrong, the least likely first, (s,)
    given        their labels then, (s,)
    suggested    the classes that they seem to have, (s,)
    certainty    the probability that their labels got, (s,)
    count        so many pictures were looked at
    estimated    so many of their labels are wrong, by the joint
    accuracy     the share of labels that the crossed answers agree with
    fingerprint  of the data set
    version
"""

import time
from dataclasses import dataclass

import numpy as np

from imgcls import datasets
from imgcls.datasets import Dataset
from imgcls.errors import DamagedFile, RunError
from imgcls.evaluation.label_errors.confident_learning import suspects
from imgcls.evaluation.label_errors.cross_validation import crossed
from imgcls.inference.activations import ActivationModel
from imgcls.inference.explain import task
from imgcls.runs import store
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, TEXT, Array, read_npz
from imgcls.system.tasks import Progress, Task

VERSION = 1
MOST_IMAGES = 60_000
"""More are not looked at, those by chance: their features would fill the memory."""
MOST_KEPT = 2000
UNREADABLE = "The list of suspects cannot be read. Press “Look again”."
AT_ONCE = 64
ARRAYS = {
    "rows": Array(INTEGERS, ("n",)),
    "given": Array(INTEGERS, ("n",)),
    "suggested": Array(INTEGERS, ("n",)),
    "certainty": Array("f", ("n",)),
    "count": Array(INTEGERS, ()),
    "found": Array(INTEGERS, ()),
    "estimated": Array(INTEGERS, ()),
    "accuracy": Array("f", ()),
    "fingerprint": Array(TEXT, ()),
    "version": Array(INTEGERS, ()),
}
WAIT_SECONDS = 0.3
LOOKING = 0.6
"""The share of the time that looking takes."""


@dataclass(frozen=True, eq=False)
class Found:
    """What `suspects.npz` holds, as above."""

    rows: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    confidence: np.ndarray
    count: int
    found: int
    estimated: int
    accuracy: float
    fingerprint: str


def task_of(run: Run) -> Task:
    """The process that looks, and its files."""
    return Task(run.folder, "suspects", "suspects.npz")


def start(run: Run) -> None:
    """Starts that process; does nothing while it runs, or where its result is.

    Raises:
        DatasetError: the data set of the run is not on this machine.
        RunError: it has other classes now, or the process cannot be started.
    """
    images_of(run)
    run = store.writable(run)
    try:
        task_of(run).start("imgcls.evaluation.label_errors", str(run.folder))
    except OSError as error:
        raise RunError(f"The look cannot be started: {error.strerror or error}. Free some space.") from error


def images_of(run: Run) -> Dataset:
    """The data set that the run learnt from.

    Raises:
        DatasetError: it is not on this machine; the sentence says how to get it.
        RunError: it has other pictures or classes now.
    """
    return checked(run, datasets.open_for_training(run.card.data))


def checked(run: Run, dataset: Dataset) -> Dataset:
    """The data set, if it has the classes and the pictures' size of the run. Raises RunError."""
    if tuple(dataset.facts.classes) != run.card.classes or tuple(dataset.facts.shape) != run.card.shape:
        raise RunError(f"{dataset.facts.title} has other classes or sizes now than when this run learnt from it.")
    return dataset


def make(run: Run, tell: Progress) -> None:
    """Looks at the training pictures through the model, crosses, and writes the suspects. Raises UserError."""
    dataset = images_of(run)
    inside = _inside(run, tell)
    rows = np.flatnonzero(np.asarray(dataset.y_train) >= 0)
    rows = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_IMAGES])
    labels = np.asarray(dataset.y_train)[rows]
    features = None
    for begin in range(0, len(rows), AT_ONCE):
        tell(LOOKING * begin / len(rows), f"Looking at {len(rows):,} training pictures")
        seen = inside.activations(np.asarray(dataset.x_train[rows[begin : begin + AT_ONCE]])).features
        if features is None:
            features = np.empty((len(rows), seen.shape[1]), np.float32)
        features[begin : begin + AT_ONCE] = seen
    predictions = crossed(
        features,
        labels,
        dataset.facts.num_classes,
        lambda fraction, text: tell(LOOKING + (1 - LOOKING) * fraction, text),
    )
    found = suspects(labels, predictions)
    kept = found.places[:MOST_KEPT]
    with atomic.replacing(run.folder / "suspects.npz") as aside:
        np.savez_compressed(
            aside,
            rows=rows[kept].astype(np.int64),
            given=labels[kept].astype(np.int64),
            suggested=found.suggested[:MOST_KEPT].astype(np.int64),
            certainty=found.confidence[:MOST_KEPT],
            count=len(rows),
            found=len(found.places),
            estimated=found.estimated,
            accuracy=float((predictions.argmax(1) == labels).mean()),
            fingerprint=dataset.fingerprint,
            version=VERSION,
        )


def read(run: Run) -> Found:
    """The suspects.

    Raises:
        RunError: they are damaged, or of another version; they can be looked for anew.
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
    if int(stored["version"]) != VERSION or not in_range:
        raise RunError(UNREADABLE)
    return Found(
        rows,
        given,
        suggested,
        stored["certainty"],
        count=int(stored["count"]),
        found=int(stored["found"]),
        estimated=int(stored["estimated"]),
        accuracy=float(stored["accuracy"]),
        fingerprint=str(stored["fingerprint"]),
    )


def _inside(run: Run, tell: Progress) -> ActivationModel:
    """What answers with the last hidden layer; of an older run it is made first. Raises RunError."""
    if task.state(run).state != "ready":
        task.start(run)
        while (seen := task.state(run)).state == "running":
            tell(0.0, f"Looking into the model: {seen.text[:1].lower()}{seen.text[1:]}")
            time.sleep(WAIT_SECONDS)
        if seen.state != "ready":
            raise RunError(seen.text or "The model could not be looked into. Start it again.")
    return ActivationModel(run.folder / "inside.tflite")
