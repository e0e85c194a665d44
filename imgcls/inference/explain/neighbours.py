"""The training images that are nearest to an image in the features of the last hidden layer.

A run stores the features of some training images (`neighbours.npz`) and of test images (`inside.npz`). The distance of
an image to the training images says how unfamiliar it is. (Sun, Ming, Zhu and Li 2022, "Out-of-distribution detection
with deep nearest neighbors".)
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from imgcls import languages
from imgcls.errors import DamagedFile, RunError
from imgcls.inference.activations import MISSING, REBUILD
from imgcls.inference.explain import EXAMPLES
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs.results import ModelCard
from imgcls.runs.run import Run
from imgcls.system.arrays import INTEGERS, NUMBERS, Array, read_npz

KIND = EXAMPLES
TITLE = N_("Nearest training images")
HELP = N_(
    "The training images that the model finds most similar, even if they look different to you: they are nearest in "
    "the features of its last hidden layer."
)

TRAINING_ARRAYS = {
    "features": Array(NUMBERS, ("n", None), np.float32),
    "labels": Array("biu", None),
    "pictures": Array("u", ("n", None, None, None)),
    "rows": Array(INTEGERS, ("n",)),
}
HELD_OUT_ARRAYS = {
    "features": Array(NUMBERS, ("n", None), np.float32),
    "indices": Array(INTEGERS, ("n",)),
    "even": Array("biu", ("n",), bool),
    "filters": Array(NUMBERS, None, np.float32, is_optional=True),
    "kernel": Array(NUMBERS, None, np.float32, is_optional=True),
    "bias": Array(NUMBERS, None, np.float32, is_optional=True),
}
RANK = 5
"""The distance to the fifth nearest decides: a single stray duplicate in the training set should not."""
UNUSUAL_PERCENTILE, UNRELIABLE_PERCENTILE = 90, 99


@dataclass(frozen=True, eq=False)
class TrainingFeatures:
    """The training images that a run stores: `features` float32 (m, d), each of length 1, `labels` int64 (m,) or
    (m, k), `images` uint8 (m, h, w, c), and `rows` int64 (m,), their indices in the dataset."""

    features: np.ndarray
    labels: np.ndarray
    images: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True, eq=False)
class HeldOutFeatures:
    """Features of test images that a run stores: `features` float32 (n, d), `indices` int64 (n,) in the test set,
    `even` bool (n,), whether an image belongs to an even sample of the test set, and `filters` float32 (height, width,
    channels, m) of the first layer, or None. `kernel` float32 (height, width, channels, m) and `bias` float32 (m,) are
    those of the first convolution in the order of its maps; None if the run stores none."""

    features: np.ndarray
    indices: np.ndarray
    even: np.ndarray
    filters: np.ndarray | None
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest training images, the most similar first: indices into `TrainingFeatures`, and cosine similarities."""

    indices: np.ndarray
    similarity: np.ndarray


def training_features(run: Run) -> TrainingFeatures:
    """The training images that the run stores.

    Raises:
        RunError: it stores none, or the file is damaged.
    """
    return _training_features(run.folder, run.stamp("neighbours.npz"))


def held_out_features(run: Run) -> HeldOutFeatures:
    """The features of test images, and the first filters, that the run stores.

    Raises:
        RunError: it stores none, or the file is damaged.
    """
    return _held_out_features(run.folder, run.stamp("inside.npz"))


def examples(run: Run, features: np.ndarray, count: int = 12) -> Nearest:
    """The training images with the highest cosine similarity to these features (d,).

    Raises:
        RunError: the run stores none, or the features belong to another model.
    """
    training = training_features(run)
    similarity = training.features @ _matching(features[None], training)[0]
    indices = np.argsort(-similarity, kind="stable")[:count]
    return Nearest(indices, similarity[indices])


def unfamiliarity(run: Run, features: np.ndarray) -> tuple[float, float, str]:
    """How unfamiliar an image with these features (d,) is to the model: a distance, its percentile, and a sentence.

    The distance (0 to 2, between features of length 1) is the one to the fifth nearest stored training image. The
    percentile is the percentage of the test images that are nearer.

    Raises:
        RunError: the run stores no features, or they belong to another model.
    """
    training = training_features(run)
    distance = float(_distances(_matching(features[None], training), training)[0])
    usual = test_distances(run)
    percentile = 100.0 * float(np.searchsorted(usual, distance, side="left")) / len(usual)
    return distance, percentile, sentence(percentile)


