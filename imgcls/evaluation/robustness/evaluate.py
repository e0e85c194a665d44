"""A model's answers to damaged test pictures: asked for by a page, made by a process, kept in the run's folder.

RUN/robustness.npz
    indices      the test pictures that were asked about, (n,)
    clean        the answers to them as they are, (n,)
    damaged      the answers to them damaged, (damages, strengths, n)
    labels       their classes, (n,)
    names        the damages, in this order
    version
"""

from dataclasses import dataclass

import numpy as np

from imgcls import datasets
from imgcls.datasets import Dataset
from imgcls.errors import DamagedFile, RunError
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS, STRENGTHS, Corruption, chances
from imgcls.inference.predictor import Predictor
from imgcls.runs import store
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, TEXT, Array, read_npz
from imgcls.system.tasks import Progress, Task

VERSION = 1
MOST = 1000
AT_ONCE = 250
ARRAYS = {
    "indices": Array(INTEGERS, ("n",)),
    "clean": Array(INTEGERS, ("n",)),
    "damaged": Array(INTEGERS, (len(CORRUPTIONS), len(STRENGTHS), "n")),
    "labels": Array(INTEGERS, ("n",)),
    "names": Array(TEXT, (len(CORRUPTIONS),)),
    "version": Array(INTEGERS, ()),
}


@dataclass(frozen=True, eq=False)
class Found:
    """What `robustness.npz` holds; arrays as above."""

    indices: np.ndarray
    labels: np.ndarray
    clean: np.ndarray
    damaged: np.ndarray
    names: tuple[str, ...]

    def right(self, name: str) -> np.ndarray:
        """Whether the answers to one damage are right: bool (strengths, n)."""
        return self.damaged[self.names.index(name)] == self.labels

    def flips(self, name: str, strength: int) -> np.ndarray:
        """Places among the pictures that were read rightly and no more with this damage: those are the examples."""
        return np.flatnonzero((self.clean == self.labels) & ~self.right(name)[strength - 1])


def task_of(run: Run) -> Task:
    """The process that asks the model, and its files."""
    return Task(run.folder, "robustness", "robustness.npz")


def start(run: Run) -> None:
    """Starts that process; does nothing while it runs, or where the answers are.

    Raises:
        DatasetError: the data set of the run is not on this machine.
        RunError: it holds other test pictures now, or the process cannot be started.
    """
    images_of(run)
    run = store.writable(run)
    try:
        task_of(run).start("imgcls.evaluation.robustness", str(run.folder))
    except OSError as error:
        raise RunError(f"The check cannot be started: {error.strerror or error}. Free some space.") from error


def images_of(run: Run) -> Dataset:
    """The data set whose test pictures the run has answered. The run's own gallery would not do: it prefers mistakes.

    Raises:
        DatasetError: it is not on this machine; the sentence says how to get it.
        RunError: the run was tested on other pictures than those that it holds now.
    """
    return checked(run, datasets.open_dataset(run.card.data), _tested_labels(run))


def checked(run: Run, dataset: Dataset, labels: np.ndarray) -> Dataset:
    """The data set, if it holds the test pictures of the run, which had these labels (n,). Raises RunError."""
    if dataset.facts.shape != run.card.shape or not np.array_equal(labels, dataset.y_test):
        raise RunError(
            f"{dataset.facts.title} holds other test pictures than those that this run was tested on. Train a model on "
            "it as it is now."
        )
    return dataset


def chosen(count: int) -> np.ndarray:
    """Which of `count` test pictures are damaged: at most MOST, by chance, always the same."""
    return np.sort(np.random.default_rng(0).permutation(count)[:MOST])


def make(run: Run, tell: Progress) -> None:
    """Damages the pictures, asks the model, and writes the answers.

    Raises:
        UserError: the run has no model, or its data set is gone or another one.
    """
    dataset = images_of(run)
    predictor = Predictor(run.folder / "model.tflite")
    indices = chosen(len(dataset.y_test))
    images, labels = np.asarray(dataset.x_test[indices]), np.asarray(dataset.y_test[indices])
    drawn = chances(len(indices))
    damaged = np.empty((len(CORRUPTIONS), len(STRENGTHS), len(indices)), np.int16)
    clean = np.empty(len(indices), np.int16)
    steps = (len(CORRUPTIONS) * len(STRENGTHS) + 1) * len(indices)
    done = 0
    tell(0.0, "Reading the pictures as they are")
    # A block of pictures through all damages: few enough for a progress that moves, whatever the model takes.
    for begin in range(0, len(indices), AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        clean[some] = predictor.probabilities(images[some]).argmax(1)
        for row, corruption in enumerate(CORRUPTIONS.values()):
            for strength in STRENGTHS:
                tell(done / steps, f"{corruption.name.capitalize() if corruption.name.islower() else corruption.name}")
                worse = corruption(images[some], strength, drawn[:, some])
                damaged[row, strength - 1, some] = predictor.probabilities(worse).argmax(1)
                done += len(worse)
    with atomic.replacing(run.folder / "robustness.npz") as aside:
        np.savez_compressed(
            aside,
            indices=indices.astype(np.int32),
            labels=labels.astype(np.int16),
            clean=clean,
            damaged=damaged,
            names=np.array(list(CORRUPTIONS)),
            version=VERSION,
        )


def read(run: Run) -> Found:
    """The answers.

    Raises:
        RunError: they are damaged, or of another version; they can be made anew.
    """
    classes = len(run.card.classes)
    try:
        stored = read_npz(run.folder / "robustness.npz", ARRAYS)
        names = tuple(stored["names"].tolist())
        found = Found(*(stored[name].astype(np.int64) for name in ("indices", "labels", "clean", "damaged")), names)
        values = (found.labels, found.clean, found.damaged)
        if int(stored["version"]) != VERSION or names != tuple(CORRUPTIONS) or not len(found.indices):
            raise ValueError("version")
        if any(part.min() < 0 or part.max() >= classes for part in values) or found.indices.min() < 0:
            raise ValueError("values")
        return found
    except (DamagedFile, FileNotFoundError, ValueError) as error:
        raise RunError("The answers to damaged pictures cannot be read. Press “Ask again”.") from error


def example(
    dataset: Dataset, found: Found, corruption: Corruption, strength: int, place: int
) -> tuple[np.ndarray, np.ndarray]:
    """A picture as it is, and as the model saw it: by its place among those that were asked about."""
    image = np.asarray(dataset.x_test[found.indices[place]])
    worse = corruption(image[None], strength, chances(len(found.indices))[:, [place]])
    return image, worse[0]


def _tested_labels(run: Run) -> np.ndarray:
    try:
        return read_npz(run.folder / "predictions.npz", {"labels": Array(INTEGERS, None)})["labels"]
    except (DamagedFile, FileNotFoundError) as error:
        raise RunError("The test answers of this run cannot be read. Train it again, or pick another run.") from error
