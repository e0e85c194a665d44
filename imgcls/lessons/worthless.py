"""Seven ways to a great but worthless score: each computes the flattering number and the honest one, in a second.

The model is a nearest-neighbour classifier on the pixels: it answers with the label of the most similar image that it
knows. It needs no training, so every switch is a real experiment on the images of a dataset.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imgcls import datasets
from imgcls.datasets import Dataset
from imgcls.errors import DatasetError

TRAIN, TEST = 300, 200
SMALL_TEST = 50
TRIES = 40
RARE = 0.05


@dataclass(frozen=True)
class Images:
    """`known` and `new`: float32 (n, pixels) with `known_labels` and `new_labels` (n,); `later` were never used."""

    known: np.ndarray
    known_labels: np.ndarray
    new: np.ndarray
    new_labels: np.ndarray
    later: np.ndarray
    later_labels: np.ndarray


@dataclass(frozen=True)
class Way:
    """One way: its `title`, what is done, `why` it is worthless, and `scores`, which gives (flattering, honest)."""

    title: str
    text: str
    why: str
    scores: Callable[[Images], tuple[float, float]]


def of_dataset(name: str) -> Images:
    """Three samples of a dataset.

    Raises:
        DatasetError: it is not prepared, has several labels per image, or too few images.
    """
    if datasets.facts(name).is_multilabel:
        raise DatasetError("This lesson needs a dataset with one label per image. Choose another.")
    return sample(datasets.open_dataset(name))


def sample(dataset: Dataset) -> Images:
    """As `of_dataset`, of a loaded dataset."""
    labels = np.asarray(dataset.y_train)
    rows = np.random.default_rng(0).permutation(np.flatnonzero(labels >= 0))
    if len(rows) < 4 * SMALL_TEST:
        raise DatasetError(f"This lesson needs at least {4 * SMALL_TEST} training images. Choose another dataset.")
    train = min(TRAIN, len(rows) // 2)
    test = min(TEST, (len(rows) - train) // 2)
    parts = np.split(rows[: train + 2 * test], [train, train + test])
    found: list[np.ndarray] = []
    for part in parts:
        pixels = np.stack([np.asarray(dataset.x_train[row]).ravel() for row in part]).astype(np.float32)
        found += [pixels / max(1e-6, float(pixels.std())), labels[part]]
    return Images(*found)


def nearest(known: np.ndarray, labels: np.ndarray, images: np.ndarray) -> np.ndarray:
    """The label of the most similar known image for each of `images`."""
    distances = (known**2).sum(1) - 2 * images @ known.T
    return labels[distances.argmin(1)]


def accuracy(known: np.ndarray, labels: np.ndarray, images: np.ndarray, truth: np.ndarray) -> float:
    """The fraction of images whose nearest known image has the same label."""
    return float((nearest(known, labels, images) == truth).mean())


def honest(data: Images) -> float:
    """The score of the model on images that had no part in it."""
    return accuracy(data.known, data.known_labels, data.later, data.later_labels)


def _training_images(data: Images) -> tuple[float, float]:
    return accuracy(data.known, data.known_labels, data.known, data.known_labels), honest(data)


def _leak(data: Images) -> tuple[float, float]:
    half = len(data.new) // 2
    known = np.concatenate([data.known, data.new[:half]])
    labels = np.concatenate([data.known_labels, data.new_labels[:half]])
    return accuracy(known, labels, data.new, data.new_labels), accuracy(known, labels, data.later, data.later_labels)


def _tuned_on_the_test(data: Images) -> tuple[float, float]:
    """Chooses the pixels to look at by the score on a small test set."""
    generator = np.random.default_rng(1)
    small, truth = data.new[:SMALL_TEST], data.new_labels[:SMALL_TEST]
    best, chosen = -1.0, np.full(data.known.shape[1], True)
    for _ in range(TRIES):
        used = np.asarray(generator.random(data.known.shape[1]) < 0.15)
        score = accuracy(data.known[:, used], data.known_labels, small[:, used], truth)
        if score > best:
            best, chosen = score, used
    return best, accuracy(data.known[:, chosen], data.known_labels, data.later[:, chosen], data.later_labels)


def _dropped_class(data: Images) -> tuple[float, float]:
    """Leaves out the class with the most errors, from the model and from its test; in the world it still occurs."""
    predicted = nearest(data.known, data.known_labels, data.new)
    classes = np.unique(data.new_labels)
    wrong = [(predicted[data.new_labels == one] != one).mean() for one in classes]
    worst = classes[int(np.argmax(wrong))]
    kept, asked = data.known_labels != worst, data.new_labels != worst
    known, labels = data.known[kept], data.known_labels[kept]
    flattering = accuracy(known, labels, data.new[asked], data.new_labels[asked])
    return flattering, accuracy(known, labels, data.later, data.later_labels)


def _random_labels(data: Images) -> tuple[float, float]:
    """Memorises random labels."""
    labels = np.random.default_rng(2).permutation(data.known_labels)
    return (
        accuracy(data.known, labels, data.known, labels),
        accuracy(data.known, labels, data.later, data.later_labels),
    )


def _imbalance(data: Images) -> tuple[float, float]:
    """A test with 5% of one class, and a model that never says it: its accuracy, and the mean recall of both."""
    count = len(data.later)
    rare = max(1, round(RARE * count))
    truth = np.arange(count) < rare
    always_common = np.zeros(count, bool)
    recall_of_common, recall_of_rare = (~always_common[~truth]).mean(), always_common[truth].mean()
    return float((always_common == truth).mean()), float((recall_of_common + recall_of_rare) / 2)


def _lucky_seed(data: Images) -> tuple[float, float]:
    """The best of many small models, each tested on another small part; and their mean."""
    generator = np.random.default_rng(3)
    scores = []
    for _ in range(TRIES):
        rows = generator.choice(len(data.known), len(data.known) // 2, replace=False)
        tested = generator.choice(len(data.new), SMALL_TEST, replace=False)
        scores.append(accuracy(data.known[rows], data.known_labels[rows], data.new[tested], data.new_labels[tested]))
    return max(scores), float(np.mean(scores))


WAYS = (
    Way(
        "Test on the training images",
        "The model is tested on the same images that it learned from.",
        "It has memorised them, but you need a model for images whose answer is not known.",
        _training_images,
    ),
    Way(
        "Let test images leak",
        "Half of the test images are among the training images, as happens with duplicates.",
        "It remembers these images instead of recognising them. The Data page finds such leaks.",
        _leak,
    ),
    Way(
        "Tune on the test set",
        f"{TRIES} variants are tried on {SMALL_TEST} test images, and the best is reported.",
        "The winner is partly the luckiest. On images that played no part in the choice, its score falls back.",
        _tuned_on_the_test,
    ),
    Way(
        "Drop a class",
        "The class with the most errors is removed from training and test.",
        "It still occurs in the real world, and the model now gets every image of it wrong.",
        _dropped_class,
    ),
    Way(
        "Shuffle the labels",
        "All labels are shuffled, so there is nothing to learn; the score is measured on the training images.",
        "A model with enough capacity can memorise anything, even random labels.",
        _random_labels,
    ),
    Way(
        "Choose a rare class",
        f"Only {100 * RARE:g}% of the test images are of one class, and the model never predicts it.",
        "Doing nothing gives the same accuracy. The mean recall of the two classes exposes it.",
        _imbalance,
    ),
    Way(
        "Pick a lucky seed",
        f"{TRIES} models differ only in chance; the best is reported. The honest number is their mean.",
        f"With {SMALL_TEST} test images, chance alone moves a score by several points.",
        _lucky_seed,
    ),
)