def test_distances(run: Run) -> np.ndarray:
    """The distances of evenly sampled test images to the training images, float32 (n,), ascending.

    Raises:
        RunError: the run stores no features, or they belong to another model.
    """
    return _test_distances(run.folder, run.stamp("neighbours.npz", "inside.npz"))


def distance_sentence(percentile: float) -> str:
    """How far an image of this percentile is from the training images."""
    if percentile >= 100:
        return _("It is farther from the training images than all test images.")
    text = _("It is farther from the training images than {percent} of the test images.")
    return text.format(percent=_percent(percentile))


def sentence(percentile: float) -> str:
    """The same with a verdict."""
    distance = distance_sentence(percentile)
    if percentile >= UNRELIABLE_PERCENTILE:
        return _("Out of distribution. {distance} The prediction is unreliable.").format(distance=distance)
    if percentile >= UNUSUAL_PERCENTILE:
        return _("Unusual. {distance}").format(distance=distance)
    text = _("Nothing unusual: {percent} of the test images are at least as far from the training images.")
    return text.format(percent=_percent(100 - percentile))


def _percent(value: float) -> str:
    """A percentage, with a decimal from 99 on, and never rounded up: 99.97% of the images are not all of them."""
    steps = 10 if value >= 99 else 1
    return languages.percent(math.floor(value * steps + 1e-6) / steps / 100, steps // 10)


@lru_cache(8)
def _test_distances(folder: Path, stamp: tuple) -> np.ndarray:
    run = Run(folder)
    test, training = held_out_features(run), training_features(run)
    return np.sort(_distances(_matching(test.features[test.even], training), training))


def _distances(features: np.ndarray, training: TrainingFeatures) -> np.ndarray:
    """The distance of each row (n, d) of length 1 to its fifth nearest training image, float32 (n,)."""
    rank = min(RANK, len(training.features)) - 1
    found = [np.zeros(0, np.float32)]
    for start in range(0, len(features), 1024):
        cosines = features[start : start + 1024] @ training.features.T
        found.append(-np.partition(-cosines, rank, axis=1)[:, rank])
    return np.sqrt(np.maximum(2 - 2 * np.concatenate(found), 0))


def _matching(features: np.ndarray, training: TrainingFeatures) -> np.ndarray:
    if features.shape[-1] != training.features.shape[-1]:
        raise RunError(f"The stored training images of this run belong to another model. {REBUILD}")
    return _unit_length(features)


@lru_cache(8)
def _training_features(folder: Path, stamp: tuple) -> TrainingFeatures:
    stored = _read(folder / "neighbours.npz", TRAINING_ARRAYS)
    features, labels = stored["features"], stored["labels"]
    if not len(features) or len(labels) != len(features) or not _are_labels(labels, Run(folder).card):
        raise RunError(f"The stored training images of this run are damaged. {REBUILD}")
    return TrainingFeatures(_unit_length(features), labels, stored["pictures"], stored["rows"])


@lru_cache(8)
def _held_out_features(folder: Path, stamp: tuple) -> HeldOutFeatures:
    stored = _read(folder / "inside.npz", HELD_OUT_ARRAYS)
    if not stored["even"].any():
        raise RunError(f"The stored features of this run are damaged. {REBUILD}")
    more = (stored.get(name) for name in ("filters", "kernel", "bias"))
    return HeldOutFeatures(stored["features"], stored["indices"], stored["even"], *more)


def _are_labels(labels: np.ndarray, card: ModelCard) -> bool:
    """Whether these are classes (n,), or labels 0/1 (n, k), of this model."""
    if card.is_multilabel:
        return labels.ndim == 2 and labels.shape[1] == len(card.classes)
    return labels.ndim == 1 and 0 <= labels.min() <= labels.max() < len(card.classes)


def _read(path: Path, spec: dict[str, Array]) -> dict[str, np.ndarray]:
    try:
        return read_npz(path, spec)
    except FileNotFoundError as error:
        raise RunError(MISSING) from error
    except DamagedFile as error:
        raise RunError(f"The file {path.name} of this run is damaged. {REBUILD}") from error


def _unit_length(features: np.ndarray) -> np.ndarray:
    features = features.astype(np.float32)
    # In double precision, as the squares of absurd values from a damaged file would overflow.
    length = np.linalg.norm(features.astype(np.float64), axis=-1, keepdims=True)
    return (features / np.maximum(length, 1e-12)).astype(np.float32)
