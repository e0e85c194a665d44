"""A model's predictions for corrupted test images: computed by a background task and stored in the run folder.

RUN/robustness.npz
    indices      the test images used, (n,)
    labels       their classes, (n,), or their labels 0/1, (n, k), if the run is multi-label
    clean        the predictions for the original images: classes (n,), or probabilities (n, k)
    damaged      the predictions for the corrupted images: (corruptions, strengths, n) or (corruptions, strengths, n, k)
    names        the corruptions, in this order
    version
"""

from dataclasses import dataclass

import numpy as np

from imgcls import datasets, sharing
from imgcls.datasets import Dataset
from imgcls.errors import DamagedFile, RunError
from imgcls.evaluation.metrics.multilabel import THRESHOLD, Threshold
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS, STRENGTHS, Corruption, random_numbers
from imgcls.inference import served_model
from imgcls.inference.predictor import load_predictor
from imgcls.runs import store
from imgcls.runs.run import Run
from imgcls.sharing import Action
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, TEXT, Array, read_npz
from imgcls.system.tasks import Progress, Task

VERSION = 1
MOST = 1000
BATCH = 250
NAME = "robustness.npz"


@dataclass(frozen=True, eq=False)
class Robustness:
    """The predictions for original (`clean`) and corrupted images.

    Single-label: classes (n,) and (corruptions, strengths, n). Multi-label: booleans with one more axis for the labels.
    `labels` has the shape of `clean`. `names` are the corruptions. `is_8_bit`: of the 8-bit model, not the float32 one.
    """

    indices: np.ndarray
    labels: np.ndarray
    clean: np.ndarray
    corrupted: np.ndarray
    names: tuple[str, ...]
    is_8_bit: bool = False

    @property
    def is_multilabel(self) -> bool:
        return self.labels.ndim == 2

    @property
    def clean_right(self) -> np.ndarray:
        """Whether each original image was predicted correctly (multi-label: all of its labels), bool (n,)."""
        return self._exact(self.clean == self.labels)

    @property
    def corrupted_right(self) -> np.ndarray:
        """The same for the corrupted images, bool (corruptions, strengths, n)."""
        return self._exact(self.corrupted == self.labels)

    def right(self, name: str) -> np.ndarray:
        """The same for one corruption, bool (strengths, n)."""
        return self._exact(self.corrupted[self.names.index(name)] == self.labels)

    def flips(self, name: str, strength: int) -> np.ndarray:
        """Positions of the images that are predicted correctly without but not with this corruption."""
        return np.flatnonzero(self.clean_right & ~self.right(name)[strength - 1])

    def by_class(self, name: str, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
        """The fraction predicted correctly, from strength 0 to 5: (classes, 6); and the number of images (classes,).

        The recall: multi-label, the fraction of the images with a label for which it is predicted.
        """
        predictions = np.concatenate([self.clean[None], self.corrupted[self.names.index(name)]])
        if self.is_multilabel:
            count = self.labels.sum(0)
            found = (predictions & self.labels).sum(1).T
        else:
            count = np.bincount(self.labels, minlength=num_classes)
            found = np.array([np.bincount(self.labels, row == self.labels, num_classes) for row in predictions]).T
        return found / np.maximum(count, 1)[:, None], count

    def favourite(self, name: str, strength: int) -> tuple[int, float, float]:
        """The class that is predicted most often with this corruption: its number, the fraction of the images for which
        it is predicted, and the fraction that belongs to it. Single-label only."""
        predicted = np.bincount(self.corrupted[self.names.index(name), strength - 1])
        label = int(predicted.argmax())
        return label, float(predicted[label] / len(self.labels)), float((self.labels == label).mean())

    def label_accuracy(self) -> float:
        """The fraction of label decisions on corrupted images that are correct. Multi-label only."""
        return float((self.corrupted == self.labels).mean())

    def _exact(self, correct: np.ndarray) -> np.ndarray:
        return np.asarray(correct.all(-1)) if self.is_multilabel else correct


def task_of(run: Run) -> Task:
    """The background task and its files."""
    return Task(run.folder, "robustness", NAME)


def start(run: Run) -> None:
    """Starts the task; does nothing if it is running or done.

    Raises:
        DatasetError: the run's dataset is not on this machine.
        RunError: its test images have changed, or the process cannot be started.
    """
    sharing.require(Action.COMPUTE, run.folder)
    test_set_of(run)
    run = store.writable(run)
    try:
        task_of(run).start("imgcls.evaluation.robustness", str(run.folder))
    except OSError as error:
        reason = error.strerror or error
        raise RunError(f"The robustness check cannot be started: {reason}. Free some disk space.") from error


def test_set_of(run: Run) -> Dataset:
    """The dataset whose test images the run predicted. The run's own gallery cannot be used: it favours errors.

    Raises:
        DatasetError: it is not on this machine; the message says how to get it.
        RunError: its test images have changed since the run was tested.
    """
    return checked(run, datasets.open_dataset(run.card.data), _tested_labels(run))


def checked(run: Run, dataset: Dataset, labels: np.ndarray) -> Dataset:
    """The dataset, if its test images are those the run was tested on, with these labels. Raises RunError."""
    if dataset.facts.shape != run.card.shape or not np.array_equal(labels, dataset.y_test):
        raise RunError(
            f"The test images of {dataset.facts.title} have changed since this run was tested. Train a new model on it."
        )
    return dataset


def sample(count: int) -> np.ndarray:
    """The indices of at most MOST of `count` test images: a random sample, always the same, ascending."""
    return np.sort(np.random.default_rng(0).permutation(count)[:MOST])


def make(run: Run, progress: Progress) -> None:
    """Corrupts the images, predicts them, and writes the file.

    Raises:
        UserError: the run has no model, or its dataset is missing or has changed.
    """
    dataset = test_set_of(run)
    served, predictor = served_model.of(run), load_predictor(run)
    indices = sample(len(dataset.y_test))
    images, labels = np.asarray(dataset.x_test[indices]), np.asarray(dataset.y_test[indices])
    is_multilabel = labels.ndim == 2

    def predict(batch: np.ndarray) -> np.ndarray:
        probabilities = predictor.probabilities(batch)
        return probabilities if is_multilabel else probabilities.argmax(1)

    numbers = random_numbers(len(indices))
    dtype = np.float16 if is_multilabel else np.int16
    clean = np.empty(labels.shape, dtype)
    corrupted = np.empty((len(CORRUPTIONS), len(STRENGTHS), *labels.shape), dtype)
    steps = (len(CORRUPTIONS) * len(STRENGTHS) + 1) * len(indices)
    done = 0
    progress(0.0, "Predicting the original images")
    # In small batches through all corruptions, so that the progress moves even if the model is slow.
    for begin in range(0, len(indices), BATCH):
        batch = slice(begin, begin + BATCH)
        clean[batch] = predict(images[batch])
        for row, corruption in enumerate(CORRUPTIONS.values()):
            for strength in STRENGTHS:
                progress(done / steps, corruption.title)
                worse = corruption(images[batch], strength, numbers[:, batch])
                corrupted[row, strength - 1, batch] = predict(worse)
                done += len(worse)
    with atomic.replacing(run.folder / NAME) as aside:
        np.savez_compressed(
            aside,
            indices=indices.astype(np.int32),
            labels=labels.astype(np.int16),
            clean=clean,
            damaged=corrupted,
            names=np.array(list(CORRUPTIONS)),
            version=VERSION,
            eight_bit=served is not None,
        )


def read(run: Run, threshold: Threshold = THRESHOLD) -> Robustness:
    """The stored predictions; those of multi-label runs at a threshold.

    Raises:
        RunError: the file is damaged or of another version; it can be made again.
    """
    card = run.card
    shape = ("n", len(card.classes)) if card.is_multilabel else ("n",)
    kinds = "f" if card.is_multilabel else INTEGERS
    spec = {
        "indices": Array(INTEGERS, ("n",), np.int64),
        "labels": Array(INTEGERS, shape, np.int64),
        "clean": Array(kinds, shape),
        "damaged": Array(kinds, (len(CORRUPTIONS), len(STRENGTHS), *shape)),
        "names": Array(TEXT, (len(CORRUPTIONS),)),
        "version": Array(INTEGERS, ()),
        "eight_bit": Array("b", (), bool, is_optional=True),
    }
    try:
        stored = read_npz(run.folder / NAME, spec)
        names = tuple(stored["names"].tolist())
        if int(stored["version"]) != VERSION or names != tuple(CORRUPTIONS):
            raise ValueError("another version")
        indices, labels, clean, corrupted = (stored[name] for name in ("indices", "labels", "clean", "damaged"))
        if not len(indices) or indices.min() < 0:
            raise ValueError("the indices are out of range")
        highest = 1 if card.is_multilabel else len(card.classes) - 1
        if any(part.min() < 0 or part.max() > highest for part in (labels, clean, corrupted)):
            raise ValueError("the predictions are out of range")
    except (DamagedFile, FileNotFoundError, ValueError) as error:
        raise RunError("The robustness results of this run cannot be read. Press “Evaluate again”.") from error
    is_8_bit = bool(stored.get("eight_bit", False))
    if card.is_multilabel:
        least = np.asarray(threshold)
        return Robustness(indices, labels > 0, clean >= least, corrupted >= least, names, is_8_bit)
    return Robustness(indices, labels, clean.astype(np.int64), corrupted.astype(np.int64), names, is_8_bit)


def example(
    dataset: Dataset, found: Robustness, corruption: Corruption, strength: int, position: int
) -> tuple[np.ndarray, np.ndarray]:
    """An image and its corrupted version as the model saw it, by its position in the sample."""
    image = np.asarray(dataset.x_test[found.indices[position]])
    return image, corrupted(found, image, corruption, strength, position)


def corrupted(found: Robustness, image: np.ndarray, corruption: Corruption, strength: int, position: int) -> np.ndarray:
    """The corrupted version of the image at a position of the sample, as the model saw it."""
    return corruption(image[None], strength, random_numbers(len(found.indices))[:, [position]])[0]


def _tested_labels(run: Run) -> np.ndarray:
    try:
        return read_npz(run.folder / "predictions.npz", {"labels": Array(INTEGERS, None)})["labels"]
    except (DamagedFile, FileNotFoundError) as error:
        raise RunError(
            "The test predictions of this run cannot be read. Train it again, or choose another run."
        ) from error
